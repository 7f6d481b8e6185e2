/*
 * restarts.c - one truth about the table: a server ends in some way, something
 * becomes of a claim just before or meanwhile, it comes back to neighbours who
 * know, do not know, or are not there. Every combination is a row; what its
 * table then says is judged and printed.
 *
 *     restarts                a sample of the rows, another one each seed
 *     restarts --all          every row, with 26 hours after each
 *     restarts -v --row N     what happens in that row
 *
 * The rules of rule.h hold in every step besides: no key leaves but after its
 * hour, no generation goes back, no table is empty.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sys/command.h"
#include "t/sim/cable.h"
#include "t/sim/disk.h"
#include "t/sim/plan.h"
#include "t/sim/world.h"

#define PATTERN "x.example"
#define HOUR_S 3600
#define MINUTE 60000u
#define SAMPLE 10 /* one row of so many, in "make check" */

enum act {
	ACT_CLAIMED,
	ACT_WITHDRAWN,
	ACT_PURGED, /* and its hour has begun */
	ACT_FORGOTTEN,
	ACT_REVOKED,
	ACT_MOVED,
	ACT_RENAMED,
	ACT_REKEYED, /* withdrawn, key and disk lost, and those of who knew */
	ACT_OWN,     /* our own `here`, withdrawn */
	ACTS
};

enum ending {
	END_STOP,
	END_KILL,
	END_CUT,
	END_LOST,
	END_OLD,
	END_FULL,
	END_COPY,    /* the publisher's copy is lost */
	END_IMAGE,   /* all of the disk is old */
	END_BETWEEN, /* the copy is newer than the MTA's table, state lost */
	ENDINGS
};

enum peers { PEERS_THERE, PEERS_AWAY, PEERS_BEHIND, PEERS };

static const char *const ending_words[] = { "stop", "kill", "power cut",
	"disk lost", "disk old", "disk full", "copy lost", "image old",
	"copy newer, state lost" };
static const char *const peers_words[] = { "peers there", "peers away",
	"one peer behind" };

/* When it happens: so long before the end, or while it is down. A table is
 * on its way for 26 ms, a state is saved after 3 s. */
static const struct {
	const char *word;
	uint64_t ms; /* 0: while it is down */
} moments[] = { { "while down", 0 }, { "0.03 s before", 30 },
	{ "0.1 s before", 100 }, { "0.12 s before", 120 },
	{ "0.14 s before", 140 }, { "0.2 s before", 200 },
	{ "1.2 s before", 1200 }, { "2.8 s before", 2800 },
	{ "3.2 s before", 3200 }, { "10 s before", 10000 } };
#define MOMENTS (sizeof(moments) / sizeof(moments[0]))

struct row {
	enum act act;
	enum ending ending;
	enum peers peers;
	size_t moment;
	bool long_;
};

struct run {
	struct row row;
	struct world *world;
	struct node *l1, *p1, *p2, *t1, *t2;
	uint64_t acted; /* when it could first know */
	uint64_t begun; /* the hour, by the first table that says its end */
	uint64_t leaves;
	char seen[400];
};

static void
link_hosts(struct node *a, struct node *b)
{
	char name[80];

	snprintf(name, sizeof(name), "%s-%s", a->name, b->name);
	plan_connector(a, name, b->conf.group);
	plan_bridgehead(a, name, b, 10);
	snprintf(name, sizeof(name), "%s-%s", b->name, a->name);
	plan_connector(b, name, a->conf.group);
	plan_bridgehead(b, name, a, 10);
	plan_peers(a, b);
}

static void
claim(struct run *run, struct node *node, const char *pattern)
{
	struct setup_space space = { .relay = true };

	space.pattern = world_text(run->world, pattern);
	plan_space(node, &space);
	if (node->engine != NULL)
		world_configure(run->world, node);
}

static void
unclaim(struct run *run, struct node *node)
{
	plan_unspace(node, PATTERN);
	if (node->engine != NULL)
		world_configure(run->world, node);
}

static uint64_t
wall(const struct world *world)
{
	return WORLD_WALL + world->now.ms / 1000;
}

/* Its hour begins once, and its end stays. */
static void
on_table(struct world *world, struct node *node)
{
	struct run *run = world->ctx;
	const struct route *r;

	if (node != run->l1)
		return;
	r = mta_table_find(&node->table, PATTERN);
	if (r == NULL || r->leaves == 0 || r->over)
		return;
	if (run->leaves == 0) {
		run->begun = wall(world);
		run->leaves = r->leaves;
	}
	if (r->leaves != run->leaves)
		world_fail(world, "its end was %llu and is %llu",
		    (unsigned long long)(run->leaves - WORLD_WALL),
		    (unsigned long long)(r->leaves - WORLD_WALL));
}

