#include "publish/wire.h"

#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "base/str.h"

#define BATCH_HEAD 21 /* generation, flags, items, since */
#define ITEM_HEAD 5   /* what, length */

enum item_what { ITEM_ROUTE = 1, ITEM_GONE };

static size_t
open_frame(struct buf *out, enum wire_type type)
{
	size_t hole = buf_hole32(out);

	buf_u8(out, (uint8_t)type);
	return hole;
}

/* As buf_fill32(), with a number of our own. */
static void
wire_fill(struct buf *out, size_t hole, size_t n)
{
	for (unsigned i = 0; i < 4; i++)
		out->p[hole - 4 + i] = (uint8_t)(n >> (24 - 8 * i));
}

/* The length counts the body alone. */
static void
close_frame(struct buf *out, size_t hole)
{
	size_t n = out->n - hole - 1;

	CHECK(n <= WIRE_BODY_MAX);
	wire_fill(out, hole, n);
}

int
wire_frame(const struct cur *in, struct wire_frame *out)
{
	struct cur c = *in;
	uint32_t n = cur_u32(&c);
	uint8_t type = cur_u8(&c);

	if (c.bad)
		return RC_SHORT;
	if (n > WIRE_BODY_MAX)
		return RC_LONG;
	if (type < WIRE_SETUP || type > WIRE_TABLE)
		return RC_RANGE;
	if (c.left < n)
		return RC_SHORT;
	out->type = (enum wire_type)type;
	out->body = cur_sub(&c, n);
	out->octets = WIRE_HEAD + n;
	return RC_OK;
}

static void
put_text8(struct buf *out, const char *s)
{
	size_t n = strlen(s);

	CHECK(n < 256);
	buf_u8(out, (uint8_t)n);
	buf_bytes(out, s, n);
}

/* Into room octets, NUL included. */
static void
get_text8(struct cur *in, char *out, size_t room)
{
	uint8_t n = cur_u8(in);
	const uint8_t *p = cur_bytes(in, n);

	out[0] = '\0';
	if (in->bad || n >= room || (n > 0 && memchr(p, 0, n) != NULL)) {
		in->bad = true;
		return;
	}
	memcpy(out, p, n);
	out[n] = '\0';
}

void
wire_put_setup(struct buf *out, const struct plugin_setup *setup)
{
	size_t frame = open_frame(out, WIRE_SETUP);

	CHECK(setup->nown <= PLUGIN_OWN_MAX);
	put_text8(out, setup->transport);
	put_text8(out, setup->hold);
	buf_u8(out, setup->by_name);
	buf_u8(out, setup->lab);
	buf_u8(out, (uint8_t)setup->nown);
	for (size_t i = 0; i < setup->nown; i++) {
		buf_u8(out, setup->own[i].family);
		buf_bytes(out, setup->own[i].ip, sizeof(setup->own[i].ip));
		buf_u16(out, setup->own[i].port);
	}
	close_frame(out, frame);
}

static void
wire_get_addr(struct cur *in, struct addr *addr)
{
	const uint8_t *ip;

	addr->family = cur_u8(in);
	ip = cur_bytes(in, sizeof(addr->ip));
	if (!in->bad)
		memcpy(addr->ip, ip, sizeof(addr->ip));
	addr->port = cur_u16(in);
}

int
wire_get_setup(struct cur body, struct plugin_setup *setup)
{
	uint8_t by_name, lab, nown;

	*setup = (struct plugin_setup){ 0 };
	get_text8(&body, setup->transport, sizeof(setup->transport));
	get_text8(&body, setup->hold, sizeof(setup->hold));
	by_name = cur_u8(&body);
	lab = cur_u8(&body);
	nown = cur_u8(&body);
	if (body.bad)
		return RC_SHORT;
	if (by_name > 1 || lab > 1 || nown > PLUGIN_OWN_MAX)
		return RC_RANGE;
	setup->by_name = by_name;
	setup->lab = lab;
	setup->nown = nown;
	for (size_t i = 0; i < nown; i++)
		wire_get_addr(&body, &setup->own[i]);
	if (body.bad)
		return RC_SHORT;
	return body.left == 0 ? RC_OK : RC_LONG;
}

