/*
 * main.c - sends messages through worlds drawn from seeds, and says in TAP
 * what must hold of all of them. --help names its options.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/command.h"
#include "t/sim/mail/mail.h"

struct options {
	uint64_t seed, worlds, messages;
	struct design design;
	bool verbose;
};

static bool
is_broken(const struct tally *t)
{
	return t->bounced + t->expired + t->lost + t->wrongly + t->moved +
	               t->endless >
	           0 ||
	       t->doubled > 0;
}

static void
add(struct tally *all, const struct tally *t)
{
	all->messages += t->messages;
	all->recipients += t->recipients;
	all->delivered += t->delivered;
	all->bounced += t->bounced;
	all->bounced_messages += t->bounced_messages;
	all->expired += t->expired;
	all->lost += t->lost;
	all->hops += t->hops;
	all->attempts += t->attempts;
	for (size_t i = 0; i <= MARK_OFTEN; i++)
		all->verdict[i] += t->verdict[i];
	all->wrongly += t->wrongly;
	all->moved += t->moved;
	all->doubled += t->doubled;
	all->replies_lost += t->replies_lost;
	all->endless += t->endless;
	all->waiting += t->waiting;
	all->late += t->late;
	all->turned += t->turned;
	if (t->latest > all->latest)
		all->latest = t->latest;
	if (t->bounce_first < all->bounce_first)
		all->bounce_first = t->bounce_first;
	if (t->received > all->received)
		all->received = t->received;
	if (t->visits > all->visits)
		all->visits = t->visits;
	if (t->quick > all->quick)
		all->quick = t->quick;
}

static void
world_play(const struct options *o, uint64_t seed, struct tally *all)
{
	struct tally t = { .bounce_first = INT64_MAX };
	struct world w;

	world_draw(&w, seed, &o->design);
	for (uint64_t i = 0; i < o->messages; i++)
		post_message(&w, seed * 1000 + i, &t);
	if (o->verbose && (is_broken(&t) || t.late > 0))
		printf("# world %" PRIu64 " (%s, %zu servers, converges after "
		       "%" PRId64 " s): bounced %" PRIu64 ", expired %" PRIu64
		       ", lost %" PRIu64 ", doubled %" PRIu64
		       ", wrongly %" PRIu64 ", endless %" PRIu64
		       ", late %" PRIu64 " up to %" PRId64
		       " s, fields %u, bounce after %" PRId64 " s\n",
		    seed, w.style, w.n, w.converged / SECOND, t.bounced,
		    t.expired, t.lost, t.doubled, t.wrongly, t.endless, t.late,
		    t.latest / SECOND, t.received,
		    t.bounced ? t.bounce_first / SECOND : 0);
	add(all, &t);
	world_done(&w);
}

static void
figures(const struct options *o, const struct tally *t)
{
	printf("# %" PRIu64 " worlds, %" PRIu64 " messages, %" PRIu64
	       " recipients; %" PRIu64 " deliveries\n",
	    o->worlds, t->messages, t->recipients, t->delivered);
	printf("# %" PRIu64 " hops, %" PRIu64 " tries; refused: %" PRIu64
	       " settled, %" PRIu64 " same, %" PRIu64 " often\n",
	    t->hops, t->attempts, t->verdict[MARK_SETTLED],
	    t->verdict[MARK_SAME], t->verdict[MARK_OFTEN]);
	printf("# most Received fields %u; most visits of a copy at one server "
	       "%u, within 15 minutes %u\n",
	    t->received, t->visits, t->quick);
	printf("# recipients bounced %" PRIu64 " (of %" PRIu64
	       " messages), expired %" PRIu64 "; replies lost %" PRIu64 "\n",
	    t->bounced, t->bounced_messages, t->expired, t->replies_lost);
	if (t->bounced > 0)
		printf("# the first bounce %" PRId64 " minutes after its "
		       "message was sent\n",
		    t->bounce_first / MINUTE);
	printf("# %" PRIu64 " messages refused at some time; underway at the "
	       "repair %" PRIu64 " of them, there more than 10 minutes after "
	       "it %" PRIu64 ", the latest after %" PRId64 " minutes\n",
	    t->turned, t->waiting, t->late, t->latest / MINUTE);
}

static bool all_well = true;

static void
holds(bool ok, const char *what)
{
	static unsigned n;

	printf("%sok %u - %s\n", ok ? "" : "not ", ++n, what);
	all_well &= ok;
}

static void
judge(const struct options *o, const struct tally *t)
{
	holds(t->lost == 0 && t->endless == 0,
	    "every recipient is delivered or returned");
	holds(t->doubled == 0, "none is delivered twice");
	holds(t->wrongly == 0,
	    "nothing is refused that was not here with these recipients");
	holds(t->moved == 0, "nor by routes that are others than when it was");
	holds(t->quick <= 3, "no message is at a server a fourth time within "
			     "15 minutes");
	if (o->design.lasting)
		return;
	holds(t->bounced == 0, "tables that converge: no bounce");
	holds(t->expired == 0, "none waits for ever after the repair");
	holds(t->late * 100 <= t->turned,
	    "of what was refused 99 of 100 are there 10 minutes after it");
}

static const struct command_option mail_options[] = {
	{ 's', "seed", "N", "of the first world" },
	{ 'w', "worlds", "N", "so many of them" },
	{ 'm', "messages", "N", "in each world" },
	{ 'l', "lasting", NULL, "tables set against each other for good" },
	{ 'H', "hop-limit", "N", "of Received fields" },
	{ 't', "table", NULL, "a change of any route is one of all" },
	{ 'b', "behind", "SECONDS", "so old may a milter's table be" },
	{ 'v', "verbose", NULL,
	    "a line for each world that breaks something\n"
	    "twice: and one for each hop" },
	{ 0, NULL, NULL, NULL },
};

static bool
mail_option_take(void *ctx, int option, const char *value)
{
	struct options *o = ctx;
	uint64_t n = value == NULL ? 0 : strtoull(value, NULL, 10);

	if (option == 's')
		o->seed = n;
	else if (option == 'w')
		o->worlds = n;
	else if (option == 'm')
		o->messages = n;
	else if (option == 'H')
		o->design.hop_limit = (unsigned)n;
	else if (option == 't')
		o->design.whole = true;
	else if (option == 'b')
		o->design.behind = (int64_t)n * SECOND;
	else if (option == 'l')
		o->design.lasting = true;
	else
		o->design.tells = o->verbose, o->verbose = true;
	return true;
}

static const struct command mail_command = {
	.name = "mail",
	.usage = "mail [-v [-v]] [--lasting] [--seed N] [--worlds N] ...",
	.see = "See HACKING, 4.",
	.options = mail_options,
	.take = mail_option_take,
};

int
main(int argc, char **argv)
{
	struct options o = { .seed = 1,
		.worlds = 2000,
		.messages = 10,
		.design = { .hop_limit = 100 } };
	int status = command_read(&mail_command, &o, argc, argv);
	struct tally all = { .bounce_first = INT64_MAX };

	if (status >= 0)
		return status;
	printf("1..%d\n", o.design.lasting ? 5 : 8);
	for (uint64_t i = 0; i < o.worlds; i++)
		world_play(&o, o.seed + i, &all);
	judge(&o, &all);
	figures(&o, &all);
	return all_well ? 0 : 1;
}
