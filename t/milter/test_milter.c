/* test_milter.c - lsrd-milter's parts: what a decision stands on, and what a
 * message tells. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/trace/mtable.h"
#include "core/trace/mtable_net.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"
#include "message/basis.h"
#include "message/session.h"
#include "t/tap.h"
#include "t/temp.h"

/* --- files in a folder of their own --------------------------------------- */

static char folder[TEMP_FOLDER];
static char paths[4][128]; /* table, key, another key, nothing */

#define TABLE paths[0]
#define KEY paths[1]
#define OTHER paths[2]
#define NOTHING paths[3]

static void
key_add(struct mtable_key *key, const char *path, const char *name)
{
	ck_assert_int_eq(keys_mark_public(path, key->public_key), RC_OK);
	keys_digest(key->public_key, key->digest);
	snprintf(key->name, sizeof(key->name), "%s", name);
}

static void
hop(struct mtable_writer *w, char *pattern, char *name,
    struct mtable_version since)
{
	struct route r = { .pattern = pattern,
		.kind = ROUTE_REMOTE,
		.server = name,
		.nhops = 1 };

	r.hop[0].name = name;
	ck_assert(addr_read(&r.hop[0].addr, "198.51.100.5:25"));
	mtable_add_route(w, &r, since);
}

/* A net in which a connector to mx2.b.example takes no more than `size`. */
static void
net_write(struct buf *out, uint64_t size)
{
	struct policy policy = { .max_size = size };
	struct mtable_net t = { .self = 0 };

	vec_push(&t.net.servers,
	    ((struct net_server){ .name = "mx1.a.example", .present = true }));
	vec_push(&t.net.servers,
	    ((struct net_server){ .name = "mx2.b.example", .present = true }));
	vec_push(&t.net.steps,
	    ((struct net_step){ .to = 1, .hops = 1, .policy = &policy }));
	vec_push(&t.widest, UINT64_MAX);
	vec_push(&t.widest, size);
	mtable_net_encode(out, &t);
	mtable_net_done(&t);
}

/* A table of that generation, in force since `since_ms`. `size`: a connector
 * takes no more, and routes are what they are since the first table; or 0. */
static void
table_put(uint64_t generation, uint64_t since_ms, uint64_t size)
{
	struct mtable_version now = { 1, generation };
	struct mtable_history h = { .n = 0 };
	struct mtable_mta mta = { .delimiters = "+" };
	struct mtable_writer w = { 0 };
	struct mtable_key keys[2];
	struct buf annex_octets = { 0 }, net = { 0 }, out = { 0 };
	struct buf key_octets = { 0 };
	struct mtable_annex annex;
	char a[] = "a.example", b[] = "b.example", far[] = "mx2.b.example";
	char new[160];
	FILE *file;

	key_add(&keys[0], KEY, "mx1.a.example");
	key_add(&keys[1], OTHER, far);
	if (size > 0)
		net_write(&net, size);
	mtable_keys_encode(&key_octets, keys, 2);
	mtable_annex_encode(&annex_octets, now, &mta, &key_octets, &net);
	ck_assert_int_eq(
	    mtable_annex_decode(annex_octets.p, annex_octets.n, &annex), RC_OK);
	mtable_history_add(&h, (struct mtable_version){ 1, 1 }, 1000);
	mtable_history_add(&h, now, since_ms);
	hop(&w, a, far, size > 0 ? h.v[1].version : now);
	hop(&w, b, far, size > 0 ? h.v[1].version : now);
	mtable_end(&w, &annex, &h, &out);
	snprintf(new, sizeof(new), "%s.new", TABLE);
	file = fopen(new, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(out.p, 1, out.n, file), out.n);
	fclose(file);
	ck_assert_int_eq(rename(new, TABLE), 0);
	buf_done(&annex_octets);
	buf_done(&key_octets);
	buf_done(&net);
	buf_done(&out);
}

static void
table_write(uint64_t generation, uint64_t since_ms)
{
	table_put(generation, since_ms, 0);
}

