/*
 * put.h - who writes the samples of a metric: each takes them from one place of
 * what lsrd has told. What is not told has no sample.
 */

#ifndef METRICS_PUT_H
#define METRICS_PUT_H

#include "metrics/sheet.h"
#include "metrics/told.h"

struct family;

typedef void family_put(
    struct sheet *s, const struct family *f, const struct told *told);

/* `key` is where the value stands, in units of 1/per of the metric's. */
struct family {
	const char *name;
	enum sheet_type type;
	family_put *put;
	const char *key;
	uint32_t per;
	const char *help;
};

/* Whether lsrd has told anything: the one that may be given NULL. */
family_put put_up;

/* How long it took; the version and names; the state as words. */
family_put put_asked, put_build, put_state, put_presence;

/* A number of the server, of the daemon, of what others have reported. */
family_put put_server, put_daemon, put_front, put_milter, put_reports;

/* An object of the server's whose keys are kinds. */
family_put put_by_kind;

/* A sample for each peer, link, next hop with a queue, publisher; and how many
 * of the first two are left out. */
family_put put_peers, put_links, put_links_up, put_queues, put_publishers,
    put_left_out;

/* Reports by kind, and by what they say. */
family_put put_report_kinds, put_milter_results, put_evidence;

/* What happened, by word; one word of it (the key) by reason. */
family_put put_events, put_refusals;

family_put put_histogram;

#endif
