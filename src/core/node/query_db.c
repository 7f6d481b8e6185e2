#include "core/node/query_db.h"

#include <string.h>

#include "base/json.h"
#include "base/rc.h"
#include "core/lsa/lsa_list.h"
#include "core/node/node.h"
#include "core/node/request.h"
#include "core/node/signers.h"

static void
db_server(struct json *j, const struct lsa *lsa)
{
	const struct lsa_server *s = lsa_server(lsa);
	char text[ADDR_TEXT];

	json_str(j, "routing_group", s->group);
	json_str(j, "state", lsa_state_word(s->state));
	if (s->program != NULL)
		json_str(j, "program", s->program);
	lsa_position_show(j, &s->position);
	if (s->reason != NULL)
		json_str(j, "reason", s->reason);
	if (s->drain_who != NULL) {
		json_str(j, "by", s->drain_who);
		json_uint(j, "since", s->drain_since);
	}
	if (s->drain_until != 0)
		json_uint(j, "until", s->drain_until);
	json_bool(j, "mta_down", s->mta_down);
	json_open(j, "smtp", '[');
	for (size_t i = 0; i < s->nsmtp; i++)
		json_str(j, NULL, addr_text(&s->smtp[i], text));
	json_close(j, ']');
	json_open(j, "mark_keys", '[');
	for (size_t i = 0; i < s->nmark; i++)
		json_hex(j, NULL, s->mark[i], CRYPTO_PUBLIC);
	json_close(j, ']');
	json_list(j, "neighbours", s->neighbours, s->nneighbours);
	json_list(j, "mail_up", s->mail_up, s->nmail_up);
	json_list(j, "mail_down", s->mail_down, s->nmail_down);
}

static void
db_connector(struct json *j, const struct lsa *lsa)
{
	const struct lsa_connector *c = lsa_connector(lsa);

	json_str(j, "routing_group", c->group);
	json_str(j, "state", lsa_state_word(c->state));
	json_uint(j, "congestion", c->congestion);
	json_open(j, "bridgeheads", '[');
	for (size_t i = 0; i < c->nbridgeheads; i++) {
		json_open(j, NULL, '{');
		json_str(j, "server", c->bridgeheads[i].name);
		json_bool(j, "up", c->bridgeheads[i].up);
		json_uint(j, "cost", c->bridgeheads[i].cost);
		json_close(j, '}');
	}
	json_close(j, ']');
	lsa_drains_show(j, c);
}

/* The certificate in use: what it may claim, and its end. */
static void
db_identity(const struct engine *e, struct json *j, const struct lsa *lsa)
{
	const struct claims *c =
	    node_is_own(e, &lsa->key)
		? e->setup->claims
		: signers_claims(&e->signers, lsa->key.origin);

	if (c == NULL)
		return;
	json_str(j, "routing_group", c->group);
	json_hex(j, "key", c->key, sizeof(c->key));
	json_int(j, "not_after", c->not_after);
	json_list(j, "may_claim", c->spaces, c->nspaces);
	json_list(j, "may_relay", c->relays, c->nrelays);
	json_list(j, "may_lead_to", c->connectors, c->nconnectors);
}

static void
db_revocation(struct json *j, const struct lsa *lsa)
{
	char server[STR_HOST_MAX + 1];

	if (lsa_revocation_server(lsa, server))
		json_str(j, "server", server);
	if (lsa_revocation_end(lsa) != 0)
		json_uint(j, "not_after", lsa_revocation_end(lsa));
}

static void
db_body(const struct engine *e, struct json *j, const struct lsa *lsa)
{
	const struct lsa_space *space = lsa_space(lsa);

	json_open(j, "body", '{');
	if (lsa->purge) {
		/* nothing is left of it */
	} else if (lsa->key.type == LSA_IDENTITY) {
		db_identity(e, j, lsa);
	} else if (lsa->key.type == LSA_SERVER) {
		db_server(j, lsa);
	} else if (lsa->key.type == LSA_CONNECTOR) {
		db_connector(j, lsa);
	} else if (lsa->key.type == LSA_REVOCATION) {
		db_revocation(j, lsa);
	} else if (lsa_is_list(lsa->key.type)) {
		json_uint(j, "patterns", lsa_list(lsa)->n);
		if (lsa->key.type == LSA_LIST)
			json_uint(j, "cost", lsa_list(lsa)->space.cost);
		json_bool(j, "relay", lsa_list(lsa)->space.relay);
	} else if (space != NULL) {
		json_uint(j, "cost", space->cost);
		json_str(j, "state", space->down ? "down" : "up");
		json_str(j, "scope",
		    space->local ? "routing-group" : "organization");
		json_bool(j, "fallback", space->fallback);
		json_bool(j, "relay", space->relay);
	}
	json_close(j, '}');
}

