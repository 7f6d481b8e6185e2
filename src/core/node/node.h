/*
 * node.h - the whole state of one server, for the files that are the engine.
 *
 * Each has its header; an include is an arrow in this picture, and each leads
 * to a line below (t/lint/layers.sh):
 *
 *     engine                        the door: one input in, effects out
 *     query, confirm                lsrctl; a new configuration
 *     query_override                what is said beside it
 *     overriding, query_metrics     and is kept, and ends; what is counted
 *     session, origin, troubles     one session; what we say; what is wrong
 *     phase, pulse, saved           a start; does a session live; what is saved
 *     saved_before                  what was saved by lsrds of before
 *     accept, adjacent              what others say; adjacencies
 *     compute, evidence             the table, when and what; what reports tell
 *     dial, services, expel         whom we want sessions with, and probe; what
 *                                   leaves the database again
 *     told, service_show            what mail says of a service; all of it
 *     probing, early                whether one is up; or not yet, at a boot
 *     mute                          what follows when a probe says nothing
 *     relaying, contest, hear       does it relay; whose it is; how often others
 *     epoch, sessions, refused, long_list
 *                                   our numbers; told to all; who will not
 *                                   relay; what we say of a long list
 *     asked, annex, held, pinned, found
 *                                   our MTA; the milter's part; mail that waits;
 *                                   what a table keeps by order; bridgeheads
 *                                   that no configuration names
 *     room, transit, sync, outcome  what is kept, and counts; what peers lack;
 *                                   what is told of a mail service
 *     service, shortage, moved, differ
 *                                   the set of services; what is short here;
 *                                   which routes moved, and why; whose
 *                                   database is another
 *     due, nbrs, cause, query_db    what changes ask for; who is there; what
 *                                   was changed by whom
 *     fx, signers, group            effects of a step; certificates; members
 *     keys, congestion, override, request
 *                                   parts that know none of these
 *     session_life                  and which messages are allowed when
 *
 * Outside these files nobody looks in here.
 */

#ifndef CORE_NODE_H
#define CORE_NODE_H

#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/tree.h"
#include "base/vec.h"
#include "core/lsa/bucket.h"
#include "core/lsa/lsdb.h"
#include "core/node/cause.h"
#include "core/node/due.h"
#include "core/node/engine.h"
#include "core/node/epoch.h"
#include "core/node/fx.h"
#include "core/node/keys.h"
#include "core/node/moved.h"
#include "core/node/override.h"
#include "core/node/phase.h"
#include "core/node/service.h"
#include "core/node/session_life.h"
#include "core/node/signers.h"
#include "core/trace/view_annex.h"
#include "core/view/fresh.h"
#include "core/view/refusal.h"
#include "core/view/view.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "core/wire/report.h"

/* What tells whether a session lives. */
struct pulse {
	struct mono heard, said; /* last octets either way */
	uint64_t sent, came;     /* octets of the stream so far */
	uint64_t confirmed;      /* of `sent`: what it says has come there */
	struct mono firm_at;     /* when that last rose, or all was confirmed */
	bool owes; /* until FULL: what the session before it said may be lost */
	uint64_t update_end;    /* `sent`, behind the last LSA */
	uint64_t bulk_end;      /* `sent`, behind the last large frame */
	struct mono alive_at;   /* when the last ALIVE went out */
	struct mono alive_came; /* and came in */
	struct mono patience;   /* of an exchange; octets put it off */
	struct mono whole_by;   /* a whole message must come; put off, too */
	uint32_t dead_ms;       /* the greater of both sides' */
	uint32_t round_trip_us; /* as told last; 0: not known */
	bool missed; /* the first missing keep-alive has asked for a probe */
};

/* What two databases still lack of each other. */
struct sync {
	struct keyset queue; /* to send: the newest instance of each */
	struct wants wanted; /* requested, not yet come or refused */
	struct keyset late;  /* came too soon: to be asked for in their time */
	uint32_t round;      /* begins with each DIGEST, sent or heard */
	bool summary_sent,
	    summary_open;          /* ours: begun in this round; going on */
	unsigned summary_part;     /* of parts.h, with a peer that knows them */
	struct msg_key summary_at; /* the last key of ours that was summed up */
	bool differs[PARTS];       /* of ours, from the peer's last DIGEST */
	uint64_t theirs, ours;     /* LSAs that this round's summaries name, */
	uint64_t read, told;       /* and those that were named so far */
	bool summary_whole; /* theirs: seen to its end, or digests equal */
	bool synced_sent, synced_heard;
	bool more;  /* of it was not asked for: too much at once */
	bool again; /* so another round was asked for, and nothing came yet */
	struct mono digest_at; /* when to compare digests again */
};

