/*
 * node.h - the whole state of one server, for the files that are the engine.
 *
 *     engine.c     the door: one input in, effects out; the order of a step
 *     fx.c         the effects of a step (fx.h)
 *     nbrs.c       the servers that sessions are with (nbrs.h)
 *     due.c        what changes ask for (due.h)
 *     session.c    one session: hello, keep-alives, exchange, its queue
 *     pulse.c      whether a session lives: heard, confirmed, too late
 *     sync.c       what two databases lack of each other, and the exchange
 *     signers.c    who signs as which server (signers.h)
 *     accept.c     what may enter the database, and what follows from it
 *     room.c       how much of the database is whose
 *     hear.c       how often others may speak
 *     transit.c    whose connectors count, and who has which share
 *     contest.c    of two servers that name one address, who has it
 *     adjacent.c   adjacencies: announced, announced on in silence, withdrawn
 *     link.c       mail services that concern us: which they are
 *     probing.c    their condition: probes and verdicts
 *     told.c       what reports tell of them
 *     refused.c    next hops that refuse to relay for a pattern (refused.h)
 *     evidence.c   reports: counters, and what they tell of links
 *     origin.c     what we say of ourselves, when, and under which sequence
 *     group.c      our routing group (group.h)
 *     dial.c       with whom we want a session
 *     steer.c      when the table is computed, published, and asked about
 *     asked.c      whether our own MTA does what the table says
 *     annex.c      what the milter's table has besides the routes
 *     confirm.c    a new configuration that would move too much is held
 *     state.c      what survives a restart
 *     query.c      answers for lsrctl
 *     query_db.c   the longest of them
 *     troubles.c   what is wrong here now, in words
 *
 * Outside these files nobody looks in here.
 */

#ifndef CORE_NODE_H
#define CORE_NODE_H

#include "base/json.h"
#include "base/rng.h"
#include "base/tree.h"
#include "base/vec.h"
#include "core/due.h"
#include "core/engine.h"
#include "core/frame.h"
#include "core/fresh.h"
#include "core/fx.h"
#include "core/keys.h"
#include "core/link.h"
#include "core/lsdb.h"
#include "core/msg.h"
#include "core/nbr.h"
#include "core/others.h"
#include "core/pace.h"
#include "core/refusal.h"
#include "core/report.h"
#include "core/signers.h"
#include "core/view.h"

/* One session: a transport whose peer has proved its name. */
struct session {
	uint32_t who;
	char *peer;
	bool dialled; /* by us */
	enum setup_carrier carrier;
	enum nbr_state state;
	const char *over; /* why it ends in this turn; a fixed text, or NULL */
	uint8_t key[SEAL_DIGEST]; /* of the certificate it proved itself with */
	int64_t not_after;        /* of that; seconds since 1970 */
	struct frame_reader in;
	unsigned version;                /* of the protocol; 0: no HELLO yet */
	struct mono opened, heard, said; /* last octets either way */
	uint64_t sent, came;             /* octets of the stream so far */
	uint64_t confirmed;  /* of `sent`: what it says has come there */
	struct mono firm_at; /* when that last rose, or all was confirmed */
	bool owes; /* until FULL: what the session before it said may be lost */
	uint64_t update_end;    /* `sent`, behind the last LSA */
	uint64_t bulk_end;      /* `sent`, behind the last large frame */
	struct mono alive_at;   /* when the last ALIVE went out */
	struct mono alive_came; /* and came in */
	struct mono patience;   /* of an exchange; octets put it off */
	uint32_t dead_ms;       /* the greater of both sides' */
	bool missed;   /* the first missing keep-alive has asked for a probe */
	size_t unsent; /* octets given to the transport and not yet written */
	struct keyset queue; /* to send: the newest instance of each */
	struct wants wanted; /* requested, not yet come or refused */
	struct keyset late;  /* came too soon: to be asked for in their time */
	bool summary_sent,
	    summary_open;          /* ours: begun in this round; going on */
	unsigned summary_part;     /* of parts.h, with a peer that knows them */
	struct msg_key summary_at; /* the last key of ours that was summed up */
	bool differs[PARTS];       /* of ours, from the peer's last DIGEST */
	uint64_t theirs, ours;     /* LSAs that this round's summaries name, */
	uint64_t read, told;       /* and those that were named so far */
	bool summary_whole; /* theirs: seen to its end, or digests equal */
	bool synced_sent, synced_heard;
	struct mono digest_at; /* when to compare digests again */
	struct pace faults;    /* of this peer, in points of limits.h */
	uint64_t updates;      /* LSAs received */
};

