/*
 * view.h - from the link state database to the published table: what this
 * server sees of the network now. (HACKING 6, Routes)
 *
 * All of it is a function of its arguments: the same database, setup, probes
 * and old table give the same new table, octet for octet.
 *
 *     struct view *view = view_new(&input);
 *     struct rib *rib = view_rib(view, old, &pending);
 *     ... view_alone(view), view_present(view), view_away(view, &n) ...
 *     view_free(view);
 *
 * A view lends from the database and the setup: it ends before either
 * changes, or is renewed by the news of the database. A table lends nothing.
 *
 * What our own server says comes from our own LSAs, which are installed in
 * the database like everybody's: whoever calls has put in them what is true
 * now, before it asks. Own address spaces come from the setup as far as our
 * certificate allows them; an own LSA only says whether the way out answers.
 */

#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cur.h"
#include "base/json.h"
#include "base/mono.h"
#include "base/vec.h"
#include "core/lsa/lsdb.h"
#include "core/lsa/mta.h"
#include "core/lsa/policy.h"
#include "core/lsa/setup.h"
#include "core/paths/severed.h"
#include "core/view/fresh.h"
#include "core/view/refusal.h"
#include "core/view/rib.h"
#include "core/view/unheard.h"

/* A published key whose last claim was purged is a hold for so long, */
#define VIEW_REMOVAL_MS 3600000u

/* one of which its server with a new key says nothing is that after so long:
 * its claims follow what it says of itself, on the slowest line,
 */
#define VIEW_RENEWED_MS 30000u

/* and then so long for mail that came before, where the setup does not say:
 * Postfix's maximal_queue_lifetime as it is by default. */
#define VIEW_QUEUE_S 432000u

enum view_verdict { VIEW_UNKNOWN, VIEW_UP, VIEW_DOWN };

/*
 * What our own probes found. It counts where nobody else can tell: when we
 * are alone, and for the next hops of a key of which the database holds
 * nothing at all.
 */
struct view_probe {
	const char *name;      /* a server */
	const char *connector; /* its bridgehead; NULL: member of our group */
	enum view_verdict verdict;
};

/* What our own probes found at one address of a server. */
struct view_place {
	const char *name;
	struct addr addr;
	enum view_verdict verdict;
};

struct view_input {
	const struct lsdb *db;
	const struct setup *setup;
	const struct mta *mta; /* beside us; NULL: not known */
	struct mono now;       /* for removals; decides no path */
	uint64_t wall;         /* the same moment in seconds since 1970 */
	bool agreed; /* a peer has told all that it knows since the start */
	const struct view_probe *probes;
	size_t nprobes;
	const struct view_place *places; /* of our links; may be none */
	size_t nplaces;
	const struct refusals *refusals; /* hops left out; NULL: none */
	const struct unheard *unheard;   /* too, of last resort */

	/*
	 * Whether the origin's certificate lets it relay for the pattern:
	 * `relay = yes` without it counts as no (lsrd-protocol(7) 6). NULL:
	 * every LSA is believed, which is for tests.
	 */
	bool (*may_relay)(void *ctx, const char *origin, const char *pattern);

	/*
	 * Whether the origin's certificate lets it have a connector to the
	 * group. NULL: every connector counts, as the authority has not said
	 * otherwise.
	 */
	bool (*may_connect)(void *ctx, const char *origin, const char *group);
	/* Whether it lets it claim the pattern at all, as far as is known;
	 * NULL: it does. */
	bool (*may_claim)(void *ctx, const char *origin, const char *pattern);
	void *ctx;
};

/*
 * Keys that leave: patterns that nobody claims any more. Starts as all zero;
 * what a table that was read from a file says of them (route.leaves) enters
 * with the first view of it.
 */
struct view_pending {
	struct view_removal *v; /* sorted by pattern */
	size_t n;
	VEC(char *)
	restless; /* keys to be decided again with every change, for
				 more than their own ways decides them; in any
				 order */
};

struct view_removal {
	char *pattern;
	struct mono until; /* the end of its hour */
	struct mono gone;  /* then no mail of before can be waiting */
	bool idle;         /* and none does, by a reading after `until` */
	bool renewed;      /* it leaves only then: nothing is said of it yet */
};

struct view;

/* What the input points to is lent for the life of the view. */
struct view *view_new(const struct view_input *in);
void view_free(struct view *view);

/*
 * The same view as view_new() would make, from the last one, which it takes
 * over: NULL, or one of the same setup, MTA and certificates, and the news has
 * each change of the database since. What was said anew is read anew, and
 * what follows from that follows (view_follow.h). Between a change and this
 * call nothing may be asked of the view, and with it the news may be cleared.
 *
 * It is made anew, at the cost of a start, where facts_renew() says so, where
 * the first pattern of scope routing-group appears, and where a group has
 * fallen into more parts than ever (STEPS_SPARE_PARTS).
 */