static void
db_line(const struct engine *e, struct json *j, const struct lsa *l, bool whole)
{
	json_open(j, NULL, '{');
	json_str(j, "origin", l->key.origin);
	json_str(j, "type", lsa_type_word(l->key.type));
	json_str(j, "id", l->key.id);
	json_uint(j, "epoch", l->seq >> 32);
	json_uint(j, "counter", l->seq & 0xffffffffu);
	json_bool(j, "purge", l->purge);
	json_uint(j, "issued", lsa_issued(l));
	if (whole) {
		json_hex(j, "signer", lsa_signer(l), CRYPTO_DIGEST);
		json_hex(j, "organization", lsa_org(l), CRYPTO_DIGEST);
		json_uint(j, "octets", l->len);
		json_hex(j, "digest", l->digest, CRYPTO_DIGEST);
		db_body(e, j, l);
	}
	json_close(j, '}');
	json_line(j);
}

/* The first behind the place that `more` names, or of all; false: that is
 * no place. */
static bool
db_from(const struct engine *e, const char *more, struct lsa **out)
{
	struct buf octets = { 0 };
	struct msg_key key;
	struct cur in;
	bool good;

	*out = lsdb_first(&e->db);
	if (more == NULL)
		return true;
	good = buf_unhex(&octets, more);
	in = cur_over(octets.p, octets.n);
	good = good && msg_key_read(&in, &key) == RC_OK && in.left == 0;
	buf_done(&octets);
	if (!good)
		return false;
	*out = lsdb_from(&e->db, &key.key);
	if (*out != NULL && lsa_key_order(&(*out)->key, &key.key) == 0)
		*out = lsdb_next(*out);
	return true;
}

/* LSAs that are looked at for a part, be it that none is asked for. */
#define PART_SEEN 10000

/* What is asked for; NULL: any. */
struct db_asked {
	const char *place, *origin, *type, *after, *brief;
};

static struct db_asked
asked_read(const struct request *r)
{
	struct db_asked asked = { .origin = request_option(r, "of"),
		.type = request_option(r, "type"),
		.after = request_option(r, "after"),
		.brief = request_option(r, "brief") };

	if (r->n > 0 && strchr(r->word[0], '=') == NULL)
		asked.place = r->word[0];
	return asked;
}

/* One of the words between commas. */
static bool
is_of(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; *at != '\0';) {
		size_t len = strcspn(at, ",");

		if (len == n && memcmp(at, word, n) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

static bool
db_is_asked(const struct db_asked *asked, const struct lsa *l)
{
	return (asked->type == NULL ||
		   is_of(asked->type, lsa_type_word(l->key.type))) &&
	       (asked->after == NULL ||
		   lsa_issued(l) > request_number(asked->after));
}

static void
option_rest(struct buf *more, const char *name, const char *value)
{
	if (value != NULL)
		buf_printf(more, " %s=%s", name, value);
}

static void
db_rest(const struct lsa *last, const struct db_asked *asked, struct buf *more)
{
	struct buf octets = { 0 };

	msg_key_write(&octets, &last->key);
	buf_text(more, "db ");
	buf_hex(more, octets.p, octets.n);
	option_rest(more, "of", asked->origin);
	option_rest(more, "type", asked->type);
	option_rest(more, "after", asked->after);
	option_rest(more, "brief", asked->brief);
	buf_u8(more, 0);
	buf_done(&octets);
}

/* What comes or goes between two parts is in the answer or is not; what stays
 * is there once, in the order of keys. */
bool
query_db(struct engine *e, struct json *j, const struct request *r)
{
	struct db_asked asked = asked_read(r);
	struct lsa *last = NULL, *l;
	size_t seen = 0;

	if (!db_from(e, asked.place, &l))
		return false;
	if (asked.place == NULL && asked.origin != NULL)
		l = lsdb_origin(&e->db, asked.origin);
	for (; l != NULL && j->out->n < LIMIT_ANSWER_PART && seen < PART_SEEN;
	     l = lsdb_next(l), seen++) {
		if (asked.origin != NULL &&
		    strcmp(l->key.origin, asked.origin) != 0)
			return true;
		if (db_is_asked(&asked, l))
			db_line(e, j, l, asked.brief == NULL);
		last = l;
	}
	if (l != NULL)
		db_rest(last, &asked, r->more);
	return true;
}
