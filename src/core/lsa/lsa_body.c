/*
 * lsa_body.c - the bodies of LSAs: TLVs in the order of their types.
 *
 * One encoding of each thing, so that two bodies that say the same are equal
 * octet for octet: lists are sorted, and nothing stands twice (lsrd-protocol(7) 5).
 */

#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/lsa_list.h"
#include "core/lsa/lsa_room.h"
#include "core/lsa/lsa_tlv.h"

static int
value_end(const struct lsa_tlv *tlv)
{
	return tlv->value.left > 0 ? RC_LONG : RC_OK;
}

typedef bool grammar(const char *s);

static bool
lsa_body_is_sender(const char *s)
{
	return strcmp(s, "<>") == 0 || str_is_pattern(s);
}

static bool
lsa_body_is_schedule(const char *s)
{
	return policy_schedule_check(s) == RC_OK;
}

/* The rest of the value as a string that the LSA keeps, or NULL. */
static char *
text_read(struct lsa_tlv *tlv, grammar *good)
{
	size_t n = tlv->value.left;
	const uint8_t *p = cur_bytes(&tlv->value, n);
	char *s = (char *)(uintptr_t)p;

	CHECK(p != NULL);
	if (memchr(p, 0, n) != NULL)
		return NULL;
	if (p[n] != 0) { /* the signature is behind the last */
		CHECK(n < tlv->room->text_len);
		s = memcpy(tlv->room->text, p, n);
		s[n] = '\0';
		tlv->room->text += n + 1;
		tlv->room->text_len -= n + 1;
	}
	return good(s) ? s : NULL;
}

static int
text_once(struct lsa_tlv *tlv, grammar *good, char **out)
{
	if (*out != NULL)
		return RC_TWICE;
	*out = text_read(tlv, good);
	return *out == NULL ? RC_NAME : RC_OK;
}

/* Appends to a sorted list without repetition, which has room. */
static int
text_add(struct lsa_tlv *tlv, grammar *good, char **list, size_t n, size_t max)
{
	char *s;

	if (n >= max)
		return RC_LIMIT;
	s = text_read(tlv, good);
	if (s == NULL)
		return RC_NAME;
	if (n > 0 && strcmp(list[n - 1], s) >= 0)
		return RC_TWICE;
	list[n] = s;
	return RC_OK;
}

/* The same of a server's; *n counts them. */
static int
server_add(struct lsa_tlv *tlv, char **list, uint16_t *n)
{
	int rc = text_add(tlv, str_is_host, list, *n, LIMIT_NEIGHBOURS);

	if (rc == RC_OK)
		(*n)++;
	return rc;
}

static int
addr_add(struct lsa_tlv *tlv, const struct addr *list, uint8_t *n)
{
	struct addr *a = (struct addr *)(uintptr_t)&list[*n]; /* our room */

	if (*n >= LIMIT_ADDRESSES)
		return RC_LIMIT;
	addr_decode(&tlv->value, a);
	if (tlv->value.bad)
		return RC_SHORT;
	/* Loopback is for labs; who publishes decides (setup.lab). */
	if (!addr_is_hop(a, true))
		return RC_NAME;
	(*n)++;
	return value_end(tlv);
}

static int
mark_add(struct lsa_tlv *tlv, struct lsa_server *s)
{
	const uint8_t *key = cur_bytes(&tlv->value, CRYPTO_PUBLIC);

	if (s->nmark >= 2)
		return RC_LIMIT;
	if (key == NULL)
		return RC_SHORT;
	s->mark[s->nmark++] = key;
	return value_end(tlv);
}

static int
state_read(struct lsa_tlv *tlv, struct lsa_server *s)
{
	uint8_t state = cur_u8(&tlv->value);

	s->drain_until = cur_u64(&tlv->value);
	if (tlv->value.bad)
		return RC_SHORT;
	if (tlv->last == tlv->type)
		return RC_TWICE;
	if (state > LSA_DRAIN)
		return RC_RANGE;
	s->state = (enum lsa_state)state;
	if (tlv->value.left == 0)
		return RC_OK;
	return text_once(tlv, lsa_is_reason, &s->reason);
}

static int
reads_read(struct lsa_tlv *tlv, struct lsa_server *s)
{
	if (tlv->last == tlv->type)
		return RC_TWICE;
	s->reads = cur_u16(&tlv->value);
	return tlv->value.bad ? RC_SHORT : value_end(tlv);
}

