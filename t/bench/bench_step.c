/*
 * bench_step.c - CPU time of the whole step of an engine in which the table is
 * computed, from the change in its database to FX_ROUTES, and of the steps that
 * follow for the sake of what goes with it, one line a net (nets.h): median,
 * 99 % and worst of random changes, in milliseconds. Each server has a mark key;
 * with `limits` some connectors do not take every message.
 *
 *     bench_step [limits] [changes=N] [[mesh:]SERVERS[:DEGREE]|hub:SERVERS]...
 *
 * 1000 changes of a mesh of 10 000 servers without limits, and with, where
 * nothing is said. The step in which the LSA comes is bench_flood's.
 */

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "core/node/node.h"
#include "t/bench/nets.h"
#include "t/core/cheap.h"
#include "t/core/cpu.h"

#define CHANGES 1000

struct stepping {
	struct nets nets;
	struct claims claims;
	struct setup setup;
	struct engine *engine;
	uint64_t ms;
	bool routes; /* the last step had some */
	struct mono wake;
};

static void
step(struct stepping *s, struct input in)
{
	struct effects fx;

	in.now.ms = s->ms;
	in.wall = 1800000000u + s->ms / 1000;
	s->engine->due.say_at = s->engine->origin.at = MONO_NEVER;
	fx = engine_step(s->engine, &in);
	s->routes = false;
	s->wake = fx.wake;
	for (size_t i = 0; i < fx.n; i++)
		s->routes |= fx.list[i].kind == FX_ROUTES;
}

/* What was said is in the engine's database too. */
static void
hear(struct stepping *s)
{
	struct news *news = &s->nets.news;

	for (size_t i = 0; i < news->list.n; i++)
		lsdb_install(&s->engine->db,
		    lsa_copy(
			lsdb_find(&s->nets.world.db, &news->list.v[i].key)));
	news_clear(news);
}

static void
world_hear(struct stepping *s)
{
	for (struct lsa *l = lsdb_first(&s->nets.world.db); l != NULL;
	     l = lsdb_next(l))
		lsdb_install(&s->engine->db, lsa_copy(l));
	news_clear(&s->nets.news);
}

/* What an engine says of itself would be what its sessions are, of which there
 * are none: it is silent, and believed to have published. */
static void
stepping_begin(struct stepping *s, const struct nets_form *form)
{
	struct engine *e;

	memset(s, 0, sizeof(*s));
	nets_begin(&s->nets, form);
	s->setup = cheap_setup(
	    s->nets.world.setup.server, s->nets.world.setup.group, &s->claims);
	s->setup.connectors = s->nets.world.setup.connectors;
	s->setup.nconnectors = s->nets.world.setup.nconnectors;
	s->setup.spaces = s->nets.world.setup.spaces;
	s->setup.nspaces = s->nets.world.setup.nspaces;
	s->setup.mta.none = true;
	cheap_key('z', s->setup.authority.id);
	s->ms = 1;
	s->engine = e = engine_new(1, &world_seal);
	step(s, (struct input){ .kind = IN_CONF, .setup = &s->setup });
	step(s, (struct input){ .kind = IN_RESTORE, .who = SAVE_EPOCH });
	step(s, (struct input){ .kind = IN_RESTORE, .who = SAVE_STATE });
	world_hear(s);
	e->table.published = UINT64_MAX;
	s->ms += 20000;
	step(s, (struct input){ .kind = IN_TICK });
	CHECK(s->routes && e->phase == PHASE_RUNNING);
}

static void
stepping_end(struct stepping *s)
{
	engine_free(s->engine);
	nets_end(&s->nets);
}

/* The step that decides, and what it leaves to those after it. */
static void
once(struct stepping *s, double *decide, double *after)
{
	double start;

	s->ms += 6000; /* it was quiet: what is due is due at once */
	step(s, (struct input){ .kind = IN_TICK }); /* what else was due */
	hear(s);
	due_compute(s->engine);
	start = cpu_ms();
	step(s, (struct input){ .kind = IN_TICK });
	*decide = cpu_ms() - start;
	start = cpu_ms();
	for (int i = 0; i < 3 && mono_due(s->wake, (struct mono){ s->ms }); i++)
		step(s, (struct input){ .kind = IN_TICK });
	*after = cpu_ms() - start;
}

static void
measure(const struct nets_form *form, size_t changes)
{
	static double decide[CHANGES], after[CHANGES];
	struct stepping s;

	stepping_begin(&s, form);
	once(&s, &decide[0], &after[0]); /* what was left to it */
	for (size_t i = 0; i < changes; i++) {
		nets_change(&s.nets,
		    (enum nets_kind)rng_below(&s.nets.rng, NETS_KINDS));
		once(&s, &decide[i], &after[i]);
	}
	printf("step     %s servers=%d degree=%d%s median=%.3f",
	    nets_shape_word(form), form->n, form->degree,
	    form->limits ? " limits" : "", cpu_median(decide, changes));
	printf(" 99%%=%.3f worst=%.3f ms; afterwards median=%.3f",
	    decide[changes * 99 / 100], decide[changes - 1],
	    cpu_median(after, changes));
	printf(" worst=%.3f ms\n", after[changes - 1]);
	fflush(stdout);
	stepping_end(&s);
}

int
main(int argc, char **argv)
{
	size_t changes = CHANGES, nets = 0;
	struct nets_form form = { NETS_MESH, 10000, 4, false, true };
	bool limits = false;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "limits") == 0) {
			limits = true;
		} else if (sscanf(argv[i], "changes=%zu", &changes) == 1 &&
			   changes > 0 && changes <= CHANGES) {
			continue;
		} else if (nets_read(&form, argv[i])) {
			form.limits = limits;
			form.marks = true;
			measure(&form, changes);
			nets++;
		} else {
			fprintf(stderr, "usage: bench_step [limits] "
					"[changes=N] [[mesh:]SERVERS[:DEGREE]|"
					"hub:SERVERS]...\n");
			return 2;
		}
	for (int k = 0; nets == 0 && k < 2; k++) {
		form.limits = k == 1;
		measure(&form, changes);
	}
	return 0;
}
