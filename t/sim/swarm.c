#include "t/sim/swarm.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "t/sim/child.h"

#define PLAYS 1500 /* until it is short enough as it is */
#define ROUNDS 3
#define SECONDS 60 /* of a processor: each play of a big world takes some */

struct shrink {
	struct script script;
	char reason[300]; /* without names and numbers */
	unsigned plays;
	time_t until; /* as children_s() counts */
};

/* The lines as a file; those that are NULL are left out. */
static FILE *
script_open(const struct script *script, char **text)
{
	size_t n;
	FILE *out = open_memstream(text, &n);

	for (size_t i = 0; i < script->lines.n; i++)
		if (script->lines.v[i] != NULL)
			fprintf(out, "%s\n", script->lines.v[i]);
	fclose(out);
	return fmemopen(*text, n, "r");
}

static void
script_play(const struct script *script, struct scene_run *run)
{
	char *text = NULL;

	run->in = script_open(script, &text);
	child_run(run);
	fclose(run->in);
	free(text);
}

static void
seeds_play(uint64_t first, uint64_t n, enum world_how how, int out)
{
	for (uint64_t i = 0; i < n; i++) {
		struct scene_run run = { .seed = 1, .how = how };
		struct script script = { 0 };
		char *text = NULL;

		draw_scene(&script, first + i);
		run.in = script_open(&script, &text);
		child_play(&run, out);
		mem_free(run.failed);
		fclose(run.in);
		free(text);
		script_done(&script);
	}
	exit(0);
}

static struct chance_result
result_of(const struct said *said)
{
	char text[600];

	snprintf(text, sizeof(text), "line %u, at %.3f s: %s", said->line,
	    (double)said->ms / 1000, said->why);
	return (struct chance_result){
		.failed = said->failed ? mem_str(text) : NULL,
		.trace = said->trace,
		.steps = said->steps,
		.letters = said->letters,
		.cpu_us = said->cpu_us,
	};
}

void
swarm_batch(uint64_t first, uint64_t n, enum world_how how,
    void (*played)(void *ctx, uint64_t seed, struct chance_result *result),
    void *ctx)
{
	uint64_t last = first + n;

	while (first < last) {
		struct child child;
		bool says = true;
		int out;

		if (child_begins(&child, &out))
			seeds_play(first, last - first, how, out);
		while (says && first < last) {
			struct chance_result result;
			struct said said;

			says = child_says(&child, &said);
			result = result_of(&said);
			played(ctx, first++, &result);
			mem_free(result.failed);
		}
		child_ends(&child, !says);
	}
}

static void
on_one(void *ctx, uint64_t seed, struct chance_result *result)
{
	struct chance_result *out = ctx;

	(void)seed;
	*out = *result;
	result->failed = NULL;
}

struct chance_result
swarm_play(uint64_t seed, enum world_how how)
{
	struct chance_result result;

	swarm_batch(seed, 1, how, on_one, &result);
	return result;
}

/* Words with a digit or a dot are names, numbers, patterns. */
static void
reason_of(const char *failed, char out[300])
{
	size_t n = 0;

	/* where it stopped says what it was */
	if (strncmp(failed, CHILD_STOPPED, strlen(CHILD_STOPPED)) == 0) {
		snprintf(out, 300, "%s", failed);
		return;
	}
	while (*failed != '\0' && n < 290) {
		size_t word = strcspn(failed, " ");
		bool name = false;

		for (size_t i = 0; i < word; i++)
			name |= isdigit((unsigned char)failed[i]) ||
			        failed[i] == '.' || failed[i] == '*';
		n += (size_t)snprintf(out + n, 300 - n, "%.*s ",
		    name ? 1 : (int)word, name ? "*" : failed);
		if (n > 298)
			n = 298;
		failed += word + (failed[word] == ' ');
	}
	out[n] = '\0';
}