/* Another server, as far as sessions and adjacencies go. */
struct nbr {
	struct tree_node node;
	char *name;
	struct session *session; /* in use, or NULL */
	bool announced;          /* in our server LSA */
	bool silent; /* announced on: no session, its mail service answers */
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
};

/* One of our own LSAs. */
struct own {
	struct tree_node node;
	struct lsa_key key; /* points behind the struct */
	struct buf body;
	bool said; /* part of what we say now; else to be purged */
	struct pace pace;
};

/* Servers by the address that each names first (contest.c). */
struct contest {
	struct tree names, addrs;
	size_t lost; /* so many name an address that is another's */
	bool open;   /* from now on who comes first has it */
};

enum phase {
	PHASE_BOOT,       /* nothing restored yet */
	PHASE_RETURNING,  /* listens, originates nothing (DESIGN section 7) */
	PHASE_PUBLISHING, /* its first table is on its way */
	PHASE_RUNNING
};

/* What reporters have told. */
struct heard {
	uint64_t total[REPORT_COUNTS];
	uint64_t times[REPORT_KINDS];
	struct mono last[REPORT_KINDS];
	uint64_t refused;
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
	struct view_keys known;     /* mark keys, as encoded last */
	struct buf keys, net;       /* parts of an annex */
	struct buf said;            /* the last FX_ANNEX */
};

#define HELD_ID 32 /* queue ids are shorter */

/* The message that has waited the longest for a hold. */
struct held {
	char *pattern; /* NULL: none */
	char id[HELD_ID];
	uint64_t came;        /* seconds since 1970 */
	struct mono again_at; /* the alarm may be said again */
};

struct engine {
	const struct seal *seal;
	const struct setup *setup;
	struct rng rng;
	struct mono now;
	uint64_t wall;
	uint64_t calendar; /* `wall` less `now`, as it was last */
	struct fx fx;
	struct due due;

	struct lsdb db;
	struct signers signers;
	struct contest contest;
	struct mono authority_at; /* that it is over may be said again */
	struct mono late_at;      /* an LSA that waits has its time */
	VEC(struct session *) sessions;
	struct tree nbrs;
	struct tree links;
	uint32_t links_made;
	struct heard heard;
	struct refusals refusals;
	const char *shortage;  /* what probes lacked here; a fixed text */
	struct mono short_at;  /* when they did so last */
	struct mono allow_at;  /* look again at who may come */
	struct mono few_since; /* fewer sessions in our group than wanted */
	uint32_t more;         /* so many further members are dialled */
	struct buf allowed;    /* the last FX_ALLOW */

	enum phase phase;
	struct mono started;
	bool published_once;
	uint32_t epoch, epoch_saved, counter;
	uint32_t saves, epoch_save; /* numbers of FX_SAVE: last, of the epoch */
	struct tree owns;
	struct mono origin_at; /* a bucket lets us say more */
	struct pace fight;
	uint32_t fights;
	struct mono fight_since, fight_last;
	struct mono breach_at;  /* a breach is said again then */
	struct mta mta;         /* as it was read last */
	bool mta_told;          /* since our start */
	enum mta_asks asked;    /* the verdict that we act by */
	bool asked_once;        /* it was a "yes" before */
	struct mono mta_no;     /* since when readings say no */
	uint64_t confirm_moves; /* so many routes, by a setup that is held */
	uint64_t drain_until;   /* by lsrctl drain; 0: not drained so */
	bool drained;
	char *drain_reason;
	enum lsa_state said_state; /* in our server LSA */

	struct mono recheck_at;

