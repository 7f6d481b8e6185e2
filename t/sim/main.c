/*
 * main.c - plays scenes and says in TAP what holds.
 *
 *     sim                        every scene of the source, then a few seeds
 *     sim FILE.scene...          these scenes
 *     sim --seed N [--count M]   scenes drawn from the seeds N to N + M - 1
 *     sim --insiders [--seed N] [--count M]   the same, with a certified server
 *                                that means ill
 *     -v                         each input and event, as comments
 *
 * A scene is played twice, and both must leave the same trace.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "sys/command.h"
#include "t/sim/chance.h"
#include "t/sim/insider.h"
#include "t/sim/scene.h"

#define COUNT 10    /* seeds in "make check" */
#define INSIDERS 50 /* of those that mean ill */

struct options {
	uint64_t seed, count;
	bool chance, insiders, verbose;
};

static unsigned cases;
static bool all_well = true;

static void
say(bool ok, const char *what, const char *why)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++cases, what);
	if (why != NULL)
		printf("# %s\n", why);
	fflush(stdout);
	all_well &= ok;
}

static void
scene_case(const char *file, const struct options *options)
{
	const char *slash = strrchr(file, '/');
	char title[128] = "", what[256];
	uint64_t one = 0, two = 0;
	char *why, *again;

	why = scene_play(file, options->seed, options->verbose, title, &one);
	again = why == NULL
	            ? scene_play(file, options->seed, false, title, &two)
	            : NULL;
	snprintf(what, sizeof(what), "%.60s: %s",
	    slash == NULL ? file : slash + 1, title);
	if (why == NULL && one != two)
		say(false, what, "another trace from the same seed");
	else
		say(why == NULL, what, why);
	mem_free(why);
	mem_free(again);
}

static void
seed_case(uint64_t seed, const struct options *options)
{
	struct chance_result (*play)(uint64_t seed, bool verbose) =
	    options->insiders ? insider_play : chance_play;
	struct chance_result result = play(seed, options->verbose);
	char what[80];

	snprintf(what, sizeof(what), "%s %llu: %llu steps, trace %016llx",
	    options->insiders ? "insider" : "seed", (unsigned long long)seed,
	    (unsigned long long)result.steps, (unsigned long long)result.trace);
	if (result.failed == NULL && seed == options->seed) {
		struct chance_result again = play(seed, false);

		if (again.trace != result.trace)
			result.failed = mem_str("another trace when repeated");
		mem_free(again.failed);
	}
	say(result.failed == NULL, what, result.failed);
	mem_free(result.failed);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Everything as in "make check". */
static void
play_all(const struct options *options)
{
	const char *top = getenv("top_srcdir");
	struct options insiders = { .seed = 1, .insiders = true };
	VEC(char *) files = { 0 };
	char folder[512], path[1024];
	struct dirent *entry;
	DIR *dir;

	snprintf(
	    folder, sizeof(folder), "%s/t/sim/scenes", top == NULL ? "." : top);
	dir = opendir(folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const char *end = strrchr(entry->d_name, '.');

		if (end == NULL || strcmp(end, ".scene") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		vec_push(&files, mem_str(path));
	}
	if (dir != NULL)
		closedir(dir);
	printf("1..%zu\n", files.n + (size_t)options->count + INSIDERS);
	qsort(files.v, files.n, sizeof(*files.v), by_name);
	for (size_t i = 0; i < files.n; i++) {
		scene_case(files.v[i], options);
		mem_free(files.v[i]);
	}
	vec_done(&files);
	for (uint64_t i = 0; i < options->count; i++)
		seed_case(options->seed + i, options);
	for (uint64_t i = 0; i < INSIDERS; i++)
		seed_case(insiders.seed + i, &insiders);
}

static const struct command_option sim_options[] = {
	{ 's', "seed", "N", "draw scenes from the seeds N on" },
	{ 'n', "count", "M", "so many of them" },
	{ COMMAND_LONG, "insiders", NULL, "with a server that means ill" },
	{ 'v', "verbose", NULL, "each input and event, as comments" },
	{ 0, NULL, NULL, NULL },
};

static bool
sim_option_take(void *ctx, int option, const char *value)
{
	struct options *options = ctx;

	options->chance |= option != 'v';
	if (option == 's')
		options->seed = strtoull(value, NULL, 10);
	else if (option == 'n')
		options->count = strtoull(value, NULL, 10);
	else if (option == 'v')
		options->verbose = true;
	else
		options->insiders = true;
	return true;
}

static const struct command sim_command = {
	.name = "sim",
	.usage = "sim [-v] [--insiders] [--seed N] [--count M] [FILE.scene...]",
	.see = "See HACKING, 4.",
	.options = sim_options,
	.take = sim_option_take,
	.operands = true,
};

int
main(int argc, char **argv)
{
	struct options options = { .seed = 1, .count = COUNT };
	int status = command_read(&sim_command, &options, argc, argv);

	if (status >= 0)
		return status;
	if (optind < argc) {
		printf("1..%d\n", argc - optind);
		for (int i = optind; i < argc; i++)
			scene_case(argv[i], &options);
	} else if (options.chance) {
		printf("1..%llu\n", (unsigned long long)options.count);
		for (uint64_t i = 0; i < options.count; i++)
			seed_case(options.seed + i, &options);
	} else {
		play_all(&options);
	}
	return all_well ? 0 : 1;
}
