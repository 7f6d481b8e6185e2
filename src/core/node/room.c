#include "core/node/room.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/fx.h"
#include "core/node/node.h"

static bool
fits(size_t n, uint64_t octets)
{
	return n <= LIMIT_ORIGIN_LSAS && octets <= LIMIT_ORIGIN_OCTETS;
}

/* The next LSA of the origin itself, from this one on; or NULL. */
static struct lsa *
of_origin(struct lsa *lsa, const char *origin)
{
	for (; lsa != NULL && strcmp(lsa->key.origin, origin) == 0;
	     lsa = lsdb_next(lsa))
		if (lsa->key.type != LSA_FORGET)
			return lsa;
	return NULL;
}

struct lsa *
room_next(struct lsa *lsa)
{
	return of_origin(lsdb_next(lsa), lsa->key.origin);
}

/* Whether there is a place for it behind those that come before it. */
static int
room_place(const struct engine *e, const struct lsa *lsa)
{
	const char *origin = lsa->key.origin;
	struct lsa *l = of_origin(lsdb_origin(&e->db, origin), origin);
	uint64_t octets = lsa->len;
	size_t n = 1;

	for (; l != NULL && lsa_key_order(&l->key, &lsa->key) < 0;
	     l = room_next(l)) {
		octets += l->len;
		n++;
	}
	return fits(n, octets) ? RC_OK : RC_LIMIT;
}

static int
full(struct engine *e)
{
	fx_event(e, (struct event){ .kind = EVENT_LSDB_FULL,
			.value = lsdb_count(&e->db),
			.total = e->db.octets });
	return RC_LIMIT;
}

int
room_judge(struct engine *e, const struct lsa *lsa)
{
	const struct lsa *mine = lsdb_find(&e->db, &lsa->key);
	const struct lsdb_share *s = lsdb_share(&e->db, lsa->key.origin);
	size_t more = mine == NULL ? 1 : 0;
	uint64_t was = mine == NULL ? 0 : mine->len;

	if (mine != NULL && lsa->len <= was)
		return RC_OK;
	if (lsdb_count(&e->db) + more > LIMIT_LSDB_LSAS ||
	    e->db.octets + lsa->len - was > LIMIT_LSDB_OCTETS)
		return full(e);
	if (s == NULL || fits(s->n + more, s->octets + lsa->len - was))
		return RC_OK;
	return room_place(e, lsa);
}

struct lsa *
room_over(const struct engine *e, const char *origin)
{
	const struct lsdb_share *s = lsdb_share(&e->db, origin);
	struct lsa *l = of_origin(lsdb_origin(&e->db, origin), origin);
	uint64_t octets = 0;
	size_t n = 0;

	if (s == NULL || fits(s->n, s->octets))
		return NULL;
	for (; l != NULL; l = room_next(l)) {
		octets += l->len;
		if (!fits(++n, octets))
			return l;
	}
	return NULL;
}

/* --- before it is full --------------------------------------------------------- */

static unsigned
greater(uint64_t n, uint64_t of_n, uint64_t octets, uint64_t of_octets)
{
	uint64_t a = n * 100 / of_n, b = octets * 100 / of_octets;

	return (unsigned)(a > b ? a : b);
}

unsigned
room_percent(const struct engine *e, const struct lsdb_share *s)
{
	if (s != NULL)
		return greater(
		    s->n, LIMIT_ORIGIN_LSAS, s->octets, LIMIT_ORIGIN_OCTETS);
	return greater(lsdb_count(&e->db), LIMIT_LSDB_LSAS, e->db.octets,
	    LIMIT_LSDB_OCTETS);
}

struct room_use
room_use(const struct engine *e, const char *origin)
{
	const struct lsdb_share *s = lsdb_share(&e->db, origin);

	return (struct room_use){ room_percent(e, NULL),
		s == NULL ? 0 : room_percent(e, s) };
}

void
room_look(struct engine *e, const char *origin, struct room_use was)
{
	const struct lsdb_share *s = lsdb_share(&e->db, origin);
	struct room_use now = room_use(e, origin);

	if (now.all >= LIMIT_FILLING_PERCENT && was.all < LIMIT_FILLING_PERCENT)
		fx_event(e, (struct event){ .kind = EVENT_LSDB_FILLING,
				.value = lsdb_count(&e->db),
				.total = e->db.octets });
	if (now.one >= LIMIT_FILLING_PERCENT && was.one < LIMIT_FILLING_PERCENT)
		fx_event(e, (struct event){ .kind = EVENT_LSDB_FILLING,
				.origin = s->origin,
				.value = s->n,
				.total = s->octets });
}