static void
set_up(void)
{
	static const char *const names[] = { "table", "key", "other", "none" };

	temp_make(folder);
	for (size_t i = 0; i < 4; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, names[i]);
	for (size_t i = 1; i < 3; i++) {
		struct evp_pkey_st *key = keys_new();

		ck_assert_int_eq(
		    keys_write(paths[i], key, KEYS_MARK, &keys_force), RC_OK);
		keys_free(key);
	}
	table_write(7, 100000);
}

static void
tear_down(void)
{
	temp_end(folder);
}

static struct basis *
basis_made(const char *key, const char *previous)
{
	struct basis_files files = { TABLE, key, previous };
	struct basis *b;
	const char *failed;

	ck_assert_int_eq(basis_new(&files, &b, &failed), RC_OK);
	return b;
}

START_TEST(basis_refuses)
{
	struct basis_files files = { TABLE, KEY, NULL };
	const char *failed;
	struct basis *b;

	files.table = NOTHING;
	ck_assert_int_eq(basis_new(&files, &b, &failed), RC_IO);
	ck_assert_ptr_null(b);
	ck_assert_ptr_eq(failed, NOTHING);
	ck_assert_int_eq(errno, ENOENT);
	files.table = KEY;
	ck_assert_int_eq(basis_new(&files, &b, &failed), RC_FORMAT);
	ck_assert_int_eq(truncate(OTHER, 0), 0);
	files.table = OTHER;
	ck_assert_int_eq(basis_new(&files, &b, &failed), RC_SHORT);
	files = (struct basis_files){ TABLE, NOTHING, NULL };
	ck_assert_int_eq(basis_new(&files, &b, &failed), RC_IO);
	ck_assert_ptr_eq(failed, NOTHING);
	files = (struct basis_files){ TABLE, KEY, OTHER };
	ck_assert_int_eq(basis_new(&files, &b, &failed), RC_FORMAT);
	ck_assert_ptr_eq(failed, OTHER);
	ck_assert_int_eq(chmod(KEY, 0644), 0);
	ck_assert_int_eq(basis_new(&files, &b, &failed), RC_PERMISSION);
	ck_assert_ptr_eq(failed, KEY);
}
END_TEST

START_TEST(basis_grows_old)
{
	struct basis_files files = { TABLE, KEY, OTHER };
	struct basis *b = basis_made(KEY, OTHER);

	ck_assert(!basis_is_old(b, &files));
	table_write(8, 200000);
	ck_assert(basis_is_old(b, &files));
	basis_free(b);
	b = basis_made(KEY, OTHER);
	ck_assert_uint_eq(b->table.now.generation, 8);
	ck_assert_int_eq(unlink(TABLE), 0);
	ck_assert(!basis_is_old(b, &files)); /* what is gone is no news */
	basis_free(b);
	basis_free(NULL);
}
END_TEST

/* --- a message ---------------------------------------------------------------- */

static const struct {
	const char *parameter;
	uint64_t size;
} sizes[] = {
	{ "SIZE=1000", 1000 },
	{ "size=1", 1 },
	{ "SIZE=", 0 },
	{ "SIZE=-1", 0 },
	{ "SIZE=99999999999999999999999", 0 },
	{ "BODY=8BITMIME", 0 },
};

START_TEST(reads_size)
{
	char *words[] = { (char *)(uintptr_t)sizes[_i].parameter, NULL };

	ck_assert_uint_eq(session_size(words), sizes[_i].size);
	ck_assert_uint_eq(session_size(words + 1), 0);
}
END_TEST

static const struct {
	const char *line;
	bool is;
} lines[] = {
	{ "X-LSA-2", true },
	{ "x-lsa-2 FgMB", true },
	{ "X-LSA-2\r\n", true },
	{ "X-LSA-22", false },
	{ "X-LSA", false },
	{ "", false },
};

START_TEST(knows_verb)
{
	ck_assert_int_eq(session_is_verb(lines[_i].line), lines[_i].is);
}
END_TEST

