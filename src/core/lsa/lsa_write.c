/*
 * lsa_write.c - bodies to octets: the other half of lsa_body.c.
 */

#include <string.h>

#include "base/check.h"
#include "core/lsa/lsa.h"

static size_t
tlv_open(struct buf *out, uint16_t type)
{
	buf_u16(out, type);
	return buf_hole16(out);
}

static void
lsa_write_put_text(struct buf *out, uint16_t type, const char *s)
{
	size_t hole = tlv_open(out, type);

	buf_text(out, s);
	buf_fill16(out, hole);
}

static void
lsa_write_put_texts(struct buf *out, uint16_t type, char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		lsa_write_put_text(out, type, list[i]);
}

static void
put_u8(struct buf *out, uint16_t type, uint8_t v)
{
	size_t hole = tlv_open(out, type);

	buf_u8(out, v);
	buf_fill16(out, hole);
}

static void
put_addrs(struct buf *out, uint16_t type, const struct addr *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t hole = tlv_open(out, type);

		addr_encode(out, &list[i]);
		buf_fill16(out, hole);
	}
}

void
lsa_server_encode(struct buf *out, const struct lsa_server *s)
{
	size_t hole;

	lsa_write_put_text(out, LSA_SERVER_GROUP, s->group);
	put_addrs(out, LSA_SERVER_SMTP, s->smtp, s->nsmtp);
	put_addrs(out, LSA_SERVER_PEER, s->peer, s->npeer);
	for (size_t i = 0; i < s->nmark; i++) {
		hole = tlv_open(out, LSA_SERVER_MARK);
		buf_bytes(out, s->mark[i], CRYPTO_PUBLIC);
		buf_fill16(out, hole);
	}
	hole = tlv_open(out, LSA_SERVER_STATE);
	buf_u8(out, (uint8_t)s->state);
	buf_u64(out, s->drain_until);
	if (s->reason != NULL)
		buf_text(out, s->reason);
	buf_fill16(out, hole);
	lsa_write_put_texts(
	    out, LSA_SERVER_NEIGHBOUR, s->neighbours, s->nneighbours);
	lsa_write_put_texts(out, LSA_SERVER_MAIL_UP, s->mail_up, s->nmail_up);
	lsa_write_put_texts(
	    out, LSA_SERVER_MAIL_DOWN, s->mail_down, s->nmail_down);
	if (s->mta_down)
		buf_fill16(out, tlv_open(out, LSA_SERVER_MTA_DOWN));
	if (s->unasked)
		buf_fill16(out, tlv_open(out, LSA_SERVER_UNASKED));
	if (s->drain_who != NULL) {
		hole = tlv_open(out, LSA_SERVER_DRAINED);
		buf_u64(out, s->drain_since);
		buf_text(out, s->drain_who);
		buf_fill16(out, hole);
	}
	if (s->program != NULL)
		lsa_write_put_text(out, LSA_SERVER_PROGRAM, s->program);
	if (s->position.n == 2) {
		hole = tlv_open(out, LSA_SERVER_POSITION);
		buf_u32(out, (uint32_t)s->position.at[0]);
		buf_u32(out, (uint32_t)s->position.at[1]);
		buf_fill16(out, hole);
	}
	if (s->reads > 0) {
		hole = tlv_open(out, LSA_SERVER_READS);
		buf_u16(out, s->reads);
		buf_fill16(out, hole);
	}
}

static void
put_drains(struct buf *out, const struct lsa_connector *c)
{
	for (size_t i = 0; i < c->ndrains; i++) {
		const struct lsa_drain *d = &c->drains[i];
		size_t hole =
		    tlv_open(out, d->whole ? LSA_CONNECTOR_DRAINED
					   : LSA_CONNECTOR_DRAINED_TO);

		buf_u64(out, d->since);
		buf_u64(out, d->until);
		buf_text(out, d->text);
		buf_fill16(out, hole);
	}
}

