#include "t/sim/hunt.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define BATCH 50
#define BATCH_MANY 100 /* where a line each would be too many */
#define MANY 20000

/* A number with a name. */
struct tally {
	VEC(struct count {
		char name[24];
		uint64_t n;
	})
	list;
};

struct hunt {
	uint64_t seed, count, batch;
	enum world_how how;
	int file;
	bool *done; /* batches that the file had */
};

static void
tally_add(struct tally *tally, const char *name, uint64_t n)
{
	struct count new = { .n = n };

	for (size_t i = 0; i < tally->list.n; i++)
		if (strcmp(tally->list.v[i].name, name) == 0) {
			tally->list.v[i].n += n;
			return;
		}
	snprintf(new.name, sizeof(new.name), "%s", name);
	vec_push(&tally->list, new);
}

static uint64_t
tally_get(const struct tally *tally, const char *name)
{
	for (size_t i = 0; i < tally->list.n; i++)
		if (strcmp(tally->list.v[i].name, name) == 0)
			return tally->list.v[i].n;
	return 0;
}

/* name=number name=number ... */
static void
tally_read(struct tally *tally, char *line)
{
	char *rest = NULL;

	for (char *w = strtok_r(line, " \n", &rest); w != NULL;
	     w = strtok_r(NULL, " \n", &rest)) {
		char *value = strchr(w, '=');

		if (value == NULL)
			continue;
		*value++ = '\0';
		tally_add(tally, w, strtoull(value, NULL, 10));
	}
}

/* --- what was drawn ----------------------------------------------------------- */

static void
servers_count(struct tally *tally, size_t n)
{
	char name[24];

	if (n <= DRAW_SMALL)
		snprintf(name, sizeof(name), "servers:%zu", n);
	else
		snprintf(name, sizeof(name), "servers:%s",
		    n <= 12   ? "7-12"
		    : n <= 40 ? "13-40"
			      : "41-200");
	tally_add(tally, name, 1);
}

/* Sentences behind the first that lets time pass, by their verbs. */
static void
faults_count(struct tally *tally, const struct script *script)
{
	static const char *const no_fault[] = { "run", "quiet", "settled",
		"mend", "start" };
	bool begun = false;
	size_t hosts = 0;

	for (size_t i = 0; i < script->lines.n; i++) {
		char name[24], verb[16];
		bool fault = begun;

		if (sscanf(script->lines.v[i], "%15s", verb) != 1)
			continue;
		hosts += strcmp(verb, "host") == 0;
		begun |= strcmp(verb, "age-disks") == 0;
		for (size_t k = 0; k < 5; k++)
			fault &= strcmp(verb, no_fault[k]) != 0;
		snprintf(name, sizeof(name), "did:%s", verb);
		if (fault)
			tally_add(tally, name, 1);
	}
	servers_count(tally, hosts);
}

/* --- a batch ------------------------------------------------------------------- */

static void
played_count(struct tally *tally, uint64_t seed, const struct chance_result *r)
{
	struct script script = { 0 };

	draw_scene(&script, seed);
	faults_count(tally, &script);
	script_done(&script);
	tally_add(tally, "seeds", 1);
	tally_add(tally, "steps", r->steps);
	tally_add(tally, "letters", r->letters);
	tally_add(tally, "cpu_us", r->cpu_us);
	tally_add(tally, "below_10ms", r->cpu_us < 10000);
	tally_add(tally, "finds", r->failed != NULL);
}

/* Makes a scene of it that a person can read. */
static void
find_say(uint64_t seed, const char *failed)
{
	char *scene = swarm_shrink(seed);

	printf("not ok - swarm %" PRIu64 "\n# %s\n# t/sim/sim %s\n", seed,
	    failed, scene);
	fflush(stdout);
	mem_free(scene);
}

static void
on_played(void *ctx, uint64_t seed, struct chance_result *result)
{
	played_count(ctx, seed, result);
	if (result->failed != NULL)
		find_say(seed, result->failed);
}