void
wire_put_phase(struct buf *out, enum plugin_phase phase)
{
	size_t frame = open_frame(out, WIRE_PHASE);

	buf_u8(out, (uint8_t)phase);
	close_frame(out, frame);
}

int
wire_get_phase(struct cur body, enum plugin_phase *phase)
{
	uint8_t p = cur_u8(&body);

	*phase = PLUGIN_WORKING;
	if (body.bad)
		return RC_SHORT;
	if (p > PLUGIN_UNLOCKED)
		return RC_RANGE;
	*phase = (enum plugin_phase)p;
	return body.left == 0 ? RC_OK : RC_LONG;
}

void
wire_put_ack(struct buf *out, const struct wire_ack *ack)
{
	size_t frame = open_frame(out, WIRE_ACK);

	buf_u64(out, ack->generation);
	buf_u8(out, (uint8_t)-ack->result);
	buf_u16(out, (uint16_t)ack->error);
	buf_u8(out, (uint8_t)(ack->copy_behind | ack->made << 1));
	buf_u32(out, ack->keys);
	buf_u32(out, ack->locks);
	buf_u32(out, ack->max_us);
	close_frame(out, frame);
}

int
wire_get_ack(struct cur body, struct wire_ack *ack)
{
	uint8_t flags;

	ack->generation = cur_u64(&body);
	ack->result = -(int)cur_u8(&body);
	ack->error = cur_u16(&body);
	flags = cur_u8(&body);
	ack->copy_behind = (flags & 1) != 0;
	ack->made = (flags & 2) != 0;
	ack->keys = cur_u32(&body);
	ack->locks = cur_u32(&body);
	ack->max_us = cur_u32(&body);
	if (body.bad)
		return RC_SHORT;
	return body.left == 0 ? RC_OK : RC_LONG;
}

static void
put_part(struct buf *out, enum mtable_part part, struct cur in)
{
	const size_t room = WIRE_BODY_MAX - 2;
	size_t n;

	do {
		size_t frame = open_frame(out, WIRE_ANNEX);

		n = in.left < room ? in.left : room;
		buf_u8(out, in.left > n ? WIRE_MORE : 0);
		buf_u8(out, (uint8_t)part);
		buf_bytes(out, cur_bytes(&in, n), n);
		close_frame(out, frame);
	} while (in.left > 0);
}

void
wire_put_annex(
    struct buf *out, const struct mtable_annex *annex, unsigned parts)
{
	static const enum mtable_part order[] = { MTABLE_KEYS, MTABLE_NET,
		MTABLE_HEAD };

	for (size_t i = 0; i < MTABLE_PARTS; i++)
		if ((parts & 1u << order[i]) != 0)
			put_part(
			    out, order[i], mtable_annex_part(annex, order[i]));
}

int
wire_get_annex(struct cur *body, enum mtable_part *part, bool *more)
{
	uint8_t flags = cur_u8(body), which = cur_u8(body);

	*more = flags == WIRE_MORE;
	*part = MTABLE_HEAD;
	if (body->bad)
		return RC_SHORT;
	if (which >= MTABLE_PARTS || (flags != 0 && !*more))
		return RC_RANGE;
	*part = (enum mtable_part)which;
	return RC_OK;
}

void
wire_put_table(struct buf *out, const struct wire_table *table)
{
	size_t frame = open_frame(out, WIRE_TABLE);

	buf_u64(out, table->generation);
	buf_u8(out, (uint8_t)-table->result);
	buf_u16(out, (uint16_t)table->error);
	buf_u32(out, table->ms);
	close_frame(out, frame);
}

int
wire_get_table(struct cur body, struct wire_table *table)
{
	table->generation = cur_u64(&body);
	table->result = -(int)cur_u8(&body);
	table->error = cur_u16(&body);
	table->ms = cur_u32(&body);
	if (body.bad)
		return RC_SHORT;
	return body.left == 0 ? RC_OK : RC_LONG;
}

