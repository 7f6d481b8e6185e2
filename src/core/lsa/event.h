/*
 * event.h - what happened, as data: the vocabulary of the log.
 *
 * The core makes events, io/sink.c makes lines of them, lsrd-events(7)
 * explains each word to an operator. Pointers are lent for the step.
 */

#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum event_kind {
	EVENT_NBR_STATE,       /* peer, from, to, reason */
	EVENT_SESSION_REFUSED, /* peer, reason */
	EVENT_LSA_REFUSED,     /* peer, origin, name, reason */
	EVENT_LSA_INSTALLED,   /* debug: origin, name, value: sequence */
	EVENT_LSA_PURGED,      /* origin, name */
	EVENT_LINK_STATE,      /* name: connector, peer: bridgehead, from, to */
	EVENT_MAIL_STATE,      /* peer: member of the group, from, to */
	EVENT_MTA_STATE,       /* our own MTA: from, to */
	EVENT_MTA_ASKS,        /* our own MTA asks our tables: from, to;
				  reason: what is missing */
	EVENT_SPACE_STATE,     /* name: pattern, from, to */
	EVENT_SERVER_STATE,    /* our own state: from, to, reason */
	EVENT_ROUTES,          /* value: moved, total: in all, name: generation,
			 reason: the first patterns that moved; from, to,
			 text: the first one's ways and what moved it */
	EVENT_KEY,  /* name: a pattern nobody claims any more; to: "leaving",
			 "given-up", "gone" or "claimed"; from: the end of its
			 hour */
	EVENT_KEYS, /* value: so many more of these in one table */
	EVENT_LARGE_LOST, /* peer; value: octets that it did not confirm */
	EVENT_ALONE,      /* no adjacency; value: sessions lost */
	EVENT_BEHIND,     /* the table is behind the database; value: ms */
	EVENT_FIGHT,      /* someone else speaks as us: origin */
	EVENT_CLONE,      /* repeatedly: another machine has our key */
	EVENT_BREACH,     /* an epoch of ours leaps: origin, name, value: it */
	EVENT_RELAY_DENIED, /* name: pattern; our certificate has no relay */
	EVENT_CLAIM_DENIED, /* name: pattern; our certificate has no space */
	EVENT_LIST_DENIED,  /* value: so many patterns of our list that nothing
			       allows, name: the first of them */
	EVENT_LIST_OLDER,   /* origin: reads no lists, to: waits, unread; none
			       any more: to: all */
	EVENT_ISSUE_TIME,   /* origin, value: seconds apart */
	EVENT_LSDB_FULL,    /* value: LSAs, total: octets */
	EVENT_LSDB_FILLING, /* origin (of all: none), value, total */
	EVENT_LSDB_BAD,     /* value: LSAs whose octets went bad in memory */
	EVENT_RESTORED,     /* value: LSAs, name: what was refused */
	EVENT_CONFIRM,      /* a reload moves value of total routes: held */
	EVENT_FORGOTTEN,    /* origin: purged by the authority */
	EVENT_REVOKED,      /* name: key digest, origin: whose it was */
	EVENT_OWN_REVOKED,  /* it is ours: name; peer: who says so, if it is not
			       the authority's word itself */
	EVENT_DIFFERS,      /* peer: its database is another; value: seconds;
			       to: differs, agrees */
	EVENT_EXPIRED,      /* peer: its certificate is out of date */
	EVENT_CONGESTION,   /* peer: bridgehead, from, to: levels; value: late,
			     total: waiting */
	EVENT_REPORT_REFUSED, /* reason; value: so many so far */
	EVENT_SHORTAGE,       /* probes could not begin here; to, reason */
	EVENT_COMMAND,        /* of a probe, name, of a bridgehead, peer; to:
				 silent, answers; reason */
	EVENT_UNCLAIMED, /* origin, name: a connector that its certificate has
			    no claim for, from: group, to: counts, refused */
	EVENT_SHARE,     /* origin: so many percent (value) of our routes go
			    through it, total: before */
	EVENT_AUTHORITY, /* its certificate is over; value: seconds */
	EVENT_ADDRESS,   /* origin: names an address that is another's (from);
			  name: the address, to: down, up */
	EVENT_ROUTE_REFUSED, /* peer: server, from: its address, name: pattern
				it will not relay for, to, reason; value:
				seconds */
	EVENT_HELD,     /* name: pattern on hold, peer: the id of its oldest
		       message in the MTA's queue, to: when that gives it up */
	EVENT_DRAIN,    /* another server: origin, to: drain or what it is now;
			from: its end, peer: who asked, reason */
	EVENT_OVERRIDE, /* name: what was said beside the configuration, to:
			   begun, ended, taken-back or why else it is over;
			   from: its end, peer: who asked, reason */
	EVENT_KINDS
};

struct event {
	enum event_kind kind;
	const char *peer, *origin, *name, *from, *to, *reason;
	const char *text; /* as another program said it; or NULL */
	uint64_t value, total;
	bool early; /* no alarm yet: it may only have begun later than we */
};

#endif
