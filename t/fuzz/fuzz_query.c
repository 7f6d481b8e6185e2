/*
 * fuzz_query.c - what may be asked of the engine over the control socket, line
 * by line, and what a file of overrides may say. Whatever is asked: each answer
 * is JSON, line by line; what changes something and is asked again changes
 * nothing; a server killed right after an answer comes back with what it had
 * said yes to; and it publishes.
 */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pair.h"
#include "t/fuzz/pieces.h"

#define LINES 12

const unsigned fuzz_runs = 300;
PIECES(PIECES_LINES);

/* What it says became of it, or -1. */
static int
changed(const char *text)
{
	json_t *one = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	json_t *value = json_object_get(one, "changed");
	int is = value == NULL ? -1 : json_is_true(value);

	json_decref(one);
	return is;
}

static void
ask_twice(struct world *world, struct node *node, const char *line)
{
	int first;

	pair_lines_are_json(world_ask(world, node, line));
	first = changed(world_ask(world, node, line));
	FUZZ_CHECK(first != 1);
}

/* The number of what is said beside the configuration. */
static long long
overrides(struct world *world, struct node *node)
{
	json_t *status = json_loads(
	    world_ask(world, node, "status"), JSON_DISABLE_EOF_CHECK, NULL);
	long long n = json_integer_value(json_object_get(status, "overrides"));

	json_decref(status);
	return n;
}

static void
asked(struct world *world, struct node *node, const uint8_t *p, size_t n)
{
	char *text = mem_dup(p, n), *rest = text, *line;

	for (int i = 0; i < LINES && (line = strsep(&rest, "\n")) != NULL; i++)
		ask_twice(world, node, line);
	mem_free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct world *world = pair_new();
	struct node *node = &world->nodes[0];
	bool file = n > 0 && p[0] == 1; /* the version of the file */
	long long had;

	world->older = true;
	if (file) {
		node->disk[SAVE_OVERRIDES].p = mem_dup(p, n);
		node->disk[SAVE_OVERRIDES].n = n;
	}
	world_start(world, node, DISK_KEPT);
	world_start(world, &world->nodes[1], DISK_KEPT);
	world_run(world, 12000);
	if (!file)
		asked(world, node, p, n);
	world_run(world, 500);
	had = overrides(world, node);
	world_kill(world, node);
	world_start(world, node, DISK_KEPT);
	FUZZ_CHECK(file || overrides(world, node) <= had);
	world_run(world, 15000);
	FUZZ_CHECK(world->failed != NULL || node->table.n > 0);
	world_free(world);
	return 0;
}
