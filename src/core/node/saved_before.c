#include "core/node/saved_before.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/accept.h"
#include "core/node/fx.h"
#include "core/node/node.h"

#define VERSION 2
#define VERSION_BEFORE 1

/* The number of LSAs that were refused. */
static size_t
lsas_read(struct engine *e, struct cur *in)
{
	uint32_t n = cur_u32(in);
	size_t bad = 0;

	for (uint32_t i = 0; i < n && !in->bad; i++) {
		struct cur one = cur_sub(in, cur_u32(in));

		bad += in->bad || accept_saved(e, one.p, one.left) != RC_OK;
	}
	return bad;
}

struct rib *
saved_before_rib(struct cur *in)
{
	struct rib *rib = mem_new(sizeof(*rib), 0, 0);
	uint32_t n;

	rib->generation = cur_u64(in);
	n = cur_u32(in);
	if (in->bad || n > LIMIT_LSDB_LSAS)
		n = 0;
	rib->routes = mem_new(0, n, sizeof(*rib->routes));
	while (rib->n < n && route_decode(in, &rib->routes[rib->n]) == RC_OK)
		rib->n++;
	if (in->bad || rib->n < n || rib->generation == 0) {
		rib_free(rib);
		return NULL;
	}
	return rib;
}

/* What a table of version 1 does not say itself. */
static void
leaving_read(struct engine *e, struct cur *in, struct rib *rib)
{
	uint32_t n = cur_u32(in);

	for (uint32_t i = 0; i < n && !in->bad && rib != NULL; i++) {
		struct cur text = cur_sub(in, cur_u16(in));
		uint32_t left = cur_u32(in);

		for (size_t k = 0; k < rib->n && !in->bad; k++) {
			struct route *r = &rib->routes[k];

			if (strlen(r->pattern) == text.left &&
			    memcmp(r->pattern, text.p, text.left) == 0)
				r->leaves = e->wall + left / 1000;
		}
	}
}

struct rib *
saved_before(struct engine *e, struct cur in)
{
	struct rib *rib;
	uint8_t version;
	size_t bad;

	version = cur_u8(&in);
	if (version != VERSION && version != VERSION_BEFORE) {
		fx_event(e, (struct event){ .kind = EVENT_RESTORED,
				.reason = rc_word(RC_VERSION) });
		return NULL;
	}
	bad = lsas_read(e, &in);
	rib = saved_before_rib(&in);
	if (version == VERSION_BEFORE)
		leaving_read(e, &in, rib);
	else if (rib != NULL && in.left > 0)
		(void)refusal_decode(
		    &e->evidence.refusals, &in, e->now, e->wall);
	fx_event(e, (struct event){ .kind = EVENT_RESTORED,
			.value = lsdb_count(&e->db),
			.total = bad });
	return rib;
}
