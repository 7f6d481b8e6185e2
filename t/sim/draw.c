#include "t/sim/draw.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define FAULTS_SMALL 6
#define FAULTS_MAX 16
#define SETTLE_MIN 11 /* longer than the longest damping */

void
script_done(struct script *script)
{
	for (size_t i = 0; i < script->lines.n; i++)
		mem_free(script->lines.v[i]);
	vec_done(&script->lines);
}

uint64_t
draw_below(struct draw *d, uint64_t n)
{
	return rng_below(&d->rng, n);
}

bool
draw_one_in(struct draw *d, uint64_t n)
{
	return rng_below(&d->rng, n) == 0;
}

void
draw_say(struct draw *d, const char *fmt, ...)
{
	char text[DRAW_HOSTS * DRAW_NAME * 2 + 200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	vec_push(&d->script->lines, mem_str(text));
}

const char *
draw_any(struct draw *d)
{
	return d->host[draw_below(d, d->n)].name;
}

static void
set_add(char *set, const char *name)
{
	size_t n = strlen(set);

	snprintf(set + n, DRAW_HOSTS * DRAW_NAME - n, "%s%s", n > 0 ? "," : "",
	    name);
}

bool
draw_split(struct draw *d, struct draw_sets *sets)
{
	uint64_t each = 2 + draw_below(d, 3);

	sets->these[0] = sets->those[0] = '\0';
	for (size_t i = 0; i < d->n; i++)
		set_add(draw_one_in(d, each) ? sets->these : sets->those,
		    d->host[i].name);
	return sets->these[0] != '\0' && sets->those[0] != '\0';
}

void
draw_run(struct draw *d)
{
	uint64_t most = 1;

	for (uint64_t k = draw_below(d, 9); k > 0; k--)
		most *= 4;
	draw_say(
	    d, "run %llums", (unsigned long long)(most + draw_below(d, most)));
}

void
draw_space_add(struct draw *d, size_t host, const char *pattern)
{
	struct draw_space space = { .host = host };

	snprintf(space.pattern, sizeof(space.pattern), "%s", pattern);
	vec_push(&d->spaces, space);
}

const struct draw_connector *
draw_connector(struct draw *d)
{
	return d->connectors.n == 0
	           ? NULL
	           : &d->connectors.v[draw_below(d, d->connectors.n)];
}

const struct draw_space *
draw_space(struct draw *d)
{
	return &d->spaces.v[draw_below(d, d->spaces.n)];
}

/* Letters for one pattern or more. */
static void
letters(struct draw *d)
{
	const struct draw_space *v = d->spaces.v;
	size_t n = d->spaces.n;
	const char *one = v[draw_below(d, n)].pattern;

	if (draw_one_in(d, 2))
		draw_say(d, "post %s %u %s", draw_any(d),
		    1 + (unsigned)draw_below(d, 5), one);
	else
		draw_say(d, "post %s %u %s,%s,%s", draw_any(d),
		    1 + (unsigned)draw_below(d, 3), one,
		    v[draw_below(d, n)].pattern, v[draw_below(d, n)].pattern);
}

static void
begin(struct draw *d)
{
	char set[DRAW_HOSTS * DRAW_NAME] = "";

	for (size_t i = 0; i < d->n; i++)
		if (!d->host[i].spare)
			set_add(set, d->host[i].name);
	draw_say(d, "start %s", set);
	if (!draw_one_in(d, 6)) /* else they have hardly met */
		draw_say(d, "run %us", 10 + (unsigned)draw_below(d, 30));
	draw_say(d, "age-disks");
}

void
draw_scene(struct script *script, uint64_t seed)
{
	struct draw *d = mem_new(sizeof(*d), 0, 0);
	uint64_t faults;

	d->script = script;
	d->rng.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	d->settle_min = SETTLE_MIN;
	draw_say(d, "# Swarm, seed %llu", (unsigned long long)seed);
	draw_say(d, "loose");
	draw_say(d, "seed %llu", (unsigned long long)seed);
	draw_organization(d);
	begin(d);
	faults = d->n <= DRAW_SMALL && !draw_one_in(d, 20) ? FAULTS_SMALL
	                                                   : FAULTS_MAX;
	for (uint64_t n = 1 + draw_below(d, faults); n > 0; n--) {
		if (draw_one_in(d, 2))
			letters(d);
		draw_fault(d);
		draw_run(d);
	}
	letters(d);
	draw_say(d, "mend");
	draw_say(
	    d, "quiet %um%s", d->settle_min, draw_one_in(d, 24) ? "" : " soon");
	draw_say(d, "settled 3h");
	vec_done(&d->connectors);
	vec_done(&d->spaces);
	mem_free(d);
}
