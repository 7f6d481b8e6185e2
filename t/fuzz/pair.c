#include "t/fuzz/pair.h"

#include "t/sim/plan.h"

struct world *
pair_new(void)
{
	struct setup_space space = { .relay = true };
	struct world *world = world_new(1);
	struct node *a = plan_host(world, "l1", "london");
	struct node *b = plan_host(world, "p1", "paris");

	plan_connector(a, "london-paris", "paris");
	plan_bridgehead(a, "london-paris", b, 10);
	plan_connector(b, "paris-london", "london");
	plan_bridgehead(b, "paris-london", a, 10);
	plan_peers(a, b);
	space.pattern = world_text(world, "london.example");
	plan_space(a, &space);
	space.pattern = world_text(world, "paris.example");
	plan_space(b, &space);
	return world;
}