/* One session: a transport whose peer has proved its name. */
struct session {
	uint32_t who;
	char *peer;
	bool dialled; /* by us */
	enum setup_carrier carrier;
	enum session_life_state state;
	const char *over; /* why it ends in this turn; a fixed text, or NULL */
	uint8_t
	    key[CRYPTO_DIGEST]; /* of the certificate it proved itself with */
	int64_t not_after;      /* of that; seconds since 1970 */
	struct frame_reader in;
	unsigned version; /* of the protocol; 0: no HELLO yet */
	uint32_t begins;  /* its identity is of no life before; 0: of any */
	struct mono opened;
	struct pulse pulse;
	size_t unsent; /* octets given to the transport and not yet written */
	struct sync sync;
	struct bucket faults; /* of this peer, in points of limits.h */
	uint64_t updates;     /* LSAs received */
};

/* What a peer of its version is told of: all, or nothing of lists. */
static inline enum parts_of
session_parts(const struct session *s)
{
	return s->version < MSG_VERSION_LISTS ? PARTS_PLAIN : PARTS_ALL;
}

static inline bool
session_tells(const struct session *s, uint8_t type)
{
	return session_parts(s) == PARTS_ALL || !lsa_is_list(type);
}

/* The drawing is in adjacent.h. */
enum adjacency {
	ADJACENT_NOT, /* yet */
	ADJACENT_UP,
	ADJACENT_SILENT, /* no session, and its mail service answers */
	ADJACENT_WITHDRAWN
};

struct diff; /* differ.c's */

/* What is known of a neighbour's database, beside what it says. */
struct differing {
	struct mono since; /* in each DIGEST since then a part differed; 0 ms:
			      the last one was ours */
	bool part[PARTS];  /* and it is one of these */
	bool told;
	bool known; /* its digest: a peer of version 1 tells none of ours */
	uint8_t digest[CRYPTO_DIGEST];
	struct diff *diff; /* lsrctl has asked; or NULL */
};

/* Another server, as far as sessions and adjacencies go. */
struct nbr {
	struct tree_node node;
	char *name;
	struct session *session; /* in use, or NULL */
	enum adjacency adjacency;
	struct mono changed; /* when last something of others changed */
	struct mono since;   /* of the last change of `session` */
	uint64_t since_wall;
	struct mono dial_at;
	bool dialling; /* FX_DIAL is not yet answered */
	uint32_t dial_fails;
	bool wanted;                /* we dial it */
	enum setup_carrier carrier; /* by which we dial it */
	struct addr addrs[2 * LIMIT_ADDRESSES];
	size_t naddrs;
	const char *reason; /* the last session's end; a fixed text */
	bool large_lost;    /* large packets do not get there */
	uint32_t stalls;    /* sessions in a row that ended with such unsaid */
	struct mono alarm_at; /* its certificate may be said to be over again */
	const char *told;     /* why it closed last, by its own word; a fixed
				 text of ours, or NULL */
	struct differing differing;
};

/* One of our own LSAs. */
struct own {
	struct tree_node node;
	struct lsa_key key; /* points behind the struct */
	struct buf body;
	bool said; /* part of what we say now; else to be purged */
	struct bucket bucket;
	struct mono last; /* it took a token */
};

/* Servers by the address that each names first (contest.c). */
struct contest {
	struct tree names, addrs;
	size_t lost; /* so many name an address that is another's */
	bool open;   /* from now on who comes first has it */
};

/* What reporters have told. */
struct heard {
	uint64_t total[REPORT_COUNTS];
	uint64_t times[REPORT_KINDS];
	struct mono last[REPORT_KINDS];
	uint64_t refused;
	uint64_t unready; /* passed the milter unmarked since one was marked */
};

/* When a schedule opens, mail that waits for it is to be tried again. */
struct schedule {
	char *text;
	bool open; /* when it was looked at last */
};

struct schedules {
	VEC(struct schedule) v;
};

/* What the milter's table has besides the routes. */
struct annex {
	struct schedules schedules; /* of connectors in use */
	struct mono minute;         /* look at them again then */
	struct view_widths widths;  /* in the net */
	bool keys_due, widths_due;  /* others may be known since */
	bool net_due;               /* it is to be made in a step of its own */
	struct buf keys, net;       /* parts of an annex */
	struct buf said;            /* with the last FX_ROUTES */
	size_t head;                /* so many octets of it */
	unsigned kept;              /* of FX_ROUTES, since then */
};

#define HELD_ID 32 /* queue ids are shorter */

/* The message that has waited the longest for a hold. */
struct held {
	char *pattern; /* NULL: none */
	char id[HELD_ID];
	uint64_t came;        /* seconds since 1970 */
	struct mono again_at; /* the alarm may be said again */
	struct mono read_at;  /* the MTA's queue, to its end */
	bool read;
};

/* The order of a step, and what is done every few minutes (engine.c). */
struct turn {
	bool news;         /* this step has some, that is to go out first */
	bool trusted;      /* and this is what we saved ourselves */
	bool vouched;      /* when all were trusted whom we trust, or fewer */
	bool agreed;       /* a session was FULL since the start */
	struct kept *kept; /* what saved.c has read of it so far, or NULL */
	uint64_t calendar; /* `wall` less `now`, as it was last */
	struct mono started;
	struct mono recheck_at;
	struct mono authority_at; /* that it is over may be said again */
};