	struct mono table_due_at; /* hourly work of the table itself */
	struct mono retry_at;     /* all mail, after tables were lost */
	bool ticking;             /* this step is an IN_TICK */
	struct rib *rib;          /* lent to the shell until the next */
	struct rib *shown;        /* the same to an MTA, with newer costs */
	struct annex annex;
	struct view_pending pending;
	struct fresh fresh;
	struct held held;
	uint64_t published; /* generation acknowledged */
	uint64_t noted;     /* greatest of tables that no file has */
	struct mono sent_at;
	bool behind;
	bool alone;
	VEC(struct view_probe) probes; /* for the view of the moment */
	VEC(struct view_place) places; /* too */
	VEC(char *) moved; /* patterns to be tried again once published */
};

/* --- session.c ---------------------------------------------------------- */

void session_open(struct engine *e, const struct input *in);
void session_bytes(struct engine *e, const struct input *in);
void session_drained(struct engine *e, uint32_t who);
void session_closed(struct engine *e, uint32_t who);
void session_tick(struct engine *e);

/* Counts what the peer did wrong, in points: false when it is too much. */
bool session_forgive(struct engine *e, struct session *s, uint32_t points);

/* All sessions that were proved with the key of this digest, in hexadecimal,
 * are over. */
void session_revoke(struct engine *e, const char *key);

/* Gives an LSA to every session in SYNC or FULL but `from` (or NULL). */
void session_flood(
    struct engine *e, const struct lsa *lsa, const struct session *from);

/* To this one alone. */
void session_offer(
    struct engine *e, struct session *s, const struct lsa_key *key);

void session_free(struct session *s);

/* --- asked.c -------------------------------------------------------------- */

/* A reading of our MTA's configuration. */
void asked_told(struct engine *e, const struct mta *mta);

/* What we said before the restart is the verdict until there is another. */
void asked_restore(struct engine *e);

/* We may give transit, as far as our MTA goes. */
bool asked_may(const struct engine *e);

/* The verdict that a start waits for is there, or nobody can tell. */
bool asked_ready(struct engine *e);

/* --- troubles.c ----------------------------------------------------------- */

/* Into an open object: an array, empty where all is well. */
void troubles_show(struct engine *e, struct json *j);

/* --- held.c --------------------------------------------------------------- */

void held_told(struct engine *e, const struct input *in);
/* Into an open object: nothing where nothing is held. */
void held_show(const struct engine *e, struct json *j);
void held_done(struct engine *e);

/* --- sync.c --------------------------------------------------------------- */

void sync_digest_send(struct engine *e, struct session *s);
int sync_message(
    struct engine *e, struct session *s, uint8_t type, struct cur *body);
void sync_pump(struct engine *e, struct session *s);
/* An LSA with this key came, or will not come. */
void sync_settle(
    struct engine *e, struct session *s, const struct lsa_key *key);
/* Whether we have asked for it, or have heard of it in a summary. */
bool sync_wants(
    const struct engine *e, const struct session *s, const struct lsa_key *key);
/* How far the two have come, in LSAs and octets; into an open object. */
void sync_show(const struct nbr *nbr, struct json *j);
/* Asks for the key, once more if it was asked for; false: was so already. */
bool sync_again(struct engine *e, struct session *s, const struct lsa_key *key);

/* Asks for all of them; whether they come is seen elsewhere. */
void sync_request(
    struct engine *e, struct session *s, const struct keyset *keys);

/* --- accept.c ------------------------------------------------------------- */

/* An UPDATE's octets; `from` is NULL for what lsrctl injects. Returns the
 * reason when it was refused, RC_OLD and RC_SAME when it was not news. *asked,
 * unless it is NULL: we had asked this peer for it. */
int accept_update(struct engine *e, struct session *from, const uint8_t *p,
    size_t n, bool *asked);

/* Judges a decoded LSA: signature, claims, revocations, caps. */
int accept_judge(struct engine *e, struct lsa *lsa);

/* Octets that were saved: judged like anything from outside, and refused by
 * name. True if it is in the database now. */
bool accept_saved(struct engine *e, const uint8_t *p, size_t n);

/* Takes it into the database and does what follows. */
void accept_install(
    struct engine *e, struct lsa *lsa, const struct session *from);

