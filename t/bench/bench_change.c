/*
 * bench_change.c - CPU time from one change of the database to the table's
 * difference, one line a net (nets.h): median, 99 % and worst of random changes
 * (of a link at one end, a cost, a congestion, a server's state, a space), and
 * the median of each kind, in milliseconds.
 *
 *     bench_change [whole] [changes=N] [[mesh:]SERVERS[:DEGREE]|hub:SERVERS]...
 *
 * 1000 changes of nets of 100, 1000 and 10 000 servers, degree 4, where nothing
 * is said. With `whole` everything is read anew each time, as it is at a start.
 *
 * What an LSA costs before it is installed is not counted.
 */

#include <stdio.h>
#include <string.h>

#include "t/bench/nets.h"
#include "t/core/cpu.h"

#define CHANGES 1000

static const char *const kind_words[NETS_KINDS] = { "link", "cost",
	"congestion", "server", "space" };

struct ring_net {
	struct nets nets;
	struct view *view;
	struct view_pending pending;
	struct fresh fresh;
	struct rib_changes changes;
	struct rib *rib;
	bool whole;
};

static double
follow(struct ring_net *r)
{
	struct view_table table = { .rib = &r->rib,
		.pending = &r->pending,
		.fresh = &r->fresh,
		.changes = &r->changes };
	double start = cpu_ms();

	if (r->whole) {
		view_free(r->view);
		r->view = NULL;
	}
	r->view = view_renew(r->view, &r->nets.world.in, &r->nets.news);
	news_clear(&r->nets.news);
	view_table(r->view, &table);
	view_settle(r->view);
	return cpu_ms() - start;
}

static void
ring_end(struct ring_net *r)
{
	view_free(r->view);
	rib_free(r->rib);
	view_pending_done(&r->pending);
	fresh_done(&r->fresh);
	rib_changes_done(&r->changes);
	nets_end(&r->nets);
}

static void
measure(const struct nets_form *form, bool whole, size_t changes)
{
	static double all[CHANGES], each[NETS_KINDS][CHANGES];
	struct ring_net r = { .whole = whole };
	size_t of[NETS_KINDS] = { 0 };

	nets_begin(&r.nets, form);
	follow(&r);
	for (size_t i = 0; i < changes; i++) {
		enum nets_kind kind =
		    (enum nets_kind)rng_below(&r.nets.rng, NETS_KINDS);

		nets_change(&r.nets, kind);
		all[i] = each[kind][of[kind]] = follow(&r);
		of[kind]++;
	}
	printf("change   %s servers=%d degree=%d median=%.3f",
	    nets_shape_word(form), form->n, form->degree,
	    cpu_median(all, changes));
	printf(" 99%%=%.3f worst=%.3f ms;", all[changes * 99 / 100],
	    all[changes - 1]);
	for (int k = 0; k < NETS_KINDS; k++)
		if (of[k] > 0)
			printf(" %s=%.3f", kind_words[k],
			    cpu_median(each[k], of[k]));
	printf("\n");
	fflush(stdout);
	ring_end(&r);
}

int
main(int argc, char **argv)
{
	size_t changes = CHANGES, nets = 0;
	struct nets_form form;
	bool whole = false;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "whole") == 0) {
			whole = true;
		} else if (sscanf(argv[i], "changes=%zu", &changes) == 1 &&
			   changes > 0 && changes <= CHANGES) {
			continue;
		} else if (nets_read(&form, argv[i])) {
			measure(&form, whole, changes);
			nets++;
		} else {
			fprintf(stderr, "usage: bench_change [whole] "
					"[changes=N] [[mesh:]SERVERS[:DEGREE]|"
					"hub:SERVERS]...\n");
			return 2;
		}
	for (int n = 100; nets == 0 && n <= 10000; n *= 10)
		measure(&(struct nets_form){ NETS_RING, n, 4, false, false },
		    whole, changes);
	return 0;
}
