/*
 * main.c - plays scenes and says in TAP what holds.
 *
 *     sim                        every scene of the source, then a few seeds
 *     sim FILE.scene...          these scenes
 *     sim --seed N [--count M]   scenes drawn from the seeds N to N + M - 1
 *     sim --insiders [--seed N] [--count M]   the same, with a certified server
 *                                that means ill
 *     sim --swarm [--seed N] [--count M] [--seconds S] [--file F]   scenes of
 *                                the whole language (swarm.h); one that fails is
 *                                made short and written to swarm-SEED.scene;
 *                                what F has is not played again (hunt.h)
 *     sim --print --seed N       such a scene, without playing it
 *     -f                         views that follow changes are compared with
 *                                whole ones, after every step (rule.h)
 *     -v                         each input and event, as comments
 *
 * A scene is played twice, and both must leave the same trace.
 *
 * Of several cases each processor's process plays the next that nobody plays;
 * they come in the order in which they end, and so without numbers.
 */

#include <dirent.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "sys/command.h"
#include "t/sim/chance.h"
#include "t/sim/hunt.h"
#include "t/sim/insider.h"
#include "t/sim/scene.h"

#define COUNT 10    /* seeds in "make check" */
#define INSIDERS 50 /* of those that mean ill */
#define FOREVER 1000000000
#define SWARM 50 /* of the whole language */

struct options {
	uint64_t seed, count;
	uint64_t seconds; /* no new case after these; 0: as many as count */
	uint64_t jobs;    /* processes; 0: as many as processors */
	bool chance, insiders, swarm, print;
	enum world_how how;
	const char *file; /* of batches that the swarm has played */
};

/* What is played, in this order: files, seeds, seeds of insiders, the swarm's. */
struct cases {
	VEC(char *) files;
	const struct options *options;
	uint64_t seeds, insiders;
	struct hunt *hunt; /* NULL: no swarm */
};

static bool all_well = true;