START_TEST(keeps_limits)
{
	struct session s = { 0 };
	char path[LIMIT_SENDER_OCTETS + 4];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	session_from(&s, path, 0);
	ck_assert(s.beyond);
	session_from(&s, "<S@A.Example>", 5);
	ck_assert(!s.beyond);
	ck_assert_str_eq(s.sender, "s@a.example");
	session_to(&s, path);
	ck_assert(s.beyond);
	session_from(&s, "<>", 0);
	ck_assert_str_eq(s.sender, "");
	for (size_t i = 0; i < LIMIT_RECIPIENTS; i++)
		session_to(&s, "<u@b.example>");
	ck_assert(!s.beyond);
	session_to(&s, "<u@b.example>");
	ck_assert(s.beyond);
	session_clear(&s);
	ck_assert_ptr_null(s.sender);
}
END_TEST

/* What a stranger writes, and whether it is too much to be touched. */
static const struct {
	const char *what;
	unsigned others, traces, routes; /* fields, in this order */
	bool crowded;
} crowds[] = {
	{ "a mark a hop", 0, LIMIT_TRACE_FIELDS, 0, false },
	{ "both", 100, LIMIT_TRACE_FIELDS, LIMIT_TRACE_FIELDS, false },
	{ "a mark more", 0, LIMIT_TRACE_FIELDS + 1, 0, true },
	{ "a route more", 0, 0, LIMIT_TRACE_FIELDS + 1, true },
	{ "very many", 0, 400000, 0, true },
	{ "a hundred, deep", 6000, 100, 0, true },
	{ "one, at the end of a long header", 500000, 1, 0, false },
	{ "two of them", 500000, 1, 1, true },
};

START_TEST(crowd_is_found)
{
	struct session s = { 0 };
	size_t kept;

	session_from(&s, "<>", 0);
	for (unsigned i = 0; i < crowds[_i].others; i++)
		session_header(&s, "X", "y");
	for (unsigned i = 0; i < crowds[_i].traces; i++)
		session_header(&s, "LSR-trace", "a");
	for (unsigned i = 0; i < crowds[_i].routes; i++)
		session_header(&s, "lsr-ROUTE", "");
	kept = s.trace.fields.n;
	ck_assert_msg(
	    session_crowded(&s) == crowds[_i].crowded, "%s", crowds[_i].what);
	ck_assert_uint_le(kept, LIMIT_TRACE_FIELDS + 1);
	session_clear(&s);
}
END_TEST

/* A line is what the MTA reads for one: folds, and so many octets. */
static const struct {
	const char *value;
	uint64_t lines;
} depths[] = {
	{ "", 1 },
	{ "a\n b\n c", 3 },
	{ "12345678901234567890123456789012345678901234567890123456789012", 1 },
	{ "123456789012345678901234567890123456789012345678901234567890123",
	    2 },
};

START_TEST(depth_is_counted)
{
	struct session s = { 0 };

	session_from(&s, "<>", 0);
	session_header(&s, "X", depths[_i].value);
	ck_assert_uint_eq(s.lines, depths[_i].lines);
	session_header(&s, "LSR-Route", "");
	ck_assert_uint_eq(s.reach, depths[_i].lines + 1);
	session_clear(&s);
}
END_TEST

/* What stays of fields that have no end. */
START_TEST(keeps_little)
{
	struct session s = { 0 };
	size_t n = 2 * LIMIT_PATH_OCTETS;
	char *endless = mem_new(n + 1, 0, 0);

	memset(endless, 'x', n);
	session_from(&s, "<>", 0);
	for (int i = 0; i < 3; i++) {
		session_header(&s, "Message-ID", endless);
		session_header(&s, "Received", endless);
		session_header(&s, "Received", endless + n - 900);
	}
	for (int i = 0; i < 1000; i++)
		session_header(&s, "Received", endless + n - 900);
	ck_assert_uint_eq(strlen(s.id), LIMIT_ID_OCTETS);
	ck_assert_uint_le(strlen(s.oldest), LIMIT_ID_OCTETS);
	ck_assert_uint_le(s.path.n, LIMIT_PATH_OCTETS);
	ck_assert_uint_eq(s.received, 1006);
	session_clear(&s);
	mem_free(endless);
}
END_TEST

