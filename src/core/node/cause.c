#include "core/node/cause.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/node/fx.h"
#include "core/node/node.h"

#define NAMES_SAID 3

static bool
is_the_same(const struct cause *a, const struct cause *b)
{
	if (strcmp(a->what, b->what) != 0 || a->type != b->type)
		return false;
	if (a->server == NULL || b->server == NULL)
		return a->server == b->server;
	return strcmp(a->server, b->server) == 0 &&
	       strcmp(a->id != NULL ? a->id : "", b->id != NULL ? b->id : "") ==
	           0;
}

/* What changes twice before a table is computed is told as it is now, and
 * since it began. */
static void
cause_note(struct engine *e, struct cause *cause)
{
	struct causes *causes = &e->table.moving.causes;

	cause->uses = 1;
	cause->at = e->now;
	for (size_t i = 0; i < causes->n; i++) {
		if (!is_the_same(causes->v[i], cause))
			continue;
		cause->at = causes->v[i]->at;
		cause_free(causes->v[i]);
		causes->v[i] = cause;
		return;
	}
	if (causes->n == CAUSES_MAX) {
		causes->more++;
		cause_free(cause);
	} else {
		causes->v[causes->n++] = cause;
	}
}

static struct cause *
cause_new(const char *what, const char *server, const char *did)
{
	struct cause *cause = mem_new(sizeof(*cause), 0, 0);

	cause->what = what;
	cause->server = mem_str(server);
	cause->did = did;
	return cause;
}

static void
part_put(struct buf *out, const char *name, const char *from, const char *to)
{
	if (from != NULL && strcmp(from, to) == 0)
		return;
	if (from == NULL)
		buf_printf(out, "%s%s %s", out->n > 0 ? ", " : "", name, to);
	else
		buf_printf(out, "%s%s %s to %s", out->n > 0 ? ", " : "", name,
		    from, to);
}

static void
number_put(
    struct buf *out, const char *name, bool known, uint64_t from, uint64_t to)
{
	char was[24], is[24];

	snprintf(was, sizeof(was), "%llu", (unsigned long long)from);
	snprintf(is, sizeof(is), "%llu", (unsigned long long)to);
	part_put(out, name, known ? was : NULL, is);
}

struct names {
	char *const *v;
	size_t n;
};

/* The names in one list that are not in the other; both are sorted. */
static void
names_gone(
    struct buf *out, const char *word, struct names in, struct names without)
{
	size_t said = 0, k = 0;

	for (size_t i = 0; i < in.n; i++) {
		while (k < without.n && strcmp(without.v[k], in.v[i]) < 0)
			k++;
		if (k < without.n && strcmp(without.v[k], in.v[i]) == 0)
			continue;
		if (++said <= NAMES_SAID)
			buf_printf(out, "%s%s %s", out->n > 0 ? ", " : "", word,
			    in.v[i]);
	}
	if (said > NAMES_SAID)
		buf_printf(out, " and %zu more", said - NAMES_SAID);
}

#define NAMES(s, list) ((struct names){ (s)->list, (s)->n##list })

static void
server_put(
    struct buf *out, const struct lsa_server *s, const struct lsa_server *old)
{
	static const struct lsa_server none;
	const struct lsa_server *was = old != NULL ? old : &none;

	part_put(out, "state", old == NULL ? NULL : lsa_state_word(was->state),
	    lsa_state_word(s->state));
	names_gone(out, "neighbour gone", NAMES(was, neighbours),
	    NAMES(s, neighbours));
	names_gone(
	    out, "neighbour", NAMES(s, neighbours), NAMES(was, neighbours));
	names_gone(
	    out, "mail down", NAMES(s, mail_down), NAMES(was, mail_down));
	names_gone(out, "mail no longer down", NAMES(was, mail_down),
	    NAMES(s, mail_down));
	part_put(out, "MTA", was->mta_down ? "down" : "up",
	    s->mta_down ? "down" : "up");
}

