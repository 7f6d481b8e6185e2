#include "t/sim/scene.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/sim/child.h"
#include "t/sim/post.h"
#include "t/sim/truth.h"

void
scene_fail(struct scene *scene, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	world_fail(scene->world, "%s", text);
}

void
scene_skip(struct scene *scene, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (scene->world->loose)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	world_fail(scene->world, "%s", text);
}

struct node *
scene_host(struct scene *scene, const char *name)
{
	struct node *node = world_find(scene->world, name);

	if (node == NULL)
		scene_fail(scene, "no host %s", name);
	return node;
}

bool
scene_in(const struct node *node, const char *set)
{
	while (*set != '\0') {
		size_t n = strcspn(set, ",");
		const char *name = node->name;

		if (n == 3 && strncmp(set, "all", n) == 0)
			return true;
		if (*set == '@') {
			set++;
			n--;
			name = node->conf.group;
		}
		if (strlen(name) == n && strncmp(set, name, n) == 0)
			return true;
		set += n + (set[n] == ',');
	}
	return false;
}

void
scene_each(struct scene *scene, const char *set,
    void (*act)(struct scene *scene, struct node *node))
{
	size_t done = 0;

	for (size_t i = 0; i < scene->world->n; i++) {
		struct node *node = &scene->world->nodes[i];

		if (!scene_in(node, set))
			continue;
		act(scene, node);
		done++;
	}
	if (done == 0)
		scene_skip(scene, "nobody is in %s", set);
}

const char *
scene_option(const struct scene *scene, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 1; i < scene->n; i++)
		if (strncmp(scene->word[i], key, n) == 0 &&
		    scene->word[i][n] == '=')
			return scene->word[i] + n + 1;
	return NULL;
}

bool
scene_has(const struct scene *scene, const char *word)
{
	for (size_t i = 1; i < scene->n; i++)
		if (strcmp(scene->word[i], word) == 0)
			return true;
	return false;
}

uint64_t
scene_time(const char *text)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 } };
	char *unit;
	uint64_t n = strtoull(text, &unit, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].unit) == 0)
			return n * units[i].ms;
	return 0;
}

struct traffic *
scene_traffic(struct scene *scene)
{
	if (scene->traffic == NULL)
		scene->traffic = traffic_new(scene->world);
	return scene->traffic;
}

/* What `watch` asked for, at every new table. */
static void
on_table(struct world *world, struct node *node)
{
	struct scene *scene = world->ctx;
	const struct mta_table *table = &node->table;

	for (size_t i = 0; scene->watch_holds && i < table->n; i++)
		if (table->routes[i].kind == ROUTE_HOLD)
			scene_fail(scene, "%s holds %s: %s", node->name,
			    table->routes[i].pattern, table->routes[i].reason);
	for (size_t k = 0; scene->watch_flows && k < world->n; k++) {
		struct node *from = &world->nodes[k], *where;

		for (size_t i = 0; i < from->table.n; i++) {
			const char *p = from->table.routes[i].pattern;

			if (from->host_up &&
			    !truth_flows(world, from, p, &where))
				scene_fail(scene,
				    "mail from %s for %s stops at %s",
				    from->name, p, where->name);
		}
	}
}

static const struct scene_verb *
verb_find(const struct scene_verb *verbs, const char *word)
{
	for (; verbs->word != NULL; verbs++)
		if (strcmp(verbs->word, word) == 0)
			return verbs;
	return NULL;
}

static void
line_play(struct scene *scene, char *line)
{
	const struct scene_verb *verb;
	char *rest = NULL;

	line[strcspn(line, "#\n")] = '\0';
	scene->n = 0;
	for (char *w = strtok_r(line, " \t", &rest); w != NULL;
	     w = strtok_r(NULL, " \t", &rest))
		if (scene->n < SCENE_WORDS)
			scene->word[scene->n++] = w;
	if (scene->n == 0)
		return;
	verb = verb_find(scene_actions, scene->word[0]);
	if (verb == NULL)
		verb = verb_find(scene_host_actions, scene->word[0]);
	if (verb == NULL)
		verb = verb_find(scene_faults, scene->word[0]);
	if (verb == NULL)
		verb = verb_find(scene_claims, scene->word[0]);
	if (verb == NULL) {
		scene_fail(scene, "what is %s?", scene->word[0]);
		return;
	}
	if (scene->n - 1 < verb->min || scene->n - 1 > verb->max) {
		scene_fail(scene, "%s takes %zu to %zu words", verb->word,
		    verb->min, verb->max);
		return;
	}
	verb->act(scene);
}

static void
lines_play(struct scene *scene, struct scene_run *run)
{
	char line[SCENE_LINE];

	while (scene->world->failed == NULL &&
	       fgets(line, sizeof(line), run->in) != NULL) {
		run->line = ++scene->line;
		run->ms = scene->world->now.ms;
		if (scene->line == 1 && strncmp(line, "# ", 2) == 0)
			snprintf(run->title, sizeof(run->title), "%.*s",
			    (int)strcspn(line + 2, "\n"), line + 2);
		line_play(scene, line);
	}
}

void
scene_run(struct scene_run *run)
{
	struct scene *scene = mem_new(sizeof(*scene), 0, 0);
	struct world *world = scene->world = world_new(run->seed);

	world->how = run->how;
	world->ctx = scene;
	world->on_table = on_table;
	if (run->in == NULL)
		scene_fail(scene, "cannot be read");
	else
		lines_play(scene, run);
	world_dump(world);
	run->failed = mem_str(world->failed);
	run->line = scene->line;
	run->ms = world->now.ms;
	run->trace = world->trace;
	run->steps = world->steps;
	run->letters = post_count(world);
	traffic_free(scene->traffic);
	world_free(world);
	mem_free(scene);
}

char *
scene_play(const char *file, uint64_t seed, enum world_how how, char title[128],
    uint64_t *trace)
{
	struct scene_run run = {
		.in = fopen(file, "r"), .seed = seed, .how = how
	};
	char text[700];

	child_run(&run);
	if (run.in != NULL)
		fclose(run.in);
	snprintf(title, sizeof(run.title), "%s", run.title);
	*trace = run.trace;
	if (run.failed == NULL)
		return NULL;
	snprintf(text, sizeof(text), "%s:%u: at %.3f s: %s", file, run.line,
	    (double)run.ms / 1000, run.failed);
	mem_free(run.failed);
	return mem_str(text);
}
