#include "core/node/room.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/fx.h"
#include "core/node/node.h"

/* The two accounts of an origin: its lists, and all else. */
struct room_bound {
	size_t n;
	uint64_t octets;
};

static const struct room_bound bounds[] = {
	{ LIMIT_ORIGIN_LSAS, LIMIT_ORIGIN_OCTETS },
	{ LIMIT_LIST_LSAS, LIMIT_LISTED_WEIGHT },
};

static bool
room_is_list(const struct lsa *lsa)
{
	return lsa->key.type == LSA_LIST;
}

static bool
fits(bool list, struct lsdb_use use)
{
	return use.n <= bounds[list].n && use.octets <= bounds[list].octets;
}

/* The next LSA of the origin on this account, from this one on; or NULL. */
static struct lsa *
of_origin(struct lsa *lsa, const char *origin, bool list)
{
	for (; lsa != NULL && strcmp(lsa->key.origin, origin) == 0;
	     lsa = lsdb_next(lsa))
		if (!lsa_is_authority(lsa) && room_is_list(lsa) == list)
			return lsa;
	return NULL;
}

struct lsa *
room_next(struct lsa *lsa)
{
	return of_origin(lsdb_next(lsa), lsa->key.origin, room_is_list(lsa));
}

static void
room_count(struct lsdb_use *use, const struct lsa *lsa)
{
	use->n++;
	use->octets += lsdb_takes(lsa);
}

/* Whether there is a place for it behind those that come before it. */
static int
room_place(const struct engine *e, const struct lsa *lsa)
{
	const char *origin = lsa->key.origin;
	bool list = room_is_list(lsa);
	struct lsa *l = of_origin(lsdb_origin(&e->db, origin), origin, list);
	struct lsdb_use use = { 0 };

	room_count(&use, lsa);
	for (; l != NULL && lsa_key_order(&l->key, &lsa->key) < 0;
	     l = room_next(l))
		room_count(&use, l);
	return fits(list, use) ? RC_OK : RC_LIMIT;
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
	struct lsdb_use use = { 0 };

	if (mine != NULL && lsa->len <= was &&
	    lsdb_takes(lsa) <= lsdb_takes(mine))
		return RC_OK;
	if (lsdb_count(&e->db) + more > LIMIT_LSDB_LSAS ||
	    e->db.octets + lsa->len - was > LIMIT_LSDB_OCTETS)
		return full(e);
	if (s == NULL)
		return RC_OK;
	use = room_is_list(lsa) ? s->lists : s->plain;
	use.n += more;
	use.octets += lsdb_takes(lsa) - (mine == NULL ? 0 : lsdb_takes(mine));
	return fits(room_is_list(lsa), use) ? RC_OK : room_place(e, lsa);
}

static struct lsa *
over_on(const struct engine *e, const struct lsdb_share *s, bool list)
{
	struct lsa *l =
	    of_origin(lsdb_origin(&e->db, s->origin), s->origin, list);
	struct lsdb_use use = { 0 };

	if (fits(list, list ? s->lists : s->plain))
		return NULL;
	for (; l != NULL; l = room_next(l)) {
		room_count(&use, l);
		if (!fits(list, use))
			return l;
	}
	return NULL;
}

struct lsa *
room_over(const struct engine *e, const char *origin)
{
	const struct lsdb_share *s = lsdb_share(&e->db, origin);
	struct lsa *l = s == NULL ? NULL : over_on(e, s, false);

	return l != NULL || s == NULL ? l : over_on(e, s, true);
}

/* --- before it is full --------------------------------------------------------- */

static unsigned
greater(uint64_t n, uint64_t of_n, uint64_t octets, uint64_t of_octets)
{
	uint64_t a = n * 100 / of_n, b = octets * 100 / of_octets;

	return (unsigned)(a > b ? a : b);
}

static unsigned
room_share(struct lsdb_use use, bool list)
{
	return greater(use.n, bounds[list].n, use.octets, bounds[list].octets);
}

unsigned
room_percent(const struct engine *e, const struct lsdb_share *s)
{
	unsigned plain, lists;

	if (s != NULL) {
		plain = room_share(s->plain, false);
		lists = room_share(s->lists, true);
		return plain > lists ? plain : lists;
	}
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
				.value = s->plain.n + s->lists.n,
				.total = s->plain.octets + s->lists.octets });
}
