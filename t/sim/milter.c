#include "t/sim/milter.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "message/session.h"

#define HOP_LIMIT 50 /* Postfix's own */

/* Our mark keys, as a seal. */
struct marker {
	struct cheap_seal seal[2];
	struct crypto crypto[2];
};

void
milter_done(struct milter *milter)
{
	mtable_book_done(&milter->book);
	mark_memory_free(milter->memory);
	buf_done(&milter->annex);
	buf_done(&milter->file);
}

static uint64_t
wall_ms(const struct node *node)
{
	return world_wall(node->world, node) * 1000;
}

void
milter_table(struct milter *milter, const struct node *node)
{
	const struct mta_table *table = &node->table;
	struct mtable_version now = { table->epoch, table->generation };

	mtable_book_mark(&milter->book);
	for (size_t i = 0; i < table->n; i++)
		mtable_book_set(&milter->book, &table->routes[i], now);
	mtable_book_sweep(&milter->book, now);
	/* As src/publish does where an epoch was lost. */
	if (milter->history.n > 0 &&
	    mtable_order(now, milter->history.v[0].version) < 0) {
		milter->history.n = 0;
		mtable_book_other(&milter->book, now);
	}
	mtable_history_add(&milter->history, now, wall_ms(node));
}

/* The annex of this very table, if lsrd has said it by now; the file stays
 * behind where it has not, or where another life has said the newest. */
static void
file_write(struct milter *milter, const struct node *node)
{
	struct mtable_writer writer = { 0 };
	struct mtable_annex annex;

	if (milter->history.n == 0 ||
	    mtable_order(node->annex, milter->history.v[0].version) != 0 ||
	    node->annex.generation != node->table.generation ||
	    node->annex.epoch != node->table.epoch ||
	    (milter->serial == node->table.serial &&
		milter->annex.n == node->besides.n &&
		memcmp(milter->annex.p, node->besides.p, milter->annex.n) == 0))
		return;
	buf_reset(&milter->annex);
	buf_bytes(&milter->annex, node->besides.p, node->besides.n);
	CHECK(mtable_annex_decode(milter->annex.p, milter->annex.n, &annex) ==
	      RC_OK);
	milter->serial = node->table.serial;
	buf_reset(&milter->file);
	mtable_book_write(&milter->book, annex.version, &writer);
	mtable_end(&writer, &annex, &milter->history, &milter->file);
}

static void
keys_take(struct basis *basis, struct marker *marker, const struct node *node)
{
	basis->nkeys = node->conf.announced.nmark;
	for (uint32_t i = 0; i < basis->nkeys; i++) {
		struct basis_key *key = &basis->key[i];

		world_mark(node, node->marks - i, key->public_key);
		memcpy(
		    marker->seal[i].public_key, key->public_key, CRYPTO_PUBLIC);
		marker->crypto[i] = cheap_seal_new(&marker->seal[i]);
		cheap_seal_digest(key->public_key, CRYPTO_PUBLIC, key->name);
		mark_secret(&marker->crypto[i], key->secret);
	}
}

/* As the milter sees it: the newest first. */
static void
session_fill(struct session *s, const struct letter *letter)
{
	char text[64];

	session_from(s, letter->sender, letter->size);
	for (size_t i = 0; i < letter->to.n; i++)
		session_to(s, letter->to.v[i]);
	for (size_t at = 0; at < letter->marks.n;) {
		const char *mark = (const char *)letter->marks.p + at;

		session_header(s, MARK_FIELD, mark);
		at += strlen(mark) + 1;
	}
	for (size_t i = letter->received.n; i > 0; i--) {
		snprintf(text, sizeof(text), "from there by here id %llX;",
		    (unsigned long long)letter->received.v[i - 1]);
		session_header(s, "Received", text);
	}
	snprintf(text, sizeof(text), "<%llu@sim>",
	    (unsigned long long)letter->number);
	session_header(s, "Message-ID", text);
}

