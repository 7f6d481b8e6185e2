#include "t/fuzz/pair.h"

#include <jansson.h>
#include <string.h>

#include "t/fuzz/fuzz.h"
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

void
pair_lines_are_json(const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		json_t *one = json_loadb(text, n, 0, NULL);

		if (one == NULL)
			fprintf(stderr, "no JSON: %.*s\n", (int)n, text);
		FUZZ_CHECK(one != NULL);
		json_decref(one);
		for (size_t i = 0; i < n; i++)
			FUZZ_CHECK(
			    (unsigned char)text[i] >= ' ' && text[i] != 0x7f);
		text += n + (text[n] != '\0');
	}
}