/* One write: lines of several processes do not mix. */
static void
line_write(const struct hunt *hunt, uint64_t first, uint64_t n,
    const struct tally *tally)
{
	struct buf line = { 0 };

	buf_printf(&line, "first=%" PRIu64 " batch=%" PRIu64, first, n);
	for (size_t i = 0; i < tally->list.n; i++)
		buf_printf(&line, " %s=%" PRIu64, tally->list.v[i].name,
		    tally->list.v[i].n);
	buf_printf(&line, "\n");
	if (write(hunt->file, line.p, line.n) != (ssize_t)line.n)
		fprintf(stderr, "a batch is lost: %s\n", strerror(errno));
	buf_done(&line);
}

bool
hunt_play(struct hunt *hunt, size_t batch)
{
	uint64_t first = hunt->seed + batch * hunt->batch;
	uint64_t last = hunt->seed + hunt->count;
	uint64_t n = last - first < hunt->batch ? last - first : hunt->batch;
	struct tally tally = { 0 };
	bool well;

	if (hunt->done[batch])
		return true;
	swarm_batch(first, n, hunt->how, on_played, &tally);
	well = tally_get(&tally, "finds") == 0;
	line_write(hunt, first, n, &tally);
	if (well)
		printf("ok - swarm %" PRIu64 " to %" PRIu64 ": %" PRIu64
		       " steps, %" PRIu64 " letters, %.1f s\n",
		    first, first + n - 1, tally_get(&tally, "steps"),
		    tally_get(&tally, "letters"),
		    (double)tally_get(&tally, "cpu_us") / 1e6);
	fflush(stdout);
	vec_done(&tally.list);
	return well;
}

/* --- all of them --------------------------------------------------------------- */

static FILE *
lines_open(const struct hunt *hunt)
{
	int fd = dup(hunt->file);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");

	if (in == NULL || fseek(in, 0, SEEK_SET) != 0)
		abort();
	return in;
}

/* A line that was not written to its end was no batch. */
static void
hunt_resume(struct hunt *hunt)
{
	FILE *in = lines_open(hunt);
	char *line = NULL;
	size_t room = 0;
	uint64_t first, n;

	while (getline(&line, &room, in) > 0) {
		uint64_t at;

		if (strchr(line, '\n') == NULL ||
		    sscanf(line, "first=%" SCNu64 " batch=%" SCNu64, &first,
			&n) != 2)
			continue;
		at = (first - hunt->seed) / hunt->batch;
		if (first < hunt->seed || (first - hunt->seed) % hunt->batch ||
		    n != hunt->batch) {
			fprintf(stderr, "the file has other batches\n");
			exit(64);
		}
		if (at < hunt_batches(hunt))
			hunt->done[at] = true;
	}
	free(line);
	fclose(in);
}

struct hunt *
hunt_new(const char *file, uint64_t seed, uint64_t count, enum world_how how)
{
	struct hunt *hunt = mem_new(sizeof(*hunt), 0, 0);
	FILE *none = file == NULL ? tmpfile() : NULL;

	hunt->seed = seed;
	hunt->count = count;
	hunt->how = how;
	hunt->batch = count < MANY ? BATCH : BATCH_MANY;
	hunt->file = none == NULL
	                 ? open(file == NULL ? "/dev/null" : file,
			       O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666)
	                 : dup(fileno(none));
	if (none != NULL)
		fclose(none);
	if (hunt->file < 0) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		exit(66);
	}
	hunt->done = mem_new(0, hunt_batches(hunt) + 1, sizeof(*hunt->done));
	hunt_resume(hunt);
	return hunt;
}

void
hunt_free(struct hunt *hunt)
{
	close(hunt->file);
	mem_free(hunt->done);
	mem_free(hunt);
}

size_t
hunt_batches(const struct hunt *hunt)
{
	return (size_t)((hunt->count + hunt->batch - 1) / hunt->batch);
}

void
hunt_sum(const struct hunt *hunt)
{
	struct tally all = { 0 };
	FILE *in = lines_open(hunt);
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, in) > 0)
		tally_read(&all, line);
	for (size_t i = 0; i < all.list.n; i++)
		if (strcmp(all.list.v[i].name, "first") != 0 &&
		    strcmp(all.list.v[i].name, "batch") != 0)
			printf("# %-20s %" PRIu64 "\n", all.list.v[i].name,
			    all.list.v[i].n);
	fflush(stdout);
	free(line);
	fclose(in);
	vec_done(&all.list);
}
