#include "ctl/grant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cur.h"
#include "base/find.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "base/vec.h"
#include "cfg/patterns.h"
#include "core/lsa/lsa_list.h"
#include "crypt/crypto.h"
#include "ctl/authority.h"
#include "ctl/client.h"
#include "ctl/complain.h"
#include "ctl/keys.h"
#include "ctl/live.h"
#include "ctl/paths.h"
#include "ctl/show.h"
#include "sys/file.h"

#define GRANTS "grants"
#define LOCK ".lock"      /* there; no server is called so */
#define PATTERNS_SHOWN 20 /* of what is new and of what goes, without --diff */

/* clang-format off */
const struct verb_option grant_options[] = {
	{ "none",      NULL,   "take back all that was granted; without a file" },
	{ "no-relay",  NULL,   "let it deliver them, and not relay for them" },
	{ "diff",      NULL,   "print each pattern that comes or goes, sign nothing" },
	{ "directory", "DIR",  "where the authority is [" KEYS_DIRECTORY "]" },
	{ "output",    "FILE", "write it for `lsrctl inject FILE`, do not send" },
	{ NULL, NULL, NULL },
};

/* clang-format on */

/* One granting. */
struct granting {
	const struct call *call;
	const char *server;
	struct authority authority;
	struct crypto crypto;
	int lock;                /* held until all is told; or -1 */
	char *path;              /* of what was granted before */
	const char *id;          /* that is looked for there */
	VEC(struct lsa *) old;   /* in the order of their ids; owned */
	bool *kept;              /* of these: it is granted on */
	struct patterns list;    /* to be granted now */
	struct buf lines;        /* of the file that is made */
	struct buf ends;         /* those of it that take something back */
	size_t chunks, signed_n; /* of all, so many anew */
};

/* --- what was granted before ---------------------------------------------------- */

static int
old_refuse(const struct granting *g, const char *why)
{
	return call_usage(
	    "%s: %s; restore the file, for it has what was granted before: "
	    "without it nothing of that can be taken back",
	    g->path, why);
}

static int
old_line(struct granting *g, const struct cur *line)
{
	char *digits = mem_dup(line->p, line->left);
	struct buf octets = { 0 };
	struct lsa *lsa = NULL;
	int rc = buf_unhex(&octets, digits) ? RC_OK : RC_FORMAT;

	if (rc == RC_OK)
		rc = lsa_decode(octets.p, octets.n, &g->crypto, &lsa);
	if (rc == RC_OK && (lsa->key.type != LSA_GRANT ||
			       strcmp(lsa->key.origin, g->server) != 0))
		rc = RC_NAME;
	if (rc == RC_OK)
		vec_push(&g->old, lsa);
	else
		lsa_free(lsa);
	buf_done(&octets);
	mem_free(digits);
	return rc == RC_OK ? CALL_OK
	                   : old_refuse(g, "not a grant for this server");
}

static int
by_id(const void *a, const void *b)
{
	const struct lsa *const *x = a, *const *y = b;

	return strcmp((*x)->key.id, (*y)->key.id);
}

static int
old_read(struct granting *g)
{
	struct buf text = { 0 };
	int rc = file_load(g->path, GRANT_FILE_MAX, &text);
	int status = CALL_OK;
	struct cur lines;

	if (rc == RC_IO || rc == RC_LONG)
		status = old_refuse(
		    g, rc == RC_IO ? strerror(errno) : "longer than 64 MB");
	lines = cur_over(text.p, text.n);
	while (status == CALL_OK && lines.left > 0) {
		struct cur line = cur_line(&lines);

		if (line.left > 0 && line.p[0] != GRANT_MARK)
			status = old_line(g, &line);
	}
	if (g->old.n > 1)
		qsort(g->old.v, g->old.n, sizeof(*g->old.v), by_id);
	buf_done(&text);
	return status;
}

static bool
old_before(const void *ctx, size_t i)
{
	const struct granting *g = ctx;

	return strcmp(g->old.v[i]->key.id, g->id) < 0;
}

/* The chunk of before that has this id, or NULL; it is kept. */
static const struct lsa *
old_keep(struct granting *g, const char *id)
{
	size_t at;

	g->id = id;
	at = find_from(g->old.n, old_before, g);
	if (at == g->old.n || strcmp(g->old.v[at]->key.id, id) != 0)
		return NULL;
	g->kept[at] = true;
	return g->old.v[at];
}

/* --- what is granted now -------------------------------------------------------- */

static uint64_t
grant_sequence(const struct lsa *old)
{
	struct timespec at = { 0 };
	uint64_t now;

	(void)clock_gettime(CLOCK_REALTIME, &at);
	now = (uint64_t)at.tv_sec << 32 | ((uint64_t)at.tv_nsec + 1);
	/* A clock that was set back must not make it an older word. */
	return old != NULL && old->seq >= now ? old->seq + 1 : now;
}

