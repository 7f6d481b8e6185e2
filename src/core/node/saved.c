#include "core/node/saved.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/accept.h"
#include "core/node/fx.h"
#include "core/node/node.h"

#define VERSION 2
#define VERSION_BEFORE 1

static void
rib_write(struct buf *out, const struct rib *rib)
{
	buf_u64(out, rib == NULL ? 0 : rib->generation);
	buf_u32(out, rib == NULL ? 0 : (uint32_t)rib->n);
	for (size_t i = 0; rib != NULL && i < rib->n; i++)
		route_encode(out, &rib->routes[i]);
}

void
engine_save(const struct engine *e, struct buf *out)
{
	buf_u8(out, VERSION);
	buf_u32(out, (uint32_t)lsdb_count(&e->db));
	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = lsdb_next(l)) {
		buf_u32(out, l->len);
		buf_bytes(out, l->octets, l->len);
	}
	rib_write(out, e->table.rib);
	refusal_encode(&e->evidence.refusals, e->now, e->wall, out);
}

void
saved_now(struct engine *e)
{
	if (!e->due.save)
		return;
	e->due.save = false;
	fx_add(
	    e, (struct effect){
		   .kind = FX_SAVE, .who = ++e->fx.saves, .what = SAVE_STATE });
}

void
saved_tick(struct engine *e)
{
	if (e->due.save && mono_due(e->due.save_at, e->now))
		saved_now(e);
	else if (e->due.save)
		fx_wake(e, e->due.save_at);
}

void
saved_restore_epoch(struct engine *e, const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n);
	uint32_t epoch = cur_u32(&in);

	if (!in.bad && in.left == 0)
		e->origin.epoch.now = epoch;
}

/* The number of LSAs that were refused. */
static size_t
lsas_read(struct engine *e, struct cur *in)
{
	uint32_t n = cur_u32(in);
	size_t bad = 0;

	for (uint32_t i = 0; i < n && !in->bad; i++) {
		struct cur one = cur_sub(in, cur_u32(in));

		bad += in->bad || !accept_saved(e, one.p, one.left);
	}
	return bad;
}

static struct rib *
rib_read(struct cur *in)
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

/* The newer one is the table, so its generation never goes back. */
static void
rib_restore(struct engine *e, struct rib *rib)
{
	if (rib == NULL)
		return;
	if (e->table.rib != NULL &&
	    e->table.rib->generation >= rib->generation) {
		rib_free(rib);
		return;
	}
	rib_free(e->table.rib);
	e->table.rib = rib;
	e->table.published_once = true;
}

void
saved_restore_table(struct engine *e, const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n);
	uint64_t noted;

	if (n == 0)
		return;
	rib_restore(e, rib_read(&in));
	noted = cur_u64(&in);
	if (!in.bad)
		e->table.noted = noted;
}

/* A newer table than any that is kept was published on a full disk: what it
 * said is lost, but its number is not given again. What no server could have
 * come to is a bad disk's, and no reason to begin at 0 some day. */
static void
number_restore(struct engine *e)
{
	struct rib *rib = e->table.rib;

	if (rib == NULL)
		return;
	if (rib->generation < e->table.noted &&
	    e->table.noted < LIMIT_GENERATION)
		rib->generation = e->table.noted + 1;
	if (rib->generation > LIMIT_GENERATION)
		rib->generation = LIMIT_GENERATION;
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

static void
saved_read(struct engine *e, const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n);
	struct rib *rib;
	uint8_t version;
	size_t bad;

	if (n == 0)
		return;
	version = cur_u8(&in);
	if (version != VERSION && version != VERSION_BEFORE) {
		fx_event(e, (struct event){ .kind = EVENT_RESTORED,
				.reason = rc_word(RC_VERSION) });
		return;
	}
	bad = lsas_read(e, &in);
	rib = rib_read(&in);
	if (version == VERSION_BEFORE)
		leaving_read(e, &in, rib);
	else if (rib != NULL && in.left > 0)
		(void)refusal_decode(
		    &e->evidence.refusals, &in, e->now, e->wall);
	rib_restore(e, rib);
	fx_event(e, (struct event){ .kind = EVENT_RESTORED,
			.value = lsdb_count(&e->db),
			.total = bad });
}

void
saved_restore(struct engine *e, const uint8_t *p, size_t n)
{
	saved_read(e, p, n);
	number_restore(e);
}