static int
server_tlv(struct lsa_tlv *tlv, struct lsa_server *s)
{
	switch (tlv->type) {
	case LSA_SERVER_GROUP:
		return text_once(tlv, str_is_word, &s->group);
	case LSA_SERVER_SMTP:
		return addr_add(tlv, s->smtp, &s->nsmtp);
	case LSA_SERVER_PEER:
		return addr_add(tlv, s->peer, &s->npeer);
	case LSA_SERVER_MARK:
		return mark_add(tlv, s);
	case LSA_SERVER_STATE:
		return state_read(tlv, s);
	case LSA_SERVER_NEIGHBOUR:
		return server_add(tlv, s->neighbours, &s->nneighbours);
	case LSA_SERVER_MAIL_UP:
		return server_add(tlv, s->mail_up, &s->nmail_up);
	case LSA_SERVER_MAIL_DOWN:
		return server_add(tlv, s->mail_down, &s->nmail_down);
	case LSA_SERVER_MTA_DOWN:
		if (s->mta_down)
			return RC_TWICE;
		s->mta_down = true;
		return value_end(tlv);
	case LSA_SERVER_UNASKED:
		if (s->unasked)
			return RC_TWICE;
		s->unasked = true;
		return value_end(tlv);
	case LSA_SERVER_DRAINED:
		s->drain_since = cur_u64(&tlv->value);
		return tlv->value.bad
		           ? RC_SHORT
		           : text_once(tlv, lsa_is_who, &s->drain_who);
	case LSA_SERVER_PROGRAM:
		return text_once(tlv, lsa_is_who, &s->program);
	case LSA_SERVER_POSITION:
		return lsa_position_read(&tlv->value, &s->position);
	case LSA_SERVER_READS:
		return reads_read(tlv, s);
	default:
		return RC_OK; /* of a later version */
	}
}

static struct lsa_server *
server_room(struct lsa_room *r)
{
	struct lsa_server *s = lsa_room_take(r, 1, sizeof(*s));

	s->smtp = lsa_room_take(r, r->of[LSA_SERVER_SMTP], sizeof(*s->smtp));
	s->peer = lsa_room_take(r, r->of[LSA_SERVER_PEER], sizeof(*s->peer));
	s->neighbours =
	    lsa_room_take(r, r->of[LSA_SERVER_NEIGHBOUR], sizeof(char *));
	s->mail_up =
	    lsa_room_take(r, r->of[LSA_SERVER_MAIL_UP], sizeof(char *));
	s->mail_down =
	    lsa_room_take(r, r->of[LSA_SERVER_MAIL_DOWN], sizeof(char *));
	return s;
}

static int
server_decode(
    const struct lsa *lsa, struct lsa_tlv tlv, struct lsa_server **out)
{
	struct lsa_server *s = server_room(tlv.room);
	struct cur in = lsa_tlv_over(lsa);
	bool state = false;
	int rc;

	while ((rc = lsa_tlv_next(&in, &tlv)) == 1) {
		rc = server_tlv(&tlv, s);
		if (rc != RC_OK)
			break;
		state |= tlv.type == LSA_SERVER_STATE;
	}
	if (rc == RC_OK && (s->group == NULL || !state))
		rc = RC_MISSING;
	*out = s;
	return rc;
}

static int
bridgehead_add(struct lsa_tlv *tlv, struct lsa_connector *c)
{
	struct lsa_bridgehead b = { 0 };
	size_t n = c->nbridgeheads;
	uint8_t up = cur_u8(&tlv->value);

	b.cost = cur_u32(&tlv->value);
	if (tlv->value.bad)
		return RC_SHORT;
	if (up > 1 || b.cost == 0 || b.cost > LIMIT_COST_MAX)
		return RC_RANGE;
	if (n >= LIMIT_BRIDGEHEADS)
		return RC_LIMIT;
	b.up = up == 1;
	b.name = text_read(tlv, str_is_host);
	if (b.name == NULL)
		return RC_NAME;
	if (n > 0 && strcmp(c->bridgeheads[n - 1].name, b.name) >= 0)
		return RC_TWICE;
	c->bridgeheads[c->nbridgeheads++] = b;
	return RC_OK;
}

/* Of at most 8 octets, which its caller has counted. */
static int
number_once(struct lsa_tlv *tlv, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (tlv->last == tlv->type)
		return RC_TWICE;
	while (tlv->value.left > 0)
		v = v << 8 | cur_u8(&tlv->value);
	*out = v;
	return v > max ? RC_RANGE : RC_OK;
}