/* What does not stand is taken off; ours goes on top. */
static void
marks_put(
    struct letter *letter, const struct session *s, const struct visit *visit)
{
	buf_reset(&letter->marks);
	mark_encode(visit, &letter->marks);
	buf_u8(&letter->marks, 0);
	for (size_t i = 0; i < s->trace.fields.n; i++) {
		if (!s->trace.fields.v[i].stands) {
			letter->unmarked = true;
			continue;
		}
		mark_encode(&s->trace.fields.v[i].visit, &letter->marks);
		buf_u8(&letter->marks, 0);
	}
}

static void
visit_make(struct milter *milter, struct letter *letter, struct session *s,
    const struct session_ask *ask, uint64_t queue_id)
{
	struct visit visit;
	char id[24];

	session_visit(s, ask, &visit);
	marks_put(letter, s, &visit);
	if (session_received(s) < MARK_REMEMBER_RECEIVED)
		return;
	if (milter->memory == NULL)
		milter->memory = mark_memory_new();
	snprintf(id, sizeof(id), "%llX", (unsigned long long)queue_id);
	mark_memory_add(milter->memory, &visit, s->message, id);
}

/* "lsrd:[10.0.0.3]:25, [10.0.0.4]:25": where a message goes by itself. */
static void
via_read(struct letter *letter, const char *text)
{
	char ip[64];

	while (letter->nvia < LIMIT_NEXT_HOPS &&
	       (text = strchr(text, '[')) != NULL) {
		size_t n = strcspn(++text, "]");

		snprintf(ip, sizeof(ip), "%.*s", (int)n, text);
		if (addr_read(&letter->via[letter->nvia], ip))
			letter->nvia++;
	}
}

/* By the limits of connectors. */
static enum milter_answer
rule(struct letter *letter, const struct session *s,
    const struct session_ask *ask)
{
	struct policy_message message;
	struct buf buf = { 0 };
	enum ruling ruling = session_rule(s, ask, &message, &buf);
	char *text = buf_string(&buf);

	letter->nvia = 0;
	if (ruling == RULING_STEERED)
		via_read(letter, text);
	mem_free(text);
	return ruling == RULING_PASSES || ruling == RULING_STEERED
	           ? MILTER_TAKES
	       : ruling == RULING_NEVER ? MILTER_NEVER
	                                : MILTER_LATER;
}

static enum milter_answer
judge(struct milter *milter, struct letter *letter, struct session *s,
    const struct session_ask *ask)
{
	if (session_judge(s, ask, milter->memory) != MARK_PASSES)
		return MILTER_LATER;
	return rule(letter, s, ask);
}

/* Over the file; false: there is nothing to judge by. */
static bool
basis_make(struct milter *milter, const struct node *node, struct basis *basis,
    struct marker *marker)
{
	file_write(milter, node);
	if (milter->file.n == 0 || node->conf.announced.nmark == 0)
		return false;
	CHECK(mtable_open(&basis->table, milter->file.p, milter->file.n) ==
	      RC_OK);
	basis->limits = basis->table.net.left > 0;
	if (basis->limits)
		CHECK(
		    mtable_net_decode(basis->table.net, &basis->net) == RC_OK);
	keys_take(basis, marker, node);
	return true;
}

enum milter_answer
milter_judge(struct milter *milter, const struct node *node,
    struct letter *letter, uint64_t queue_id)
{
	struct basis basis = { 0 };
	struct marker marker = { 0 };
	struct session s = { 0 };
	struct session_ask ask = { .basis = &basis,
		.time_ms = wall_ms(node),
		.hop_limit = HOP_LIMIT };
	enum milter_answer answer;

	if (!basis_make(milter, node, &basis, &marker)) {
		letter->unmarked = true;
		return MILTER_TAKES;
	}
	ask.crypto = &marker.crypto[0];
	session_fill(&s, letter);
	session_verify(&s, &ask);
	answer = judge(milter, letter, &s, &ask);
	if (answer == MILTER_TAKES)
		visit_make(milter, letter, &s, &ask, queue_id);
	session_clear(&s);
	if (basis.limits)
		mtable_net_done(&basis.net);
	return answer;
}
