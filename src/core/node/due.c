#include "core/node/due.h"

#include "core/node/fx.h"
#include "core/node/node.h"

/*
 * RFC 8405: the first run at once, then after SHORT while we learn, then
 * after LONG until it is quiet. A run costs about 0.01 ms a server, so both
 * grow with the database: 20 and 100 ms in a small one, 160 ms and 1.1 s
 * with the LSAs of 10 000 servers.
 */
#define LEARN_MS 2000
#define QUIET_MS 5000

/*
 * Written so long after a change, and not again before as long has passed;
 * what a crash loses of it the peers have. Where so many changed that the
 * whole is written, it is so much longer for each octet: a database of any
 * size is at most 1 MB/s to the disk.
 */
#define SAVE_MS 3000
#define SAVE_OCTETS_A_MS 1000
#define SAVE_MOST 4096

/*
 * One event comes as several: four sessions are reset by what is one reset for
 * us, and each would take a token of the same LSA, the fourth to wait five
 * seconds for it. Long enough for what one turn of the loop after another
 * brings, and for probes of the same round trip; far less than what any of
 * these takes to be noticed.
 */
#define GATHER_MS 10

void
due_say(struct engine *e)
{
	e->due.say_at = mono_min(e->due.say_at, mono_after(e->now, GATHER_MS));
	fx_wake(e, e->due.say_at);
}

static uint64_t
short_ms(const struct engine *e)
{
	return 20 + lsdb_count(&e->db) / 500;
}

static uint64_t
long_ms(const struct engine *e)
{
	return 100 + lsdb_count(&e->db) / 70;
}

void
due_compute(struct engine *e)
{
	uint64_t delay = 0;

	if (e->due.compute)
		return;
	e->due.compute = true;
	if (mono_due(e->due.quiet_at, e->now)) {
		e->due.learn_until = mono_after(e->now, LEARN_MS);
	} else {
		delay = mono_due(e->due.learn_until, e->now) ? long_ms(e)
		                                             : short_ms(e);
	}
	e->due.quiet_at = mono_after(e->now, QUIET_MS);
	e->due.compute_at = mono_after(e->now, delay);
	fx_wake(e, e->due.compute_at);
}

struct mono
due_compute_at(const struct engine *e)
{
	struct mono at = e->due.compute_at, say = e->due.say_at;

	return say.ms != MONO_NEVER.ms && mono_due(at, say) ? say : at;
}

bool
due_is_early(const struct engine *e)
{
	return e->due.early_until.ms != MONO_NEVER.ms &&
	       !mono_due(e->due.early_until, e->now);
}

void
due_save(struct engine *e)
{
	if (e->due.save || e->phase == PHASE_BOOT)
		return;
	e->due.save = true;
	e->due.save_at = mono_after(e->now, SAVE_MS);
}

/* Names are kept until they are saved, and no more than SAVE_MOST. */
static void
due_changed(struct engine *e, struct keyset *set, const struct lsa_key *key)
{
	due_save(e);
	if (e->phase == PHASE_BOOT || e->due.save_whole)
		return;
	keyset_add(set, key);
	if (set->tree.n <= SAVE_MOST)
		return;
	e->due.save_whole = true;
	e->due.save_at =
	    mono_after(e->due.save_at, e->db.octets / SAVE_OCTETS_A_MS);
}

void
due_save_lsa(struct engine *e, const struct lsa_key *key)
{
	due_changed(e, &e->due.lsas, key);
}

void
due_save_route(struct engine *e, const char *pattern)
{
	due_changed(e, &e->due.routes, &(struct lsa_key){ "", pattern, 0 });
}

void
due_save_anew(struct engine *e)
{
	due_save(e);
	e->due.save_whole = e->due.save;
}

void
due_saved(struct engine *e)
{
	keyset_done(&e->due.lsas);
	keyset_done(&e->due.routes);
	e->due.save = e->due.save_whole = false;
}

void
due_peers(struct engine *e, struct mono at)
{
	e->due.peers_at = mono_min(e->due.peers_at, at);
}

void
due_peers_soon(struct engine *e)
{
	due_peers(e, mono_after(e->now, GATHER_MS));
}