static void
open_batch(struct wire_writer *w)
{
	w->frame = open_frame(w->out, WIRE_BATCH);
	buf_u64(w->out, w->head.generation);
	w->flags_at = w->out->n;
	buf_u8(w->out, (uint8_t)w->head.flags);
	w->items_at = buf_hole32(w->out);
	if ((w->head.flags & WIRE_SINCE) != 0)
		buf_u64(w->out, w->head.since);
	w->head.items = 0;
}

static void
close_batch(struct wire_writer *w, bool more)
{
	if (more)
		w->out->p[w->flags_at] |= WIRE_MORE;
	wire_fill(w->out, w->items_at, w->head.items);
	close_frame(w->out, w->frame);
}

void
wire_begin(
    struct wire_writer *w, struct buf *out, uint64_t generation, uint64_t since)
{
	*w = (struct wire_writer){ .out = out };
	w->head.generation = generation;
	w->head.since = since;
	w->head.flags = since == 0 ? WIRE_WHOLE : WIRE_SINCE;
	open_batch(w);
}

static void
wire_put_item(
    struct wire_writer *w, enum item_what what, const uint8_t *p, size_t n)
{
	size_t used = w->out->n - w->frame - 1;

	CHECK(n <= WIRE_BODY_MAX - BATCH_HEAD - ITEM_HEAD);
	if (used + ITEM_HEAD + n > WIRE_BODY_MAX) {
		close_batch(w, true);
		open_batch(w);
	}
	buf_u8(w->out, (uint8_t)what);
	buf_u32(w->out, (uint32_t)n);
	buf_bytes(w->out, p, n);
	w->head.items++;
}

void
wire_set_octets(struct wire_writer *w, const uint8_t *p, size_t n)
{
	wire_put_item(w, ITEM_ROUTE, p, n);
}

void
wire_set(struct wire_writer *w, const struct route *route)
{
	buf_reset(&w->item);
	route_encode(&w->item, route);
	wire_set_octets(w, w->item.p, w->item.n);
}

void
wire_gone(struct wire_writer *w, const char *pattern)
{
	wire_put_item(w, ITEM_GONE, (const uint8_t *)pattern, strlen(pattern));
}

void
wire_end(struct wire_writer *w)
{
	close_batch(w, false);
	buf_done(&w->item);
}

int
wire_get_batch(struct cur *body, struct wire_batch *batch)
{
	batch->generation = cur_u64(body);
	batch->flags = cur_u8(body);
	batch->items = cur_u32(body);
	if (body->bad)
		return RC_SHORT;
	if ((batch->flags & ~(unsigned)(WIRE_WHOLE | WIRE_MORE | WIRE_SINCE)) !=
		0 ||
	    (batch->flags & (WIRE_WHOLE | WIRE_SINCE)) ==
		(WIRE_WHOLE | WIRE_SINCE))
		return RC_RANGE;
	batch->since = (batch->flags & WIRE_SINCE) != 0 ? cur_u64(body) : 0;
	if (body->bad)
		return RC_SHORT;
	return batch->items <= body->left / ITEM_HEAD ? RC_OK : RC_LONG;
}

int
wire_get_item(struct cur *body, struct wire_item *item)
{
	uint8_t what = cur_u8(body);
	uint32_t n = cur_u32(body);
	const uint8_t *p = cur_bytes(body, n);

	*item = (struct wire_item){ 0 };
	if (body->bad)
		return RC_SHORT;
	if (what == ITEM_ROUTE) {
		item->route = p;
		item->route_len = n;
		return n > 0 ? RC_OK : RC_RANGE;
	}
	if (what != ITEM_GONE)
		return RC_RANGE;
	if (n >= sizeof(item->pattern))
		return RC_LONG;
	memcpy(item->pattern, p, n);
	return strlen(item->pattern) == n && str_is_pattern(item->pattern)
	           ? RC_OK
	           : RC_NAME;
}