/* Two hosts between us and tokyo; a third one is its successor. */
static void
hosts_plan(struct run *run)
{
	struct world *world = run->world;

	run->l1 = plan_host(world, "l1", "london");
	run->p1 = plan_host(world, "p1", "paris");
	run->p2 = plan_host(world, "p2", "paris");
	run->t1 = plan_host(world, "t1", "tokyo");
	run->t2 = plan_host(world, "t2", "tokyo");
	link_hosts(run->l1, run->p1);
	link_hosts(run->l1, run->p2);
	link_hosts(run->p1, run->t1);
	link_hosts(run->p2, run->t1);
	link_hosts(run->p1, run->t2);
	claim(run, run->l1, "london.example");
	claim(run, run->p1, "paris.example");
	claim(run, run->t1, "tokyo.example");
}

static void
peer_paths(struct run *run, struct node *a, bool open)
{
	for (size_t i = 0; i < run->world->n; i++)
		if (&run->world->nodes[i] != a)
			cable_path(run->world, a, &run->world->nodes[i],
			    open ? PATH_OPEN : PATH_REFUSED);
}

static void
begin(struct run *run)
{
	struct world *world = run->world;
	struct node *first[] = { run->l1, run->p1, run->p2, run->t1 };

	for (size_t i = 0; i < 4; i++)
		world_start(world, first[i], DISK_KEPT);
	run->t2->host_up = false;
	world_run(world, MINUTE);
	if (run->row.act != ACT_CLAIMED)
		claim(
		    run, run->row.act == ACT_OWN ? run->l1 : run->t1, PATTERN);
	if (run->row.ending == END_IMAGE) /* or it would know no such key */
		world_run(world, MINUTE);
	world_age_disks(world);
	world_run(world, MINUTE);
	run->l1->disk_full = run->row.ending == END_FULL;
	run->l1->publish_copies = run->row.ending == END_BETWEEN;
	if (run->row.peers != PEERS_BEHIND)
		return;
	/* It hears nothing of what follows but by us. */
	for (size_t i = 0; i < world->n; i++)
		if (&world->nodes[i] != run->p2 && &world->nodes[i] != run->l1)
			cable_path(
			    world, run->p2, &world->nodes[i], PATH_REFUSED);
	world_run(world, 10000);
}

static void
renamed(struct run *run)
{
	world_crash(run->world, run->t1);
	claim(run, run->t2, "tokyo.example");
	claim(run, run->t2, PATTERN);
	world_start(run->world, run->t2, DISK_LOST);
	world_run(run->world, 20000);
	plan_forget(run->world, run->t1, run->p1);
}

static void
claimed(struct run *run)
{
	claim(run, run->t1, PATTERN);
}

static void
withdrawn(struct run *run)
{
	unclaim(run, run->t1);
}

static void
forgotten(struct run *run)
{
	world_crash(run->world, run->t1);
	world_run(run->world, 10000);
	plan_forget(run->world, run->t1, run->p1);
}

static void
revoked(struct run *run)
{
	world_crash(run->world, run->t1);
	world_run(run->world, 10000);
	plan_revoke(run->world, run->t1, run->p1);
}

static void
moved(struct run *run)
{
	claim(run, run->p1, PATTERN);
	world_run(run->world, 5000);
	unclaim(run, run->t1);
}

/* Nobody but us knows what it claimed with its key of before. */
static void
rekeyed(struct run *run)
{
	struct node *lost[] = { run->t1, run->p1, run->p2 };
	struct line line = { .rate = 400 };
	size_t n = run->row.peers == PEERS_BEHIND ? 2 : 3;

	for (size_t i = 0; i < n; i++)
		world_crash(run->world, lost[i]);
	world_run(run->world, 5000);
	run->t1->key++;
	unclaim(run, run->t1);
	for (size_t i = 0; i < n; i++)
		world_start(run->world, lost[i], DISK_LOST);
	/* What we say of it comes after its new key, so it hears nothing. */
	cable_line(run->world, run->l1, run->p1, &line);
	cable_line(run->world, run->l1, run->p2, &line);
}

/* Its file is read now, or at the next start. */
static void
own_withdrawn(struct run *run)
{
	unclaim(run, run->l1);
}

enum state { GONE, REMOTE, HELD, LEAVING, HERE_LEAVING };

static const char *const state_words[] = { "gone", "remote",
	"held without an end", "a hold that leaves", "here, and leaving" };

/* What happens, and what the table says once everybody knows, and when all
 * hours are over. */