/* Whatever the spelling, a recipient is one. */
static const struct {
	const char *path, *is;
} spellings[] = {
	{ "<U@B\u00fccher.Example>", "u@xn--bcher-kva.example" },
	{ "<u@xn--bcher-kva.example>", "u@xn--bcher-kva.example" },
	{ "u@b\u00fccher.example", "u@xn--bcher-kva.example" },
	{ "<u@b\xff.example>", "u@b\xff.example" },
	{ "<>", "" },
	{ "<postmaster>", "postmaster" },
};

START_TEST(spells_domains_alike)
{
	struct session s = { 0 };

	session_from(&s, spellings[_i].path, 0);
	session_to(&s, spellings[_i].path);
	ck_assert_str_eq(s.sender, spellings[_i].is);
	ck_assert_str_eq(s.recipients.v[0], spellings[_i].is);
	session_clear(&s);
}
END_TEST

/* What happens to a message with these marks (newest first) at `time_ms`; a
 * visit is put into *visit when it passes. */
static enum mark_verdict
passes(const struct basis *b, const char *to, const char *const *marks,
    uint64_t time_ms, char **visit)
{
	struct session s = { 0 };
	struct session_ask ask = {
		.basis = b, .time_ms = time_ms, .hop_limit = 100
	};
	enum mark_verdict verdict;
	struct buf word = { 0 };
	struct visit made;
	struct crypto crypto;

	crypto_init(&crypto, keys_ref(b->key[0].key), NULL);
	ask.crypto = &crypto;
	session_from(&s, "<s@a.example>", 1000);
	session_to(&s, to);
	for (; *marks != NULL; marks++) {
		session_header(&s, "lsr-trace", *marks);
		session_header(&s, "RECEIVED", "from a by b");
	}
	session_header(&s, "Message-Id", " <1@a.example>");
	session_header(&s, "Message-Id", " <2@a.example>");
	session_verify(&s, &ask);
	verdict = session_judge(&s, &ask, NULL);
	if (verdict == MARK_PASSES) {
		session_visit(&s, &ask, &made);
		mark_encode(&made, &word);
		*visit = buf_string(&word);
	}
	session_clear(&s);
	crypto_done(&crypto);
	return verdict;
}

START_TEST(judges_by_the_table)
{
	struct basis *b = basis_made(KEY, NULL), *far = basis_made(OTHER, NULL);
	char *ours, *theirs, *again;
	const char *none[] = { NULL };

	ck_assert_int_eq(
	    passes(b, "u@b.example", none, 110000, &ours), MARK_PASSES);
	const char *back[] = { ours, NULL };

	ck_assert_int_eq(
	    passes(far, "u@b.example", back, 110100, &theirs), MARK_PASSES);
	const char *round[] = { theirs, ours, NULL };

	/* the hop that follows is a next hop of the present route */
	ck_assert_int_eq(
	    passes(b, "u@b.example", round, 110200, &again), MARK_SAME);
	ck_assert_int_eq(
	    passes(b, "v@b.example", round, 110200, &again), MARK_PASSES);
	mem_free(again);
	/* nor is there one for what only looks like the user */
	ck_assert_int_eq(
	    passes(b, "u-x@b.example", round, 110200, &again), MARK_PASSES);
	mem_free(again);
	/* no route leads there */
	ck_assert_int_eq(
	    passes(b, "u@elsewhere.example", round, 110200, &again),
	    MARK_PASSES);
	mem_free(again);
	/* a newer table has its chance */
	table_write(8, 110150);
	basis_free(b);
	b = basis_made(KEY, NULL);
	ck_assert_int_eq(
	    passes(b, "u@b.example", round, 110200, &again), MARK_PASSES);
	mem_free(again);
	mem_free(theirs);
	mem_free(ours);
	basis_free(far);
	basis_free(b);
}
END_TEST

/* Given back by this host's own content filter: the visit of the first time
 * is taken off, and the new one says what the message was at first. */