static int
connector_number(struct lsa_tlv *tlv, struct lsa_connector *c)
{
	uint64_t v = 0;
	int rc;

	switch (tlv->type) {
	case LSA_CONNECTOR_STATE:
		if (tlv->value.left != 1)
			return RC_SHORT;
		rc = number_once(tlv, LSA_DRAIN, &v);
		c->state = (enum lsa_state)v;
		return rc == RC_OK && v == LSA_STARTING ? RC_RANGE : rc;
	case LSA_CONNECTOR_CONGESTION:
		if (tlv->value.left != 1)
			return RC_SHORT;
		rc = number_once(tlv, 3, &v);
		c->congestion = (uint8_t)v;
		return rc;
	case LSA_CONNECTOR_PRIORITIES:
		if (tlv->value.left != 1)
			return RC_SHORT;
		rc = number_once(tlv, 7, &v);
		tlv->policy->priorities = (uint8_t)v;
		return rc == RC_OK && v == 0 ? RC_RANGE : rc;
	case LSA_CONNECTOR_LARGE:
		if (tlv->value.left != 8)
			return RC_SHORT;
		rc = number_once(tlv, UINT64_MAX, &tlv->policy->large_size);
		return rc == RC_OK && tlv->policy->large_size == 0 ? RC_RANGE
		                                                   : rc;
	default: /* LSA_CONNECTOR_SIZE */
		if (tlv->value.left != 8)
			return RC_SHORT;
		rc = number_once(tlv, UINT64_MAX, &tlv->policy->max_size);
		return rc == RC_OK && tlv->policy->max_size == 0 ? RC_RANGE
		                                                 : rc;
	}
}

static int
drain_add(struct lsa_tlv *tlv, struct lsa_connector *c)
{
	struct lsa_drain d = { .whole = tlv->type == LSA_CONNECTOR_DRAINED };
	int rc;

	d.since = cur_u64(&tlv->value);
	d.until = cur_u64(&tlv->value);
	if (tlv->value.bad)
		return RC_SHORT;
	if (c->ndrains > LIMIT_BRIDGEHEADS)
		return RC_LIMIT;
	d.text = text_read(tlv, str_is_free);
	rc = lsa_drain_check(
	    &d, tlv->last == tlv->type ? &c->drains[c->ndrains - 1] : NULL);
	if (rc != RC_OK)
		return rc;
	c->drains[c->ndrains++] = d;
	return RC_OK;
}

static int
policy_sender_add(struct lsa_tlv *tlv, char **list, size_t *n)
{
	int rc = text_add(tlv, lsa_body_is_sender, list, *n, LIMIT_SENDERS);

	*n += rc == RC_OK;
	return rc;
}

static int
connector_tlv(struct lsa_tlv *tlv, struct lsa_connector *c)
{
	struct policy *policy = tlv->policy;

	switch (tlv->type) {
	case LSA_CONNECTOR_GROUP:
		return text_once(tlv, str_is_word, &c->group);
	case LSA_CONNECTOR_BRIDGEHEAD:
		return bridgehead_add(tlv, c);
	case LSA_CONNECTOR_STATE:
	case LSA_CONNECTOR_CONGESTION:
	case LSA_CONNECTOR_SIZE:
	case LSA_CONNECTOR_PRIORITIES:
	case LSA_CONNECTOR_LARGE:
		return connector_number(tlv, c);
	case LSA_CONNECTOR_ALLOW:
		return policy_sender_add(tlv, policy->allow, &policy->nallow);
	case LSA_CONNECTOR_DENY:
		return policy_sender_add(tlv, policy->deny, &policy->ndeny);
	case LSA_CONNECTOR_SCHEDULE:
		return text_once(tlv, lsa_body_is_schedule, &policy->schedule);
	case LSA_CONNECTOR_LARGE_SCHEDULE:
		return text_once(
		    tlv, lsa_body_is_schedule, &policy->large_schedule);
	case LSA_CONNECTOR_SINCE:
		return text_once(tlv, lsa_is_reason, &c->since);
	case LSA_CONNECTOR_DRAINED:
	case LSA_CONNECTOR_DRAINED_TO:
		return drain_add(tlv, c);
	default:
		return RC_OK;
	}
}

static struct lsa_connector *
connector_room(struct lsa_room *r, struct policy **policy)
{
	struct lsa_connector *c = lsa_room_take(r, 1, sizeof(*c));
	struct policy *p = lsa_room_take(r, lsa_room_policy(r), sizeof(*p));

	c->bridgeheads = lsa_room_take(
	    r, r->of[LSA_CONNECTOR_BRIDGEHEAD], sizeof(*c->bridgeheads));
	c->drains = lsa_room_take(r, lsa_room_drains(r), sizeof(*c->drains));
	if (p != NULL) {
		p->allow = lsa_room_take(
		    r, r->of[LSA_CONNECTOR_ALLOW], sizeof(char *));
		p->deny =
		    lsa_room_take(r, r->of[LSA_CONNECTOR_DENY], sizeof(char *));
	}
	c->policy = *policy = p;
	return c;
}

