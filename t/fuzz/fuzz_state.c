/*
 * fuzz_state.c - the state file, once its digest was right: whatever stands
 * in it, the engine starts, runs and publishes. What it believes of a table
 * it once wrote itself is its own; what a peer could have put there was
 * judged before, and is judged again.
 */

#include "base/mem.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pair.h"

const unsigned fuzz_runs = 300;

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct world *world = pair_new();
	struct node *node = &world->nodes[0];

	world->older = true;
	node->disk[SAVE_STATE].p = mem_dup(p, n);
	node->disk[SAVE_STATE].n = n;
	world_start(world, node, DISK_KEPT);
	world_run(world, 15000);
	FUZZ_CHECK(world->failed != NULL || node->table.n > 0);
	world_free(world);
	return 0;
}