static const struct {
	const char *word;
	void (*happen)(struct run *run);
	enum state heard, last;
} acts[] = {
	[ACT_CLAIMED] = { "claimed", claimed, REMOTE, REMOTE },
	[ACT_WITHDRAWN] = { "withdrawn", withdrawn, LEAVING, GONE },
	[ACT_PURGED] = { "purged", withdrawn, LEAVING, GONE },
	[ACT_FORGOTTEN] = { "forgotten", forgotten, LEAVING, GONE },
	[ACT_REVOKED] = { "revoked", revoked, HELD, HELD },
	[ACT_MOVED] = { "moved", moved, REMOTE, REMOTE },
	[ACT_RENAMED] = { "renamed", renamed, REMOTE, REMOTE },
	[ACT_REKEYED] = { "another key, all lost", rekeyed, LEAVING, GONE },
	[ACT_OWN] = { "own withdrawn", own_withdrawn, HERE_LEAVING, GONE },
};

static void
happen(struct run *run)
{
	acts[run->row.act].happen(run);
}

static void
look(struct run *run, const char *when)
{
	const struct route *r = mta_table_find(&run->l1->table, PATTERN);
	size_t n = strlen(run->seen);

	snprintf(run->seen + n, sizeof(run->seen) - n, "%s%s %s%s",
	    n > 0 ? ", " : "", when,
	    r == NULL ? "none" : route_kind_word(r->kind),
	    r == NULL       ? ""
	    : r->over       ? " over"
	    : r->leaves > 0 ? " leaving"
			    : "");
}

static void
end(struct run *run)
{
	uint64_t ms = moments[run->row.moment].ms;

	run->acted = wall(run->world);
	if (run->row.act == ACT_PURGED) {
		happen(run);
		world_run(run->world, 10 * MINUTE);
	} else if (ms > 0) {
		happen(run);
		world_run(run->world, ms);
	}
	look(run, "before");
	if (run->row.ending == END_STOP || run->row.ending == END_COPY)
		world_stop(run->world, run->l1);
	else if (run->row.ending == END_CUT)
		world_crash(run->world, run->l1);
	else
		world_kill(run->world, run->l1);
	world_run(run->world, 5000);
	if (run->row.act != ACT_PURGED && ms == 0)
		happen(run);
	world_run(run->world, 10 * MINUTE);
}

static void
come_back(struct run *run)
{
	static const enum world_disk disks[] = { DISK_KEPT, DISK_KEPT,
		DISK_KEPT, DISK_LOST, DISK_WEEK_OLD, DISK_KEPT, DISK_COPY_LOST,
		DISK_ALL_OLD, DISK_LOST };

	run->l1->disk_full = run->l1->publish_copies = false;
	if (run->row.ending == END_IMAGE)
		run->leaves =
		    0; /* another hour: nothing is left of the first */
	if (run->row.peers == PEERS_AWAY)
		peer_paths(run, run->l1, false);
	if (run->row.peers == PEERS_BEHIND)
		cable_path(run->world, run->l1, run->p1, PATH_REFUSED);
	world_start(run->world, run->l1, disks[run->row.ending]);
	world_run(run->world, 10 * MINUTE);
	look(run, "back");
	/* Once more: no end moves. */
	world_kill(run->world, run->l1);
	world_start(run->world, run->l1, DISK_KEPT);
	world_run(run->world, 10 * MINUTE);
	for (size_t i = 0; i < run->world->n; i++)
		peer_paths(run, &run->world->nodes[i], true);
	world_run(run->world, MINUTE);
}

static bool
is_in(const struct run *run, enum state state)
{
	const struct route *r = mta_table_find(&run->l1->table, PATTERN);

	if (r == NULL || state == GONE)
		return (r == NULL) == (state == GONE);
	if ((r->leaves != 0) != (state >= LEAVING))
		return false;
	if (state == REMOTE || state == HERE_LEAVING)
		return r->kind == (state == REMOTE ? ROUTE_REMOTE : ROUTE_HERE);
	return r->kind == ROUTE_HOLD && r->relay;
}

static void
expect(struct run *run, enum state state)
{
	if (!is_in(run, state))
		world_fail(
		    run->world, "not %s: %s", state_words[state], run->seen);
}

/* Everybody knows, and the hour began when this server did. */
static void
judge_heard(struct run *run)
{
	look(run, "heard");
	expect(run, acts[run->row.act].heard);
	if (run->leaves != 0 && (run->leaves < run->acted + HOUR_S ||
				    run->leaves > run->begun + HOUR_S + 1))
		world_fail(run->world, "its hour has %lld s: %s",
		    (long long)(run->leaves - run->begun), run->seen);
}

static void
judge_end(struct run *run, const char *when)
{
	look(run, when);
	expect(run, acts[run->row.act].last);
}