void
lsa_connector_encode(struct buf *out, const struct lsa_connector *c)
{
	static const struct policy none;
	const struct policy *policy = c->policy == NULL ? &none : c->policy;
	size_t hole;

	lsa_write_put_text(out, LSA_CONNECTOR_GROUP, c->group);
	put_u8(out, LSA_CONNECTOR_STATE, (uint8_t)c->state);
	for (size_t i = 0; i < c->nbridgeheads; i++) {
		hole = tlv_open(out, LSA_CONNECTOR_BRIDGEHEAD);
		buf_u8(out, c->bridgeheads[i].up);
		buf_u32(out, c->bridgeheads[i].cost);
		buf_text(out, c->bridgeheads[i].name);
		buf_fill16(out, hole);
	}
	if (c->congestion > 0)
		put_u8(out, LSA_CONNECTOR_CONGESTION, c->congestion);
	if (policy->max_size > 0) {
		hole = tlv_open(out, LSA_CONNECTOR_SIZE);
		buf_u64(out, policy->max_size);
		buf_fill16(out, hole);
	}
	if (policy->priorities > 0)
		put_u8(out, LSA_CONNECTOR_PRIORITIES, policy->priorities);
	lsa_write_put_texts(
	    out, LSA_CONNECTOR_ALLOW, policy->allow, policy->nallow);
	lsa_write_put_texts(
	    out, LSA_CONNECTOR_DENY, policy->deny, policy->ndeny);
	if (policy->schedule != NULL)
		lsa_write_put_text(
		    out, LSA_CONNECTOR_SCHEDULE, policy->schedule);
	if (c->since != NULL)
		lsa_write_put_text(out, LSA_CONNECTOR_SINCE, c->since);
	if (policy->large_size > 0) {
		hole = tlv_open(out, LSA_CONNECTOR_LARGE);
		buf_u64(out, policy->large_size);
		buf_fill16(out, hole);
		lsa_write_put_text(
		    out, LSA_CONNECTOR_LARGE_SCHEDULE, policy->large_schedule);
	}
	put_drains(out, c);
}

void
lsa_space_encode(struct buf *out, const struct lsa_space *space)
{
	size_t hole = tlv_open(out, LSA_SPACE_COST);
	unsigned flags = 0;

	buf_u32(out, space->cost);
	buf_fill16(out, hole);
	flags |= space->down ? LSA_SPACE_DOWN : 0u;
	flags |= space->local ? LSA_SPACE_LOCAL : 0u;
	flags |= space->fallback ? LSA_SPACE_FALLBACK : 0u;
	flags |= space->relay ? LSA_SPACE_RELAY : 0u;
	put_u8(out, LSA_SPACE_FLAGS, (uint8_t)flags);
}

void
lsa_identity_encode(struct buf *out, const struct lsa_identity *identity)
{
	for (size_t i = 0; i < identity->ncerts; i++) {
		size_t hole = tlv_open(out, LSA_IDENTITY_CERT);

		buf_bytes(out, identity->cert[i], identity->cert_len[i]);
		buf_fill16(out, hole);
	}
}

void
lsa_revocation_encode(struct buf *out, uint64_t end, const char *server)
{
	size_t hole;

	if (end != 0) {
		hole = tlv_open(out, LSA_REVOCATION_END);
		buf_u64(out, end);
		buf_fill16(out, hole);
	}
	if (server != NULL) {
		hole = tlv_open(out, LSA_REVOCATION_SERVER);
		buf_text(out, server);
		buf_fill16(out, hole);
	}
}

void
lsa_rule_encode(struct buf *out, bool on)
{
	size_t hole = tlv_open(out, LSA_RULE_ON);

	buf_u8(out, on);
	buf_fill16(out, hole);
}

void
lsa_forget_encode(struct buf *out, uint32_t epoch)
{
	size_t hole = tlv_open(out, LSA_FORGET_EPOCH);

	buf_u32(out, epoch);
	buf_fill16(out, hole);
}