/* What all children that have ended took. */
static time_t
children_s(void)
{
	struct rusage used;

	getrusage(RUSAGE_CHILDREN, &used);
	return used.ru_utime.tv_sec + used.ru_stime.tv_sec;
}

static bool
is_long(const struct shrink *s)
{
	return s->plays >= PLAYS || children_s() >= s->until;
}

/* True: it fails as it did; what came after that is gone. */
static bool
fails(struct shrink *s)
{
	struct scene_run run = { .seed = 1 };
	char reason[300];
	size_t line = 0;
	bool same;

	s->plays++;
	script_play(&s->script, &run);
	if (run.failed == NULL)
		return false;
	reason_of(run.failed, reason);
	mem_free(run.failed);
	same = s->reason[0] == '\0' || strcmp(reason, s->reason) == 0;
	if (s->reason[0] == '\0')
		memcpy(s->reason, reason, sizeof(reason));
	for (size_t i = 0; same && run.line > 0 && i < s->script.lines.n; i++) {
		line += s->script.lines.v[i] != NULL;
		if (line > run.line && s->script.lines.v[i] != NULL) {
			mem_free(s->script.lines.v[i]);
			s->script.lines.v[i] = NULL;
		}
	}
	return same;
}

/* Takes out what `leaves` says of each line; back if it does not fail then. What
 * does not hold before all is mended is another find than what does not after. */
static bool
without(struct shrink *s, bool (*leaves)(const char *line, const void *ctx),
    const void *ctx)
{
	VEC(char *) kept = { 0 };
	bool any = false, same;

	for (size_t i = 0; i < s->script.lines.n; i++) {
		char *line = s->script.lines.v[i];
		bool out = line != NULL && strcmp(line, "mend") != 0 &&
		           leaves(line, ctx);

		vec_push(&kept, out ? line : NULL);
		if (out)
			s->script.lines.v[i] = NULL;
		any |= out;
	}
	same = any && fails(s);
	for (size_t i = 0; i < kept.n; i++)
		if (kept.v[i] != NULL && same)
			mem_free(kept.v[i]);
		else if (kept.v[i] != NULL)
			s->script.lines.v[i] = kept.v[i];
	vec_done(&kept);
	return same;
}

static bool
names_host(const char *line, const void *ctx)
{
	const char *name = ctx;
	size_t n = strlen(name);

	for (const char *at = line; (at = strstr(at, name)) != NULL; at++)
		if ((at == line || strchr(" ,", at[-1]) != NULL) &&
		    strchr(" ,.", at[n]) != NULL)
			return true;
	return false;
}

/* In lists of hosts the name alone goes. */
static char *
line_less(const char *line, const char *name)
{
	size_t n = strlen(name);
	char *copy = mem_str(line), *at = copy;

	while ((at = strstr(at, name)) != NULL) {
		bool first = at > copy && at[-1] == ' ' && at[n] == ',';
		bool later =
		    at > copy && at[-1] == ',' && strchr(" ,", at[n]) != NULL;

		if (first)
			memmove(at, at + n + 1, strlen(at + n + 1) + 1);
		else if (later)
			memmove(at - 1, at + n, strlen(at + n) + 1);
		else
			at++;
	}
	return copy;
}

/* Without this host in any list, and without the lines about it. */
static void
host_out(struct shrink *s, const char *name)
{
	VEC(char *) before = { 0 };

	for (size_t i = 0; i < s->script.lines.n; i++) {
		char *line = s->script.lines.v[i];

		vec_push(&before, line);
		if (line != NULL)
			s->script.lines.v[i] = line_less(line, name);
	}
	if (without(s, names_host, name)) {
		for (size_t i = 0; i < before.n; i++)
			mem_free(before.v[i]);
	} else {
		for (size_t i = 0; i < before.n; i++) {
			mem_free(s->script.lines.v[i]);
			s->script.lines.v[i] = before.v[i];
		}
	}
	vec_done(&before);
}