/* Takes out what nobody may have said any more. */
void accept_drop(struct engine *e, struct lsa *lsa, int rc);

/* --- adjacent.c ------------------------------------------------------------ */

void adjacent_up(struct engine *e, struct nbr *nbr);
void adjacent_missed(struct engine *e, struct nbr *nbr);
void adjacent_lost(struct engine *e, struct nbr *nbr);
/* Its mail service was found down. */
void adjacent_mail_down(struct engine *e, const char *name);
/* Something changed that no silent server can follow; `origin` said it. */
void adjacent_changed(struct engine *e, const char *origin);

/* --- evidence.c ------------------------------------------------------------- */

/* One datagram of a reporter, as it came. */
void evidence_report(struct engine *e, const uint8_t *p, size_t n);
/* What was heard so far, as an object under `key`. */
void evidence_show(const struct engine *e, struct json *j, const char *key);

/* --- origin.c ---------------------------------------------------------------- */

void origin_start(struct engine *e);
void origin_tick(struct engine *e);
/* One of our own LSAs was heard: newer than what we last said. */
void origin_heard(struct engine *e, const struct lsa *lsa);
/* One was heard whose epoch leaps: it was refused, and somebody has our key. */
void origin_breach(struct engine *e, const struct lsa *lsa);
void origin_saved(struct engine *e, uint32_t number);
bool origin_is_own(const struct engine *e, const struct lsa_key *key);
void origin_done(struct engine *e);

/* What we would say under the setup in force, into another database. */
void origin_draft(struct engine *e, struct lsdb *db);

/* --- confirm.c ---------------------------------------------------------- */

/* True if the new setup may come into force; else it is held, and said so. */
bool confirm_setup(struct engine *e, const struct setup *setup);

/* --- dial.c ------------------------------------------------------------------ */

/* With whom we want sessions, and whom we let in. */
void dial_refresh(struct engine *e);
/* A server LSA says something new: perhaps whom to probe and peer with. */
void dial_learnt(struct engine *e, const struct lsa *lsa);
void dial_tick(struct engine *e);
/* `reason` is a fixed text. */
void dial_failed(struct engine *e, const char *name, const char *reason);

/* --- steer.c ------------------------------------------------------------------ */

void steer_tick(struct engine *e);
/* Every adjacency of our last server LSA is FULL again; else the names of
 * those that are not, the first of them, in *missing (or NULL). */
bool steer_all_back(struct engine *e, struct buf *missing);
/* What we see by this database, our own probes and what certificates allow;
 * one at a time. */
struct view *steer_view(struct engine *e, const struct lsdb *db);
void steer_published(struct engine *e, uint64_t generation, bool made);
/* So much mail of before waits for a key whose hour is over. */
void steer_waits(struct engine *e, const char *pattern, uint64_t n);
void steer_done(struct engine *e);

/* --- annex.c ------------------------------------------------------------------- */

/* Looks at what there is to say, by this view. True when the net for messages
 * with limits is another: they have other routes then. */
bool annex_make(struct engine *e, const struct view *view);
/* Says it, as belonging to this generation, unless it was said last. */
void annex_say(struct engine *e, uint64_t generation);
/* Every minute: which schedules have opened. */
void annex_tick(struct engine *e);
void annex_done(struct engine *e);

/* --- state.c -------------------------------------------------------------------- */

void state_tick(struct engine *e);
/* What is not saved yet is saved now. */
void state_now(struct engine *e);
void state_restore_epoch(struct engine *e, const uint8_t *p, size_t n);
/* What is published stays known, though the state may be lost. */
void state_restore_table(struct engine *e, const uint8_t *p, size_t n);
void state_restore(struct engine *e, const uint8_t *p, size_t n);

/* --- query.c -------------------------------------------------------------------- */

void query_answer(struct engine *e, const struct input *in);

/* --- query_db.c ----------------------------------------------------------------- */

/* Writes the LSAs behind the place `from` (NULL: from the first), and into
 * `more` the request for the rest, with its NUL, where there is any. False:
 * `from` is no place. */
bool query_db(
    struct engine *e, struct json *j, const char *from, struct buf *more);

#endif