static const struct lsa_bridgehead *
bridgehead_of(const struct lsa_connector *c, const char *name)
{
	for (size_t i = 0; c != NULL && i < c->nbridgeheads; i++)
		if (strcmp(c->bridgeheads[i].name, name) == 0)
			return &c->bridgeheads[i];
	return NULL;
}

static void
bridgehead_put(struct buf *out, const struct lsa_bridgehead *b,
    const struct lsa_bridgehead *old)
{
	struct buf one = { 0 };

	part_put(&one, "is", old == NULL ? NULL : (old->up ? "up" : "down"),
	    b->up ? "up" : "down");
	number_put(
	    &one, "cost", old != NULL, old != NULL ? old->cost : 0, b->cost);
	if (one.n > 0) {
		buf_printf(out, "%s%s ", out->n > 0 ? ", " : "", b->name);
		buf_bytes(out, one.p, one.n);
	}
	buf_done(&one);
}

static void
connector_put(struct buf *out, const struct lsa_connector *c,
    const struct lsa_connector *old)
{
	part_put(out, "state", old == NULL ? NULL : lsa_state_word(old->state),
	    lsa_state_word(c->state));
	for (size_t i = 0; i < c->nbridgeheads && i < NAMES_SAID; i++)
		bridgehead_put(out, &c->bridgeheads[i],
		    bridgehead_of(old, c->bridgeheads[i].name));
	for (size_t i = 0; old != NULL && i < old->nbridgeheads; i++)
		if (bridgehead_of(c, old->bridgeheads[i].name) == NULL)
			buf_printf(out, "%s%s gone", out->n > 0 ? ", " : "",
			    old->bridgeheads[i].name);
	number_put(out, "congestion", true, old == NULL ? 0 : old->congestion,
	    c->congestion);
}

static void
space_put(
    struct buf *out, const struct lsa_space *s, const struct lsa_space *old)
{
	number_put(
	    out, "cost", old != NULL, old != NULL ? old->cost : 0, s->cost);
	part_put(out, "is", old != NULL && old->down ? "down" : "up",
	    s->down ? "down" : "up");
	part_put(out, "relay", old == NULL ? NULL : (old->relay ? "yes" : "no"),
	    s->relay ? "yes" : "no");
}

/* What is other in it than in the one before, for a person; or NULL. */
static char *
difference(const struct lsa *now, const struct lsa *old)
{
	struct buf out = { 0 };

	if (lsa_server(now) != NULL)
		server_put(&out, lsa_server(now),
		    old == NULL ? NULL : lsa_server(old));
	else if (lsa_connector(now) != NULL)
		connector_put(&out, lsa_connector(now),
		    old == NULL ? NULL : lsa_connector(old));
	else if (lsa_space(now) != NULL)
		space_put(
		    &out, lsa_space(now), old == NULL ? NULL : lsa_space(old));
	if (out.n > 0)
		return buf_string(&out);
	buf_done(&out);
	return NULL;
}

/* What a map shows of it. */
static void
lsa_state_show(struct json *j, const struct lsa *lsa)
{
	const struct lsa_server *server = lsa_server(lsa);
	const struct lsa_connector *c = lsa_connector(lsa);
	const struct lsa_space *space = lsa_space(lsa);
	bool up = false;

	if (server != NULL)
		json_str(j, "state", lsa_state_word(server->state));
	if (space != NULL)
		json_str(j, "state", space->down ? "down" : "up");
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->nbridgeheads; i++)
		up |= c->bridgeheads[i].up;
	json_str(j, "state", up ? lsa_state_word(c->state) : "down");
	if (c->nbridgeheads > 0)
		json_uint(j, "cost", c->bridgeheads[0].cost);
	json_uint(j, "congestion", c->congestion);
}

