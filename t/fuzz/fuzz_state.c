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

const unsigned fuzz_runs = 300;

static void
start_on(const uint8_t *p, size_t n, bool ours)
{
	struct world *world = pair_new();
	struct node *node = &world->nodes[0];

	world->older = true;
	node->file_of_before = n > 0 && p[0] != 0;
	node->disk_key = ours ? node->key : node->key + 1;
	node->disk[SAVE_STATE].p = mem_dup(p, n);
	node->disk[SAVE_STATE].n = n;
	world_start(world, node, DISK_KEPT);
	world_run(world, 15000);
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