struct view *view_renew(
    struct view *last, const struct view_input *in, const struct news *news);

/* The table of this view has been made: from now on it notes what a later one
 * may have otherwise. */
void view_settle(struct view *view);

/*
 * The new table, which the caller owns. `old` is the one published last,
 * or what was saved of it, or NULL. `pending` is brought up to date.
 *
 * It has no generation yet: see rib_number().
 */
struct rib *view_rib(const struct view *view, const struct rib *old,
    struct view_pending *pending);

/*
 * The table, changed in place. `rib` is the one before, or NULL. Only routes
 * that may be others are decided again: those of marked patterns and servers
 * (view_follow.h), of patterns that are new, and restless ones: that leave,
 * are held or go by last resort, less specific routes or where a hop refused.
 * While there are any of these that no way leads to, what holds and last
 * resort need is made anew, too: about a tenth of a view.
 *
 * All are decided where the view marks all, where there are too many, or
 * where they are amended.
 */
struct view_table {
	struct rib **rib;
	struct view_pending *pending;
	struct fresh *fresh;
	struct rib_changes *changes; /* cleared, and filled in */
	/* What else becomes of a new table, given that before, or NULL. */
	void (*amend)(void *ctx, const struct rib *old, struct rib *rib);
	void *ctx;
	struct mono due; /* when to look again (fresh.h) */
};

void view_table(const struct view *view, struct view_table *table);

/*
 * What of the new table may stay as it was in the old one does: a way, as long
 * as we could send by it. Not what is known of the key itself: one that leaves,
 * is revoked, or is our own; not a hop whose probe failed, that is none any
 * more, or has that address no more; once none is left the new route stands,
 * and is the one that stays. A name that is new waits. Returns how many routes
 * would be others.
 */
size_t view_freeze(
    const struct view *view, const struct rib *old, struct rib *rib);

/* When the first removal goes on: ask for a new table then. Else MONO_NEVER. */
struct mono view_pending_due(
    const struct view_pending *pending, struct mono now);

/* The MTA's queue was read: `n` recipients of the pattern came before the end
 * of its hour. True if that may move the table. */
bool view_pending_waits(
    struct view_pending *pending, const char *pattern, uint64_t n);

struct view_pending view_pending_copy(const struct view_pending *from);
void view_pending_done(struct view_pending *pending);

/* No adjacency that both ends announce, though there is somebody to have one
 * with: every path is one of last resort. */
bool view_alone(const struct view *view);

/* Servers present, ourselves included. */
size_t view_present(const struct view *view);

/* Servers that have a server LSA and are not present, in the order of their
 * names; lent by the view. */
const char *const *view_away(const struct view *view, size_t *n);

/*
 * Which routes, of all servers, would have no path any more without transit by
 * us (`connector` NULL), or without that connector of ours, or one of its
 * bridgeheads. And in `limited`, which would have none that takes every message:
 * by connectors with limits alone. Lent as long as the view is.
 */
struct view_severed {
	struct severed whole, limited;
};

void view_severed(const struct view *view, const char *connector,
    const char *bridgehead, struct view_severed *out);

/* One question of `lsrctl explain`. */
struct view_question {
	const struct rib *rib; /* published; NULL: nothing is yet */
	const char *address;   /* in any case */
	struct policy_message message;
};

/*
 * The object of lsrctl(1), JSON, by the live database. A message without
 * limits, and any where no connector has some, goes as the published table says, so then the next hops are those
 * (at most 4), and further keys tell what a table knows more: `way`,
 * `reason`, `last_resort`, `relay`, `generation`. False, and nothing is
 * written, if that is no address.
 */
bool view_explain(struct json *j, const struct view *view,
    const struct view_question *question);

/*
 * The topology document of the live database (lsrctl(1)), so that a
 * plan can be tried on it. What the form cannot say comes as near as it can:
 *
 * - an absent server is `down`; a leaf is `drain`, for mail ends there;
 * - a bridgehead nobody spoke for is a server in `drain` of its connector's
 *   group; a claim without a server LSA stands with one of group `unknown`;
 * - bridgeheads that differ in cost or state are connectors of their own,
 *   `NAME:BRIDGEHEAD`, up to LIMIT_EXPORT_WAYS of them, and further ones
 *   stand with the last; of one name at two servers it is `NAME@SERVER`;
 * - congestion is part of the cost; a space that is down says so in `state`;
 * - reports of members about each other are lost: in a document the present
 *   members of a group all reach each other.
 *
 * False: it is longer than LIMIT_EXPORT_OCTETS, and not whole.
 */
bool view_export(struct json *j, const struct view *view);

#endif
