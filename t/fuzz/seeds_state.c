/*
 * seeds_state.c - what may stand behind the parts of a saved state: what changed
 * since, and what is none of it (core/node/saved.c).
 */

#include <string.h>

#include "core/lsa/lsa.h"
#include "core/view/rib.h"
#include "t/fuzz/seeds.h"

static void
item(struct buf *part, uint8_t kind, struct buf *body)
{
	buf_u8(part, kind);
	buf_u32(part, (uint32_t)body->n);
	buf_bytes(part, body->p, body->n);
	buf_done(body);
}

static void
gone(struct buf *part, const char *origin, const char *id, uint8_t type)
{
	struct buf body = { 0 };

	buf_u8(&body, type);
	buf_u8(&body, (uint8_t)strlen(origin));
	buf_text(&body, origin);
	buf_text(&body, id);
	item(part, 2, &body);
}

static void
table(struct buf *part, uint64_t generation, bool whole)
{
	struct buf body = { 0 };

	buf_u64(&body, generation);
	buf_u8(&body, whole);
	item(part, 3, &body);
}

static void
hold(struct buf *part, const char *pattern)
{
	static char name[64], why[] = "no path to paris";
	struct route route = {
		.pattern = name, .kind = ROUTE_HOLD, .reason = why
	};
	struct buf body = { 0 };

	strcpy(name, pattern);
	route_encode(&body, &route);
	item(part, 4, &body);
}

static void
state_put(const char *name, const struct buf *parts, struct buf *part)
{
	struct buf out = { 0 };

	buf_bytes(&out, parts->p, parts->n);
	buf_u32(&out, (uint32_t)part->n);
	buf_bytes(&out, part->p, part->n);
	buf_done(part);
	seeds_put("state", name, &out);
}

void
seeds_state(const struct buf *parts)
{
	struct buf part = { 0 }, body = { 0 };

	gone(&part, "p1.sim", "paris.example", LSA_SPACE);
	gone(&part, "p1.sim", "none.example", LSA_SPACE);
	hold(&part, "paris.example");
	hold(&part, "new.example");
	buf_text(&body, "new.example");
	item(&part, 5, &body);
	buf_text(&body, "none.example");
	item(&part, 5, &body);
	table(&part, 90, false);
	state_put("changes", parts, &part);
	hold(&part, "old.example");
	table(&part, 3, true);
	hold(&part, "paris.example");
	state_put("older-table", parts, &part);
	item(&part, 2, &body);
	item(&part, 3, &body);
	item(&part, 4, &body);
	item(&part, 99, &body);
	item(&part, 6, &body);
	item(&part, 8, &body);
	table(&part, UINT64_MAX, false);
	buf_u8(&part, 1);
	state_put("none-of-it", parts, &part);
}