static void
cause_fields(struct json *j, const struct cause *cause)
{
	json_str(j, "what", cause->what);
	if (cause->server != NULL)
		json_str(j, "server", cause->server);
	if (cause->type != 0) {
		json_str(j, "type", lsa_type_word(cause->type));
		json_str(j, "id", cause->id);
		json_uint(j, "epoch", cause->seq >> 32);
		json_uint(j, "counter", cause->seq & UINT32_MAX);
	}
	if (cause->did != NULL)
		json_str(j, "did", cause->did);
	if (cause->text != NULL)
		json_str(j, "change", cause->text);
}

void
cause_show(struct json *j, const char *key, const struct cause *cause)
{
	json_open(j, key, '{');
	cause_fields(j, cause);
	json_close(j, '}');
}

static void
cause_word(struct buf *out, const char *word)
{
	if (word != NULL && word[0] != '\0')
		buf_printf(out, "%s%s", out->n > 0 ? " " : "", word);
}

void
cause_words(struct buf *out, const struct cause *cause)
{
	if (cause == NULL) {
		cause_word(out, "time");
	} else {
		cause_word(out, cause->type != 0 ? lsa_type_word(cause->type)
						 : cause->what);
		cause_word(out, cause->id);
		cause_word(out, cause->type != 0 ? "of" : NULL);
		cause_word(out, cause->server);
		cause_word(out, cause->did);
		if (cause->text != NULL)
			buf_printf(out, ": %s", cause->text);
	}
	buf_u8(out, 0);
}

static void
cause_lsa(struct engine *e, const struct lsa *lsa, const char *did, char *text)
{
	struct cause *cause = cause_new("lsa", lsa->key.origin, did);
	struct buf out = { 0 };
	struct json j = { .out = &out };

	cause->type = lsa->key.type;
	cause->id = mem_str(lsa->key.id);
	cause->seq = lsa->seq;
	cause->text = text;
	json_open(&j, NULL, '{');
	json_str(&j, "kind", "lsa");
	cause_fields(&j, cause);
	lsa_state_show(&j, lsa);
	json_close(&j, '}');
	fx_history(e,
	    str_hash(str_hash(str_hash(0, lsa->key.origin),
			 lsa_type_word(lsa->key.type)),
		lsa->key.id),
	    &out);
	buf_done(&out);
	cause_note(e, cause);
}

/* What was saved, and what the peers know before our first table, is none:
 * of 10 000 servers it would be a history of their names. */
static bool
cause_counts(const struct engine *e)
{
	return e->table.rib != NULL && e->phase != PHASE_BOOT;
}

void
cause_installed(struct engine *e, const struct lsa *now, const struct lsa *old)
{
	if (!cause_counts(e))
		return;
	if (old != NULL && old->purge)
		old = NULL;
	if (now->purge)
		cause_lsa(e, now, "purged", NULL);
	else
		cause_lsa(
		    e, now, old == NULL ? "new" : "said", difference(now, old));
}

void
cause_taken_out(struct engine *e, const struct lsa *gone)
{
	if (cause_counts(e))
		cause_lsa(e, gone, "taken-out", NULL);
}

void
cause_other(struct engine *e, const char *what, const char *server,
    const char *did, const char *text)
{
	struct cause *cause;

	if (!cause_counts(e))
		return;
	cause = cause_new(what, server, did);
	cause->text = mem_str(text);
	cause_note(e, cause);
}

struct cause *
cause_ref(struct cause *cause)
{
	if (cause != NULL)
		cause->uses++;
	return cause;
}

void
cause_free(struct cause *cause)
{
	if (cause == NULL || --cause->uses > 0)
		return;
	mem_free(cause->server);
	mem_free(cause->id);
	mem_free(cause->text);
	mem_free(cause);
}

void
causes_clear(struct causes *causes)
{
	for (size_t i = 0; i < causes->n; i++)
		cause_free(causes->v[i]);
	*causes = (struct causes){ 0 };
}