static void
grant_line(struct buf *out, const void *octets, size_t n)
{
	buf_hex(out, octets, n);
	buf_u8(out, '\n');
}

/* Signs the chunk, unless it was granted just so; without a body: its end. */
static void
chunk_say(struct granting *g, const char *id, const struct buf *body)
{
	const struct lsa *old = old_keep(g, id);
	struct buf *lines = body == NULL ? &g->ends : &g->lines;
	struct lsa_draft draft = { .key = { g->server, id, LSA_GRANT },
		.org = g->authority.org,
		.signer = g->authority.org,
		.seq = grant_sequence(old),
		.issued = (uint64_t)time(NULL),
		.purge = body == NULL,
		.body = body == NULL ? NULL : body->p,
		.body_len = body == NULL ? 0 : body->n };
	struct buf octets = { 0 };

	g->chunks += body != NULL;
	if (old != NULL && old->purge == draft.purge &&
	    old->body_len == draft.body_len &&
	    memcmp(lsa_org(old), g->authority.org, CRYPTO_DIGEST) == 0 &&
	    (draft.purge || memcmp(old->octets + old->body_at, draft.body,
				draft.body_len) == 0)) {
		grant_line(lines, old->octets, old->len);
		return;
	}
	lsa_encode(&octets, &draft, &g->crypto);
	grant_line(lines, octets.p, octets.n);
	buf_done(&octets);
	g->signed_n++;
}

static void
chunk_close(struct granting *g, const char *id, struct buf *packed)
{
	struct lsa_space space = { .relay = !call_has(g->call, "no-relay") };
	struct buf body = { 0 };

	if (packed->n > 0) {
		lsa_list_encode(&body, LSA_GRANT, &space, packed);
		chunk_say(g, id, &body);
	}
	buf_reset(packed);
	buf_done(&body);
}

/* All of it: what ends comes behind what grows. */
static void
list_say(struct granting *g)
{
	const char *id = LSA_LIST_FIRST, *last = "";
	struct buf packed = { 0 };

	for (size_t i = 0; i < g->list.v.n; i++) {
		const char *pattern = g->list.v.v[i].pattern;

		if (packed.n > 0 && lsa_list_begins(pattern, packed.n)) {
			chunk_close(g, id, &packed);
			id = pattern;
			last = "";
		}
		lsa_list_pack(&packed, last, pattern);
		last = pattern;
	}
	chunk_close(g, id, &packed);
	buf_done(&packed);
	for (size_t i = 0; i < g->old.n; i++)
		if (!g->kept[i])
			chunk_say(g, g->old.v[i]->key.id, NULL);
}

/* --- what differs --------------------------------------------------------------- */

struct difference {
	size_t more, less;
	struct buf text;
	bool all; /* each is shown */
};

static void
difference_put(struct difference *d, char sign, const char *pattern)
{
	size_t *n = sign == '+' ? &d->more : &d->less;

	if (++*n <= PATTERNS_SHOWN || d->all)
		buf_printf(&d->text, "%c %s\n", sign, pattern);
}

/* Both are sorted; old chunks stand one after the other. */
static void
difference_find(const struct granting *g, struct difference *d)
{
	size_t at = 0;

	for (size_t i = 0; i < g->old.n; i++) {
		const struct lsa_list *list = lsa_list(g->old.v[i]);
		struct lsa_list_walk walk;
		const char *old;

		if (list == NULL)
			continue;
		walk = lsa_list_walk(list);
		while ((old = lsa_list_next(&walk)) != NULL) {
			int order = -1;

			while (
			    at < g->list.v.n &&
			    (order = strcmp(g->list.v.v[at].pattern, old)) < 0)
				difference_put(
				    d, '+', g->list.v.v[at++].pattern);
			if (at < g->list.v.n && order == 0)
				at++;
			else
				difference_put(d, '-', old);
		}
	}
	for (; at < g->list.v.n; at++)
		difference_put(d, '+', g->list.v.v[at].pattern);
}

static void
difference_tell(const struct granting *g, struct difference *d)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };

	if (g->call->json) {
		json_open(&json, NULL, '{');
		json_bool(&json, "ok", true);
		json_str(&json, "server", g->server);
		json_uint(&json, "patterns", g->list.v.n);
		json_uint(&json, "new", d->more);
		json_uint(&json, "gone", d->less);
		json_uint(&json, "chunks", g->chunks);
		json_uint(&json, "signed", g->signed_n);
		json_close(&json, '}');
		json_line(&json);
	} else {
		buf_bytes(&out, d->text.p, d->text.n);
		if (!d->all &&
		    (d->more > PATTERNS_SHOWN || d->less > PATTERNS_SHOWN))
			buf_text(&out, "... --diff has all of them\n");
		buf_printf(&out, "%s: %zu patterns, %zu new, %zu taken back\n",
		    g->server, g->list.v.n, d->more, d->less);
	}
	show_flush(&out);
	buf_done(&out);
}