/* One write, so that lines of several processes do not mix. */
static void
say(bool ok, const char *what, const char *why)
{
	printf("%sok - %s\n%s%s%s", ok ? "" : "not ", what,
	    why == NULL ? "" : "# ", why == NULL ? "" : why,
	    why == NULL ? "" : "\n");
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

	why = scene_play(file, options->seed, options->how, title, &one);
	again = why == NULL ? scene_play(file, options->seed, 0, title, &two)
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
	struct chance_result (*play)(uint64_t seed, enum world_how how) =
	    options->insiders ? insider_play : chance_play;
	struct chance_result result = play(seed, options->how);
	char what[80];

	snprintf(what, sizeof(what), "%s %llu: %llu steps, trace %016llx",
	    options->insiders ? "insider" : "seed", (unsigned long long)seed,
	    (unsigned long long)result.steps, (unsigned long long)result.trace);
	if (result.failed == NULL && seed == options->seed) {
		struct chance_result again = play(seed, 0);

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

/* Every scene of the source. */
static void
cases_find(struct cases *cases)
{
	const char *top = getenv("top_srcdir");
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
		vec_push(&cases->files, mem_str(path));
	}
	if (dir != NULL)
		closedir(dir);
	qsort(cases->files.v, cases->files.n, sizeof(*cases->files.v), by_name);
}

static size_t
cases_count(const struct cases *cases)
{
	return cases->files.n + (size_t)(cases->seeds + cases->insiders) +
	       (cases->hunt == NULL ? 0 : hunt_batches(cases->hunt));
}

static void
cases_play(const struct cases *cases, size_t i)
{
	struct options options = *cases->options;

	if (i < cases->files.n) {
		scene_case(cases->files.v[i], &options);
		return;
	}
	i -= cases->files.n;
	options.insiders = i >= cases->seeds;
	i -= options.insiders ? cases->seeds : 0;
	if (!options.insiders || i < cases->insiders)
		seed_case(options.seed + i, &options);
	else
		all_well &= hunt_play(cases->hunt, i - cases->insiders);
}

/* The processes share one number: that of the next case. */
static void
cases_share(const struct cases *cases, atomic_size_t *next)
{
	size_t i, n = cases_count(cases);
	time_t until = time(NULL) + (time_t)cases->options->seconds;

	while ((i = atomic_fetch_add(next, 1)) < n &&
	       (cases->options->seconds == 0 || time(NULL) < until))
		cases_play(cases, i);
}

/* Each of them says itself what is not well; here it is whether one did, or
 * did not come to its end. */
static void
cases_all(const struct cases *cases)
{
	long processes = cases->options->how & WORLD_VERBOSE ? 1
	                 : cases->options->jobs > 0
	                     ? (long)cases->options->jobs
	                     : sysconf(_SC_NPROCESSORS_ONLN);
	atomic_size_t *next = mmap(NULL, sizeof(*next), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	if (next == MAP_FAILED)
		abort();
	if (cases->options->seconds == 0)
		printf("1..%zu\n", cases_count(cases));
	fflush(stdout);
	for (long i = 1; i < processes; i++)
		if (fork() == 0) {
			cases_share(cases, next);
			exit(all_well ? 0 : 1);
		}
	cases_share(cases, next);
	while (wait(&status) > 0)
		all_well &= status == 0;
	munmap(next, sizeof(*next));
}

/* Those of one kind alone. */
static void
cases_chance(struct cases *cases, struct options *options)
{
	if (options->seconds > 0)
		options->count = FOREVER;
	if (options->swarm)
		cases->hunt = hunt_new(
		    options->file, options->seed, options->count, options->how);
	else if (options->insiders)
		cases->insiders = options->count;
	else
		cases->seeds = options->count;
}

static const struct command_option sim_options[] = {
	{ 's', "seed", "N", "draw scenes from the seeds N on" },
	{ 'n', "count", "M", "so many of them" },
	{ COMMAND_LONG, "insiders", NULL, "with a server that means ill" },
	{ COMMAND_LONG + 1, "swarm", NULL, "of the whole language of scenes" },
	{ COMMAND_LONG + 2, "print", NULL, "such a scene, without playing it" },
	{ 't', "seconds", "S", "begin none after so long" },
	{ COMMAND_LONG + 3, "file", "F", "the swarm goes on where it was" },
	{ 'j', "jobs", "N", "in so many processes" },
	{ 'f', "follow", NULL, "compare what follows with what reads all" },
	{ 'v', "verbose", NULL, "each input and event, as comments" },
	{ 0, NULL, NULL, NULL },
};

static bool
sim_option_take(void *ctx, int option, const char *value)
{
	struct options *options = ctx;

	options->chance |= option != 'v' && option != 'f' && option != 'j';
	if (option == 's')
		options->seed = strtoull(value, NULL, 10);
	else if (option == 'n')
		options->count = strtoull(value, NULL, 10);
	else if (option == 't')
		options->seconds = strtoull(value, NULL, 10);
	else if (option == 'j')
		options->jobs = strtoull(value, NULL, 10);
	else if (option == 'v')
		options->how |= WORLD_VERBOSE;
	else if (option == 'f')
		options->how |= WORLD_FOLLOWS;
	else if (option == COMMAND_LONG)
		options->insiders = true;
	else if (option == COMMAND_LONG + 1)
		options->swarm = true;
	else if (option == COMMAND_LONG + 3)
		options->file = value;
	else
		options->print = true;
	return true;
}

static const struct command sim_command = {
	.name = "sim",
	.usage = "sim [-fv] [--insiders|--swarm] [--seed N] [--count M] "
		 "[FILE.scene...]",
	.see = "See HACKING, 4.",
	.options = sim_options,
	.take = sim_option_take,
	.operands = true,
};

/*
 * A world is large, and most of it is never touched: it comes from the system as
 * zeroes, each time, and what is small stays here from one world to the next.
 */
static void
memory_keep(void)
{
	mallopt(M_MMAP_THRESHOLD, 512 * 1024);
	mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024);
	mallopt(M_TOP_PAD, 4 * 1024 * 1024);
}

int
main(int argc, char **argv)
{
	struct options options = { .seed = 1, .count = COUNT };
	struct cases cases = { .options = &options };
	int status = command_read(&sim_command, &options, argc, argv);

	if (status >= 0)
		return status;
	memory_keep();
	if (options.print) {
		swarm_print(options.seed);
		return 0;
	}
	for (int i = optind; i < argc; i++)
		vec_push(&cases.files, mem_str(argv[i]));
	if (optind == argc && options.chance)
		cases_chance(&cases, &options);
	else if (optind == argc) {
		cases_find(&cases);
		cases.seeds = options.count;
		cases.insiders = INSIDERS;
		cases.hunt = hunt_new(NULL, 1, SWARM, options.how);
	}
	cases_all(&cases);
	if (cases.hunt != NULL) {
		hunt_sum(cases.hunt);
		hunt_free(cases.hunt);
	}
	for (size_t i = 0; i < cases.files.n; i++)
		mem_free(cases.files.v[i]);
	vec_done(&cases.files);
	return all_well ? 0 : 1;
}