/* A revoked one is a hold until it is forgotten: then it has its hour. */
static void
forget_it(struct run *run)
{
	if (run->row.act != ACT_REVOKED)
		return;
	plan_forget(run->world, run->t1, run->p1);
	world_run(run->world, MINUTE);
	look(run, "forgotten");
	expect(run, LEAVING);
	world_run(run->world, 62 * MINUTE);
	look(run, "then");
	expect(run, GONE);
}

static char *
play(const struct row *row, bool verbose, char seen[400])
{
	struct run run = { .row = *row, .world = world_new(row->moment + 1) };
	char *failed;

	run.world->how = verbose ? WORLD_VERBOSE : 0;
	run.world->ctx = &run;
	run.world->on_table = on_table;
	hosts_plan(&run);
	begin(&run);
	end(&run);
	come_back(&run);
	judge_heard(&run);
	world_run(run.world, 62 * MINUTE);
	judge_end(&run, "after an hour");
	if (row->long_) {
		world_run(run.world, 24 * 60 * MINUTE);
		judge_end(&run, "a day later");
	}
	forget_it(&run);
	failed = mem_str(run.world->failed);
	memcpy(seen, run.seen, sizeof(run.seen));
	world_free(run.world);
	return failed;
}

/* What the row says twice is left out. */
static bool
makes_sense(const struct row *row)
{
	if (row->act == ACT_PURGED || row->act == ACT_OWN)
		return moments[row->moment].ms == 0;
	/* Where our database does not know that claim either nobody can tell
	 * which key was the later one. */
	if (row->act == ACT_REKEYED)
		return moments[row->moment].ms == 0 &&
		       row->ending != END_LOST && row->ending != END_OLD &&
		       row->ending != END_BETWEEN;
	/* An old image beside peers that know nothing of that key: neither
	 * does it. */
	return row->act != ACT_CLAIMED || row->ending != END_IMAGE;
}

struct options {
	bool all, verbose;
	uint64_t only, seed;
};

static bool
row_case(const struct row *row, unsigned number, const struct options *options)
{
	char seen[400];
	char *failed = play(row, options->verbose, seen);

	printf("%sok %u - %s, %s (%s), %s: %s\n", failed == NULL ? "" : "not ",
	    number, ending_words[row->ending], acts[row->act].word,
	    row->act == ACT_PURGED ? "long before" : moments[row->moment].word,
	    peers_words[row->peers], seen);
	if (failed != NULL)
		printf("# %s\n", failed);
	fflush(stdout);
	mem_free(failed);
	return failed == NULL;
}

static bool
is_played(const struct options *options, unsigned row)
{
	if (options->only > 0)
		return row == options->only;
	return options->all || row % SAMPLE == options->seed % SAMPLE;
}

static const struct command_option restarts_options[] = {
	{ 'a', "all", NULL, "every row, and what takes long" },
	{ 'r', "row", "N", "this one alone" },
	{ 's', "seed", "N", "of the sample" },
	{ 'v', "verbose", NULL, "each input and event, as comments" },
	{ 0, NULL, NULL, NULL },
};

static bool
restarts_option_take(void *ctx, int option, const char *value)
{
	struct options *options = ctx;

	if (option == 'a')
		options->all = true;
	else if (option == 'r')
		options->only = strtoull(value, NULL, 10);
	else if (option == 's')
		options->seed = strtoull(value, NULL, 10);
	else
		options->verbose = true;
	return true;
}

static const struct command restarts_command = {
	.name = "restarts",
	.usage = "restarts [-v] [--all] [--seed N] [--row N]",
	.see = "See HACKING, 4.",
	.options = restarts_options,
	.take = restarts_option_take,
};

/* Calls it `each` row of the table, in order. */
static bool
rows_walk(const struct options *options, bool count_only, unsigned *cases)
{
	bool well = true;
	unsigned number = 0;
	const size_t combinations =
	    (size_t)ENDINGS * (size_t)ACTS * (size_t)PEERS * MOMENTS;

	for (size_t i = 0; i < combinations; i++) {
		struct row row = {
			.moment = i % MOMENTS,
			.peers = (enum peers)(i / MOMENTS % PEERS),
			.act = (enum act)(i / MOMENTS / PEERS % ACTS),
			.ending = (enum ending)(i / MOMENTS / PEERS / ACTS),
			.long_ = options->all,
		};

		if (!makes_sense(&row) || !is_played(options, ++number))
			continue;
		++*cases;
		if (!count_only)
			well &=
			    row_case(&row, options->only ? 1 : *cases, options);
	}
	return well;
}

int
main(int argc, char **argv)
{
	struct options options = { .seed = 1 };
	unsigned cases = 0;
	int status = command_read(&restarts_command, &options, argc, argv);

	if (status >= 0)
		return status;
	rows_walk(&options, true, &cases);
	printf("1..%u\n", cases);
	cases = 0;
	return rows_walk(&options, false, &cases) ? 0 : 1;
}
