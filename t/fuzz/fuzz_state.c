/*
 * fuzz_state.c - the state, in the parts of a journal or, where it does not
 * begin with 0, as in the file of before, once its digest was right: whatever
 * stands in it, the engine starts, runs and publishes. What it believes of a
 * table it once wrote itself is its own; what a peer could have put there was
 * judged before, and is judged again where it is not certain that we wrote it.
 */

#include "base/mem.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pair.h"
#include "t/fuzz/pieces.h"
#include "t/sim/disk.h"
#include "t/sim/plan.h"

const unsigned fuzz_runs = 300;
PIECES(PIECES_SAVED);

/* What lies beside it: an epoch, and the publisher's copy of a table, which was
 * followed by newer ones that nothing has. */
static void
beside(struct world *world, struct node *node)
{
	static const uint8_t epoch[] = { 0, 0, 0, 9 };
	struct route route = { .pattern = world_text(world, "paris.example"),
		.kind = ROUTE_HOLD,
		.reason = world_text(world, "no path to paris") };

	node->disk[SAVE_EPOCH].p = mem_dup(epoch, sizeof(epoch));
	node->disk[SAVE_EPOCH].n = sizeof(epoch);
	mta_table_room(&node->copy, 1);
	route_copy(&node->copy.routes[0], &route);
	node->copy.n = 1;
	node->copy.generation = 4;
	node->noted = 6;
}

static void
start_on(const uint8_t *p, size_t n, bool ours)
{
	struct world *world = pair_new();
	struct node *node = &world->nodes[0];

	world->older = world->loose = true;
	node->conf.authority.second.given = true;
	if (ours)
		beside(world, node);
	node->file_of_before = n > 0 && p[0] != 0;
	node->disk_key = ours ? node->key : node->key + 1;
	node->disk[SAVE_STATE].p = mem_dup(p, n);
	node->disk[SAVE_STATE].n = n;
	world_start(world, node, DISK_KEPT);
	world_run(world, 15000);
	FUZZ_CHECK(world->failed != NULL || node->table.n > 0);
	/* what leaves the database leaves the disk, and whoever starts on that
	 * has a table, too */
	plan_forget(world, &world->nodes[1], node);
	world_run(world, 2000);
	world_kill(world, node);
	world_start(world, node, DISK_KEPT);
	world_run(world, 12000);
	FUZZ_CHECK(world->failed != NULL || node->table.n > 0);
	world_free(world);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	start_on(p, n, true);
	start_on(p, n, false);
	return 0;
}