START_TEST(own_filter_is_no_loop)
{
	struct basis *b = basis_made(KEY, NULL);
	struct session s = { 0 };
	struct session_ask ask = {
		.basis = b, .time_ms = 200100, .hop_limit = 100
	};
	const char *none[] = { NULL };
	struct visit made;
	struct crypto crypto;
	char *ours;

	ck_assert_int_eq(
	    passes(b, "u@b.example", none, 200000, &ours), MARK_PASSES);
	crypto_init(&crypto, keys_ref(b->key[0].key), NULL);
	ask.crypto = &crypto;
	session_from(&s, "<other@a.example>", 7777);
	s.local = true;
	session_to(&s, "<u@b.example>");
	session_header(&s, "LSR-Trace", ours);
	session_header(&s, "Message-ID", "<1@a.example>");
	session_verify(&s, &ask);
	ck_assert_ptr_nonnull(s.before);
	ck_assert_ptr_eq(session_first(&s), s.before);
	ck_assert(!s.trace.fields.v[0].stands);
	ck_assert_int_eq(session_judge(&s, &ask, NULL), MARK_PASSES);
	session_visit(&s, &ask, &made);
	ck_assert(made.first);
	ck_assert_uint_eq(made.size, 1000);
	ck_assert_uint_eq(made.time_ms, 200100);
	ck_assert_str_eq(made.sender, "s@a.example");
	session_clear(&s);
	crypto_done(&crypto);
	mem_free(ours);
	basis_free(b);
}
END_TEST

/* Mail of 1000 octets is back by routes that have not changed. Where a connector
 * takes less it may have had a way of its own. */
static const struct {
	uint64_t size;
	enum mark_verdict verdict;
} limited[] = {
	{ 1000, MARK_SETTLED },
	{ 999, MARK_PASSES },
};

START_TEST(limits_count_for_whom_they_concern)
{
	const char *none[] = { NULL };
	char *ours, *again = NULL;
	struct basis *b;

	table_put(7, 100000, limited[_i].size);
	b = basis_made(KEY, NULL);
	ck_assert(b->limits);
	ck_assert_int_eq(
	    passes(b, "u@b.example", none, 110000, &ours), MARK_PASSES);
	const char *back[] = { ours, NULL };

	basis_free(b);
	table_put(8, 110050, limited[_i].size); /* another net */
	b = basis_made(KEY, NULL);
	ck_assert_int_eq(passes(b, "u@b.example", back, 110100, &again),
	    limited[_i].verdict);
	mem_free(again);
	mem_free(ours);
	basis_free(b);
}
END_TEST

/* A key that was replaced is still ours, with the file of the one before. */
START_TEST(knows_its_previous_key)
{
	struct basis *before = basis_made(OTHER, NULL);
	struct basis *forgot = basis_made(KEY, NULL);
	struct basis *after = basis_made(KEY, OTHER);
	const char *none[] = { NULL };
	char *ours, *again;

	ck_assert_int_eq(
	    passes(before, "u@b.example", none, 200000, &ours), MARK_PASSES);
	const char *back[] = { ours, NULL };

	ck_assert_int_eq(
	    passes(after, "u@b.example", back, 200100, &again), MARK_SETTLED);
	ck_assert_int_eq(
	    passes(forgot, "u@b.example", back, 200100, &again), MARK_PASSES);
	mem_free(again);
	mem_free(ours);
	basis_free(before);
	basis_free(forgot);
	basis_free(after);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("milter");
	TCase *pure = tcase_create("pure"), *files = tcase_create("files");

	tcase_add_loop_test(pure, reads_size, 0, ROWS(sizes));
	tcase_add_loop_test(pure, knows_verb, 0, ROWS(lines));
	tcase_add_test(pure, keeps_limits);
	tcase_add_loop_test(pure, crowd_is_found, 0, ROWS(crowds));
	tcase_add_loop_test(pure, depth_is_counted, 0, ROWS(depths));
	tcase_add_test(pure, keeps_little);
	tcase_add_loop_test(pure, spells_domains_alike, 0, ROWS(spellings));
	suite_add_tcase(suite, pure);
	tcase_add_checked_fixture(files, set_up, tear_down);
	tcase_add_test(files, basis_refuses);
	tcase_add_test(files, basis_grows_old);
	tcase_add_test(files, judges_by_the_table);
	tcase_add_test(files, knows_its_previous_key);
	tcase_add_loop_test(
	    files, limits_count_for_whom_they_concern, 0, ROWS(limited));
	tcase_add_test(files, own_filter_is_no_loop);
	suite_add_tcase(suite, files);
	return tap_run(suite);
}
