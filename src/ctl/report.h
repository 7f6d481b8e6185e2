/*
 * report.h - the organization judged: what each single failure of a
 * connector, server or routing group would cut off and load more, and what
 * the net has one of only.
 *
 * report_judge.c and report_two.c judge and print nothing; report_text.c,
 * report_json.c and report_html.c print what was found; report.c is the verb.
 */

#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include "base/buf.h"
#include "base/vec.h"
#include "core/paths/joints.h"
#include "core/paths/judge.h"
#include "ctl/document.h"
#include "ctl/verbs.h"

#define REPORT_NAMED 100 /* of each list of a failure so many are kept */
#define REPORT_LINKS 10  /* and of links that carry more */

enum report_what { REPORT_CONNECTOR, REPORT_SERVER, REPORT_GROUP };

/* What one failure does; lists are the first REPORT_NAMED of their order. */
struct report_failure {
	enum report_what what;
	const char *name;
	uint64_t moved, cut, lost;                 /* routes */
	size_t npatterns, nservers, ngone, nlinks; /* of all */
	VEC(struct judge_count) patterns;          /* cut off */
	VEC(struct judge_count) servers;           /* cut off from something */
	VEC(struct judge_count) gone;
	VEC(struct judge_more) links; /* those with the most on top first */
	struct judge_failure is;
	size_t stood; /* before failures were sorted */
};

struct report_link {
	uint32_t from, to;
	const char *connector; /* the cheapest; of several the first */
	uint64_t load, worst;
	size_t by; /* the failure with `worst`; SIZE_MAX: none */
};

/* A server whose routes to something hang on one next hop. */
struct report_alone {
	uint32_t from, to;
	uint32_t routes;
};

/* Two failures that cut off what neither cuts off alone. */
struct report_pair {
	size_t a, b;                      /* failures */
	uint64_t more;                    /* routes */
	VEC(struct judge_count) patterns; /* to so many servers; the first */
	size_t npatterns;
};

/* What keeps a server from being like the others, by the daemon's word. */
struct report_behind {
	char *server, *what; /* owned */
};

struct report {
	const struct document *doc;
	const struct net *net;
	struct judge *judge;
	uint32_t servers; /* present */
	uint64_t routes;
	VEC(struct report_failure) failures; /* the worst first */
	struct judge_verdict now;            /* what has no way as it is */
	VEC(struct report_link) links;
	struct joints joints;
	VEC(struct judge_count) single; /* patterns of one server, which is n */
	VEC(uint32_t) one_way; /* links, that nothing leads back beside */
	VEC(struct report_alone) alone; /* most routes first */
	uint64_t nalone;                /* routes */
	VEC(struct report_behind) behind;
	bool has_behind;    /* a daemon was asked */
	char *first_end_of; /* whose certificate ends first; NULL: not known */
	int64_t first_end;
	int64_t authority_end; /* of its certificate; 0: not known */
	bool two;
	uint64_t pairs, pairs_tried;
	VEC(struct report_pair) together; /* the worst first */
};

/* Called now and then with what is done of what there is. */
struct report_progress {
	void (*tell)(const char *what, size_t done, size_t all);
};

/* Judges; both are lent until report_done(). False: too large. */
bool report_judge(struct report *r, const struct document *doc,
    const struct net *net, const struct report_progress *progress);

/* And two at once, as many pairs as this: of those that move most. */
void report_two(
    struct report *r, uint64_t most, const struct report_progress *progress);

void report_done(struct report *r);

/* Whether all is well: nothing is cut off, nor would be, nobody is behind. */
bool report_is_well(const struct report *r);

/* How many failures cut something off: these are the first. */
size_t report_cutting(const struct report *r);

/* Numbers of links, those first whose worst is the most above what they carry
 * now; the caller's. */
size_t *report_links_by_growth(const struct report *r);

/* "connector", "server", "routing group" */
const char *report_word(enum report_what what);

const char *report_server(const struct report *r, uint32_t server);

/* What the daemon knows of servers that are behind. CALL_OK, or why not. */
int report_live(struct report *r, const struct call *call);

void report_text(const struct report *r, struct buf *out);
void report_json(const struct report *r, struct buf *out);
void report_html(const struct report *r, struct buf *out);

extern const struct verb_option report_options[];
int report_verb(const struct call *call);

#endif