/* Mail services, what their probes found, and what reporters tell. */
struct evidence {
	struct tree services;
	uint32_t services_made;
	const char *shortage; /* what probes lacked here; a fixed text */
	struct mono short_at; /* when they did so last */
	struct heard heard;
	struct refusals refusals;
};

struct dial {
	struct mono allow_at;  /* look again at who may come */
	uint64_t places;       /* of the database, when we looked last */
	struct mono few_since; /* fewer sessions in our group than wanted */
	uint32_t more;         /* so many further members are dialled */
	struct buf allowed;    /* the last FX_ALLOW */
};

/* What of a long list of ours is said (long_list.h). */
struct long_list {
	bool due;         /* it may be another */
	bool any;         /* there is one */
	bool waits;       /* for a server that reads none */
	bool behind;      /* the table was when it was made, */
	uint64_t table;   /* and this one was published */
	size_t pending;   /* so many are not in it yet */
	size_t denied;    /* so many were told of that nothing allows */
	bool granted;     /* the authority says something else of us, */
	struct mono calm; /* until then maybe more */
	char older[STR_HOST_MAX + 1]; /* told of: reads no lists; or "" */
};

/* What we say of ourselves, and under which numbers. */
struct origin {
	struct epoch epoch;
	struct long_list long_list;
	struct tree owns;
	struct mono at;       /* a bucket lets us say more */
	enum lsa_state state; /* in our server LSA */
};

/* Whether our MTA asks our tables (asked.h). */
struct asked {
	struct mta mta;        /* as it was read last */
	bool told;             /* since our start */
	enum mta_asks verdict; /* that we act by */
	bool once;             /* it was a "yes" before */
	struct mono no_since;  /* readings say no; 0: they do not */
};

/* The view that the table was computed of, and what has changed since. */
struct sight {
	struct view *view; /* NULL: the next one reads everything */
	struct news news;  /* of the database */
	struct mta mta;    /* by which it was made */
};

/* What belongs to the last table made. */
struct beside {
	struct rib_changes changes; /* in it; lent with FX_ROUTES */
	bool amended;               /* by an operator's orders */
	uint64_t runs; /* tables decided, other than before or not */
};

/* What moves, and why (moved.h). */
struct moving {
	struct causes causes; /* of the next table */
	struct trails trails;
	struct mono at;    /* the first cause of the table that moved last, */
	uint64_t in;       /* whose generation is not published yet; or 0 */
	uint32_t subject;  /* of its record: the first pattern of it */
	VEC(char *) again; /* patterns to be tried again once published */
};

/* Since when a table waits to be published, and none was; of no meaning while all
 * are. `behind`: for so long that others are told. */
struct lateness {
	struct mono sent_at; /* the newest */
	struct mono since;
	bool behind;
};

/* The table, from its computing until it is published (compute.h). */
struct tables {
	struct rib *rib; /* lent to the shell until the next */
	struct beside beside;
	struct sight sight;
	struct annex annex;
	struct view_pending pending;
	struct fresh fresh;
	struct unheard unheard;
	struct held held;
	struct mono due_at;   /* hourly work of the table itself */
	struct mono retry_at; /* all mail, after tables were lost */
	uint64_t published;   /* generation acknowledged */
	bool published_once;
	uint64_t noted;               /* greatest of tables that no file has */
	const char *unwritten[FILES]; /* why they cannot be now; or NULL */
	struct lateness late;
	bool alone;
	uint64_t confirm_moves;        /* so many routes, by a held setup */
	VEC(struct view_probe) probes; /* for the view of the moment */
	VEC(struct view_place) places; /* too */
	struct moving moving;
};

struct engine {
	const struct crypto *crypto;
	const struct setup *setup; /* overridden or not (override.h) */
	struct rng rng;
	struct mono now;
	uint64_t wall;
	enum phase phase;
	struct turn turn;
	struct fx fx;
	struct due due;

	struct lsdb db;
	struct signers signers;
	struct contest contest;
	VEC(struct session *) sessions;
	struct tree nbrs;
	struct evidence evidence;
	struct dial dial;
	struct origin origin;
	struct overrides overrides;
	struct asked asked;
	struct tables table;
};

/* The key of the authority with this identity: ours, or the one that is
 * trusted besides for a time; NULL: neither. */
static inline const uint8_t *
node_authority(const struct engine *e, const uint8_t id[CRYPTO_DIGEST])
{
	const struct setup_authority *a = &e->setup->authority;

	if (memcmp(id, a->id, CRYPTO_DIGEST) == 0)
		return a->key;
	if (a->second.given && memcmp(id, a->second.id, CRYPTO_DIGEST) == 0)
		return a->second.key;
	return NULL;
}

/* It is of ourselves, whoever has said it. */
static inline bool
node_is_own(const struct engine *e, const struct lsa_key *key)
{
	return strcmp(key->origin, e->setup->server) == 0;
}

#endif