static void
hosts_out(struct shrink *s)
{
	char name[64];

	for (size_t i = 0; i < s->script.lines.n && !is_long(s); i++)
		if (s->script.lines.v[i] != NULL &&
		    sscanf(s->script.lines.v[i], "host %63s", name) == 1)
			host_out(s, name);
}

/* Some lines in a row, as a whole. */
struct range {
	char *const *from;
	size_t n;
};

static bool
is_in_range(const char *line, const void *ctx)
{
	const struct range *range = ctx;

	for (size_t i = 0; i < range->n; i++)
		if (range->from[i] == line)
			return *line != '#' && strcmp(line, "loose") != 0;
	return false;
}

static void
compact(struct script *script)
{
	size_t left = 0;

	for (size_t i = 0; i < script->lines.n; i++)
		if (script->lines.v[i] != NULL)
			script->lines.v[left++] = script->lines.v[i];
	script->lines.n = left;
}

/* So many lines in a row, from behind: what is last is mostly the cause. */
static void
ranges_out(struct shrink *s, size_t n)
{
	compact(&s->script);
	for (size_t at = s->script.lines.n; at > 0 && !is_long(s);) {
		struct range range = { .n = at < n ? at : n };
		VEC(char *) copy = { 0 };

		at -= range.n;
		for (size_t i = 0; i < range.n; i++)
			vec_push(&copy, s->script.lines.v[at + i]);
		range.from = copy.v;
		without(s, is_in_range, &range);
		vec_done(&copy);
	}
	compact(&s->script);
}

/* Times: round ones are tried first. */
static void
times_cut(struct shrink *s)
{
	static const uint64_t tries[] = { 10, 100, 1000, 5000, 20000, 60000 };

	for (size_t i = 0; i < s->script.lines.n && !is_long(s); i++) {
		char *line = s->script.lines.v[i], text[32];
		bool ok = line == NULL || strncmp(line, "run ", 4) != 0;
		uint64_t ms = ok ? 0 : scene_time(line + 4);

		for (size_t k = 0; !ok && k < 6 && tries[k] < ms; k++) {
			snprintf(text, sizeof(text), "run %llu%s",
			    (unsigned long long)(tries[k] < 1000
						     ? tries[k]
						     : tries[k] / 1000),
			    tries[k] < 1000 ? "ms" : "s");
			s->script.lines.v[i] = mem_str(text);
			ok = fails(s);
			mem_free(ok ? line : s->script.lines.v[i]);
			if (!ok)
				s->script.lines.v[i] = line;
		}
	}
}

static char *
script_write(const struct script *script, uint64_t seed)
{
	char name[64], *text = NULL;
	FILE *in = script_open(script, &text), *out;

	fclose(in);
	snprintf(
	    name, sizeof(name), "swarm-%llu.scene", (unsigned long long)seed);
	out = fopen(name, "w");
	if (out != NULL) {
		fputs(text, out);
		fclose(out);
	}
	free(text);
	return mem_str(name);
}

char *
swarm_shrink(uint64_t seed)
{
	struct shrink s = { .until = children_s() + SECONDS };
	char *name;

	draw_scene(&s.script, seed);
	for (unsigned i = 0; i < ROUNDS && fails(&s); i++) {
		size_t n = s.script.lines.n;

		hosts_out(&s);
		for (size_t at = n / 2; at > 0; at /= 2)
			ranges_out(&s, at);
		times_cut(&s);
		compact(&s.script);
		if (i > 0 && s.script.lines.n == n)
			break;
	}
	name = script_write(&s.script, seed);
	script_done(&s.script);
	return name;
}

void
swarm_print(uint64_t seed)
{
	struct script script = { 0 };

	draw_scene(&script, seed);
	for (size_t i = 0; i < script.lines.n; i++)
		printf("%s\n", script.lines.v[i]);
	script_done(&script);
}
