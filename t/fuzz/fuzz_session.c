/*
 * fuzz_session.c - what peers with valid certificates may send: octets behind
 * a session that is FULL, into a real engine, and whole sessions of another
 * one, by the steps of stranger.h. Whatever they are, the rules of the simulator
 * hold; where that other one did nothing, a minute later both agree again.
 */

#include "t/fuzz/fuzz.h"
#include "t/fuzz/pair.h"
#include "t/fuzz/pieces.h"
#include "t/fuzz/stranger.h"
#include "t/sim/truth.h"

const unsigned fuzz_runs = 150;
PIECES(PIECES_FRAMES);

/* What shows all of what came. */
static const char *const shown[] = { "status", "peers", "links", "routes", "db",
	"db p1.sim", "export" };

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct world *world = pair_new();

	stranger_add(world);
	world_start(world, &world->nodes[0], DISK_KEPT);
	world_start(world, &world->nodes[1], DISK_KEPT);
	world_run(world, 3000);
	FUZZ_CHECK(world->failed == NULL);
	stranger_play(world, p, n);
	world_run(world, 60000);
	if (world->failed == NULL)
		truth_check(world);
	if (world->failed != NULL)
		fprintf(stderr, "%s\n", world->failed);
	FUZZ_CHECK(world->failed == NULL);
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		pair_lines_are_json(
		    world_ask(world, &world->nodes[0], shown[i]));
	world_free(world);
	return 0;
}