static bool
policy_is_whole(const struct policy *p)
{
	return p == NULL || (p->large_size == 0) == (p->large_schedule == NULL);
}

static int
connector_decode(
    const struct lsa *lsa, struct lsa_tlv tlv, struct lsa_connector **out)
{
	struct lsa_connector *c = connector_room(tlv.room, &tlv.policy);
	struct cur in = lsa_tlv_over(lsa);
	bool state = false;
	int rc;

	while ((rc = lsa_tlv_next(&in, &tlv)) == 1) {
		rc = connector_tlv(&tlv, c);
		if (rc != RC_OK)
			break;
		state |= tlv.type == LSA_CONNECTOR_STATE;
	}
	if (rc == RC_OK &&
	    (c->group == NULL || !state || !policy_is_whole(tlv.policy)))
		rc = RC_MISSING;
	*out = c;
	return rc;
}

static int
space_decode(const struct lsa *lsa, struct lsa_space *out)
{
	struct cur in = lsa_tlv_over(lsa);
	struct lsa_tlv tlv = { 0 };
	uint64_t cost = 0, flags = 0;
	unsigned seen = 0;
	int rc;

	while ((rc = lsa_tlv_next(&in, &tlv)) == 1) {
		if (tlv.type == LSA_SPACE_COST && tlv.value.left == 4)
			rc = number_once(&tlv, LIMIT_COST_MAX, &cost);
		else if (tlv.type == LSA_SPACE_FLAGS && tlv.value.left == 1)
			rc = number_once(&tlv, LSA_SPACE_KNOWN, &flags);
		else
			rc = tlv.type != 0 && tlv.type <= LSA_SPACE_FLAGS
			         ? RC_SHORT
			         : RC_OK;
		if (rc != RC_OK)
			return rc;
		if (tlv.type <= LSA_SPACE_FLAGS)
			seen |= tlv.type;
	}
	if (rc != RC_OK)
		return rc;
	*out = (struct lsa_space){ .cost = (uint32_t)cost,
		.down = flags & LSA_SPACE_DOWN,
		.local = flags & LSA_SPACE_LOCAL,
		.fallback = flags & LSA_SPACE_FALLBACK,
		.relay = flags & LSA_SPACE_RELAY };
	return seen == (LSA_SPACE_COST | LSA_SPACE_FLAGS) ? RC_OK : RC_MISSING;
}

int
lsa_identity_decode(const struct lsa *lsa, struct lsa_identity *out)
{
	struct cur in = lsa_tlv_over(lsa);
	struct lsa_tlv tlv = { 0 };
	int rc;

	memset(out, 0, sizeof(*out));
	while ((rc = lsa_tlv_next(&in, &tlv)) == 1) {
		size_t len = tlv.value.left;

		if (tlv.type != LSA_IDENTITY_CERT)
			continue;
		if (out->ncerts >= 2 || len > LIMIT_CERT_OCTETS)
			return RC_LIMIT;
		if (len == 0)
			return RC_SHORT;
		out->cert[out->ncerts] = cur_bytes(&tlv.value, len);
		out->cert_len[out->ncerts++] = len;
	}
	if (rc != RC_OK)
		return rc;
	return out->ncerts > 0 ? RC_OK : RC_MISSING;
}

int
lsa_body_read(struct lsa *lsa, struct lsa_room *room)
{
	struct lsa_tlv tlv = { .room = room };
	struct lsa_identity identity;

	if (lsa->purge)
		return RC_OK;
	switch (lsa->key.type) {
	case LSA_IDENTITY:
		return lsa_identity_decode(lsa, &identity);
	case LSA_SERVER:
		return server_decode(lsa, tlv, &lsa->said.server);
	case LSA_CONNECTOR:
		return connector_decode(lsa, tlv, &lsa->said.connector);
	case LSA_SPACE:
		return space_decode(lsa, &lsa->said.space);
	case LSA_GRANT:
	case LSA_LIST:
		lsa->said.list =
		    lsa_room_take(room, 1, sizeof(struct lsa_list));
		return lsa_list_decode(lsa, lsa->said.list);
	case LSA_FORGET:
	case LSA_REVOCATION:
	case LSA_RULE:
		return lsa_word_check(lsa);
	default:
		return RC_OK;
	}
}