/* --- where it goes --------------------------------------------------------------- */

static void
grant_file_make(const struct granting *g, struct buf *out)
{
	buf_printf(out,
	    "%c the grant for %s, %zu patterns: bring it to any server, and "
	    "lsrctl inject it\n",
	    GRANT_MARK, g->server, g->list.v.n);
	buf_bytes(out, g->lines.p, g->lines.n);
	buf_bytes(out, g->ends.p, g->ends.n);
}

static int
grant_file_put(const char *path, const struct buf *text)
{
	int rc = file_replace(path, text->p, text->n);

	if (rc == RC_OK)
		return CALL_OK;
	return call_usage("%s: %s", path,
	    rc == RC_STATE ? "is there, and is no file" : strerror(errno));
}

static int
grant_give(struct granting *g)
{
	const char *output = call_option(g->call, "output");
	struct buf text = { 0 };
	int status;

	grant_file_make(g, &text);
	status = grant_file_put(g->path, &text);
	/* What is told below is remembered, whatever happens to this host. */
	if (status == CALL_OK && file_sync_name(g->path) != RC_OK)
		status = call_usage("%s: %s", g->path, strerror(errno));
	if (status == CALL_OK && output != NULL)
		status = grant_file_put(output, &text);
	else if (status == CALL_OK)
		status = grant_inject(g->call, &text, false);
	if (status == CALL_OK && output != NULL && !g->call->json)
		printf("%s   bring it to any server and run\n    lsrctl inject "
		       "FILE\n",
		    output);
	buf_done(&text);
	return status;
}

/* --- the verb --------------------------------------------------------------------- */

static int
grant_list_read(struct granting *g)
{
	struct complaints complaints = { 0 };
	const char *path = g->call->operands[1];
	int rc = patterns_load(path, &complaints, &g->list);

	for (size_t i = 0; i < complaints.list.n; i++) {
		struct buf text = { 0 };
		char *line;

		complaint_text(&text, &complaints.list.v[i]);
		line = buf_string(&text);
		complain_bare(line);
		mem_free(line);
	}
	complaints_done(&complaints);
	return rc == RC_OK ? CALL_OK : CALL_USAGE;
}

/* Who grants at the same time waits: of two who begin with the same file the one
 * would take nothing back of what the other grants. */
static int
grant_lock(struct granting *g, const char *folder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = paths_join(folder, LOCK);
	int status = paths_make(folder);

	if (status == CALL_OK)
		g->lock = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (status == CALL_OK &&
	    (g->lock < 0 || fcntl(g->lock, F_OFD_SETLKW, &lock) != 0))
		status = call_usage("%s: %s", path, strerror(errno));
	mem_free(path);
	return status;
}

static int
grant_begin(struct granting *g)
{
	const char *directory = call_option(g->call, "directory");
	char *folder;
	int status = CALL_OK;

	if (!str_is_host(g->server))
		return call_usage("%s: no name of a server", g->server);
	if (call_has(g->call, "none") != (g->call->noperands == 1))
		return call_usage("name the file of patterns, or say --none");
	if (directory == NULL)
		directory = KEYS_DIRECTORY;
	if (g->call->noperands == 2)
		status = grant_list_read(g);
	if (status == CALL_OK)
		status = authority_open(directory, &g->authority);
	if (status != CALL_OK)
		return status;
	crypto_init(&g->crypto, g->authority.key, NULL);
	g->authority.key = NULL;
	folder = paths_join(directory, GRANTS);
	g->path = paths_join(folder, g->server);
	if (!call_has(g->call, "diff"))
		status = grant_lock(g, folder);
	mem_free(folder);
	if (status == CALL_OK)
		status = old_read(g);
	g->kept = mem_new(1, g->old.n, sizeof(bool));
	return status;
}

static void
grant_end(struct granting *g)
{
	for (size_t i = 0; i < g->old.n; i++)
		lsa_free(g->old.v[i]);
	vec_done(&g->old);
	mem_free(g->kept);
	patterns_done(&g->list);
	buf_done(&g->lines);
	buf_done(&g->ends);
	if (g->path != NULL) {
		crypto_done(&g->crypto);
		authority_done(&g->authority);
	}
	mem_free(g->path);
	file_close(g->lock);
}

int
grant_run(const struct call *call)
{
	struct granting g = {
		.call = call, .server = call->operands[0], .lock = -1
	};
	struct difference d = { .all = call_has(call, "diff") };
	int status = grant_begin(&g);

	if (status == CALL_OK) {
		difference_find(&g, &d);
		if (!d.all)
			list_say(&g);
		if (d.all || !call->json)
			difference_tell(&g, &d);
	}
	if (status == CALL_OK && !d.all)
		status = grant_give(&g);
	if (status == CALL_OK && !d.all && call->json) /* it is done */
		difference_tell(&g, &d);
	buf_done(&d.text);
	grant_end(&g);
	return status;
}
