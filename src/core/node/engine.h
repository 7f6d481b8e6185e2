/*
 * engine.h - one server of the network as a deterministic function.
 *
 * The engine owns all routing state. It is told what happened and when, and
 * answers with what is to be done. The same seed and the same inputs give
 * the same effects, octet for octet: a simulator can run hundreds of engines
 * in one process, and a recorded run can be played again.
 *
 *                 IN_OPEN, IN_BYTES, IN_CLOSED ...
 *      shell  ---------------------------------------->  engine
 *      (io/)  <----------------------------------------  (core/)
 *                 FX_SEND, FX_PROBE, FX_ROUTES ...
 *
 * Order of a start: IN_CONF, IN_RESTORE of the epoch, of the overrides, of the
 * table and of the state (with what was read, or with none), then anything. Two tables are
 * read, and the newer one is the table: that of the publisher was on disk
 * before the MTA saw it, the one beside the state is there where that was lost.
 */

#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/mono.h"
#include "core/lsa/crypto.h"
#include "core/lsa/event.h"
#include "core/lsa/mta.h"
#include "core/lsa/setup.h"
#include "core/view/rib.h"

enum input_kind {
	IN_CONF,    /* setup: a new configuration; value: 1 when the
		       administrator has confirmed what it moves, 2 when it is
		       the one in force with what DNS knows, 3 to ask what it
		       would move: answered by FX_TRIED alone. It is in force
		       unless FX_WAITING comes back: then the old one stays lent */
	IN_RESTORE, /* who: enum save_what; bytes: what was saved as that; none:
		       nothing was. Once for each, the state last */
	IN_OPEN,    /* who: a new session's number; name: the peer's, proved by
		       TLS; dialled: by us; carrier; bytes: its certificate,
		       DER */
	IN_BYTES,   /* who, bytes: came from that session; value: its round trip
		       in microseconds, only to be shown; 0: not known */
	IN_DRAINED, /* who: everything given by FX_SEND has been written */
	IN_CLOSED,  /* who: the session is gone (not after our FX_CLOSE) */
	IN_NO_DIAL, /* name: nobody could be reached there, or proved wrong;
		       reason: why, or NULL */
	IN_PROBE,   /* who: the probe; verdict; reason; name: what the service
		       said when it refused, or NULL: only to be shown */
	IN_REPORT,  /* bytes: one datagram of a reporter (report.h) */
	IN_SAVED,   /* who: the FX_SAVE's number: it is on disk */
	IN_FILE,    /* value: enum file_what; reason: why it cannot be written,
		       NULL: it can again. It is tried again by itself */
	IN_MTA,     /* mta: a reading of how our MTA is configured; the first
		     one belongs to a start, unless setup.mta.none */
	IN_PUBLISHED, /* value: this generation of the table is published;
			 made: the MTA's tables were missing before */
	IN_WAITS,     /* name: a pattern whose route is over (rib.h); value: so
			 many recipients in the MTA's queue came before that */
	IN_HELD,      /* name: the pattern on hold (NULL: none) for which a
			 message has waited the longest; value: when it came,
			 seconds since 1970; bytes: its id in the queue */
	IN_STOP,      /* an orderly stop: what is to be saved is saved now */
	IN_QUERY,     /* who: a control client; bytes: its request, one line;
			 name: a word for who asks, or NULL */
	IN_TICK       /* the wake-up time has come */
};

enum probe_verdict {
	PROBE_CONNECTED, /* the connection was accepted; the rest follows */
	PROBE_OK,        /* greeting and EHLO or HELO were answered well; value:
			    the longest wait for a reply, in milliseconds */
	PROBE_BUSY,      /* it is there and has no time: 4xx, 421 */
	PROBE_FAILED,    /* refused, no connection in time, answered badly;
			    reason: which of these, or it has no address */
	PROBE_LATE,      /* connected, and no answer in time. It is waited for
			    as long as an MTA would, while others may begin */
	PROBE_SLOW,      /* what was late has come, and is no failure; value: as
			    for PROBE_OK. Nothing else is said of what was late
			  */
	PROBE_UNABLE,    /* it could not begin here; reason: what was short */
	PROBE_REFUSED,   /* asked for `mail`: answered well, and takes none. Not
			    said of greylisting, which takes it later. Asked
			    for a recipient: it will not relay for us */
	PROBE_TAKES,     /* asked so: the recipient is accepted */
	PROBE_SILENT     /* its command said neither that it is up nor that it
			    is down; reason: why */
};

/* What happened. Pointers are lent for the call; setup until the next one. */
struct input {
	enum input_kind kind;
	struct addr at;  /* of PROBE_CONNECTED: there, by whatever name */
	struct mono now; /* never before that of the previous input */
	uint64_t wall;   /* seconds since 1970: for texts, decides nothing */
	uint32_t who;
	int verdict; /* enum probe_verdict */
	bool dialled, made;
	enum setup_carrier carrier;
	uint64_t value;
	const char *name;
	const char *reason; /* a fixed text, good for ever */
	const struct setup *setup;
	const struct mta *mta;
	const uint8_t *bytes;
	size_t len;
};

enum effect_kind {
	FX_DIAL,    /* open a session to the server `name` at one of `addrs`, in
		      order, by `carrier`; answered by IN_OPEN or IN_NO_DIAL */
	FX_SEND,    /* who: write `bytes`, in this order */
	FX_CLOSE,   /* who: close it once all before it is written */
	FX_PROBE,   /* who: a number; probe the mail service at addrs[0], the
		      server `name`, from one of the other addrs if there is
		      one of that family (0: none); answered by IN_PROBE with
		      that number.
		      `mail`: ask further whether it takes mail, by a sender
		      of our own and postmaster@ its own name; `recipient`, if
		      there is one: whether it relays to it, by the null sender.
		      `by_name`: where the name leads, as the MTA looks it
		      up, not at addrs[0]. `asks`: how; a command is asked
		      of the server, whatever its address.
		      `wait_ms`: a reply is waited for so long, or longer.
		      A running probe with this number is given up first;
		      without an address one that is late is as well, and
		      nothing follows */
	FX_SAVE,    /* who: a number; put `bytes` on disk as `what`, and say
		      IN_SAVED with that number. Of SAVE_STATE they are what
		      changed since the one before, or none: the whole, as
		      engine_save() gives it then or later */
	FX_ROUTES,  /* publish `rib`, and in `bytes` what the milter's table has
		      besides (core/trace/mtable.h): either is new, or both;
		      lent until the next FX_ROUTES. `changes`: what differs
		      from the `rib` of the one before, lent until the next
		      step; `kept`: which parts of the other do not, a bit for
		      each enum mtable_part */
	FX_RETRY,   /* name: a pattern whose deferred mail is to be tried now */
	FX_ALLOW,   /* addrs: only from these may sessions come (replaces) */
	FX_REPLY,   /* who: a control client; bytes: text of the answer; last:
		      nothing follows; name: the request that asks for what
		      follows, as soon as this is read (or NULL) */
	FX_WAITING, /* the IN_CONF of this step moves too many routes: it is not
		      in force until it comes again, confirmed */
	FX_TRIED,   /* bytes: what that would move, JSON lines */
	FX_EVENT,   /* log `event` */
	FX_HISTORY /* keep `bytes`, one JSON object of lsrd-events(7), RECORDS; `who`:
		      a number for what it is about */
};

enum save_what {
	SAVE_EPOCH,     /* a few octets: on disk before its number is used */
	SAVE_STATE,     /* database and published table */
	SAVE_OVERRIDES, /* what an operator said beside the configuration: a
			   few octets, on disk before he is answered */
	SAVE_TABLE,     /* never saved: the table as the publisher kept it: u64
		       generation, u32 n, the routes (rib.h), and
		       u64 the greatest generation that any had since */
	SAVE_PART       /* one of the parts of the state, in their order, and
		       `made`: it is certainly of this server's own making.
		       SAVE_STATE follows, which has nothing then */
};

/* What lies on disk beside the MTA's tables. */
enum file_what {
	FILE_EPOCH,
	FILE_STATE,
	FILE_OVERRIDES,
	FILE_COPY,   /* of the published table, for the next start */
	FILE_MILTER, /* the milter's table */
	FILE_TABLE,  /* the MTA's own: written, but too slowly */
	FILES
};

struct effect {
	enum effect_kind kind;
	uint32_t who;
	enum save_what what;
	bool last;
	enum setup_carrier carrier;
	bool mail, by_name;
	bool
	    calm; /* FX_DIAL: it has just gone; that it is not back is no news */
	uint64_t wait_ms;
	const char *name;
	const char *recipient;
	const struct asks *asks; /* of FX_PROBE */
	const uint8_t *bytes;
	size_t len;
	const struct addr *addrs;
	size_t naddrs;
	const struct rib *rib;
	const struct rib_changes *changes;
	unsigned kept;
	const struct event *event;
};

struct effects {
	struct mono wake; /* send IN_TICK then, unless something comes first */
	size_t n;
	const struct effect *list; /* to be carried out in order; lent until
				      the next step */
	bool computed;             /* a table was decided in this step */
};

struct engine;

/* `crypto` is lent for the life of the engine. */
struct engine *engine_new(uint64_t seed, const struct crypto *crypto);

/* Never re-entered: effects are carried out after it has returned. */
struct effects engine_step(struct engine *engine, const struct input *in);

/*
 * The state as it is now, to be put on disk: in parts that are lent for the
 * call. Between two steps, and also in a child process: it may be large, and
 * nobody is to wait for it.
 */
typedef void engine_part(void *ctx, const uint8_t *octets, size_t n);
void engine_save(const struct engine *engine, engine_part *part, void *ctx);

/* For tests: whether what it has followed of its database is what reading all
 * of it would give. Between two steps, from the first IN_CONF on. */
bool engine_follows(struct engine *engine);

void engine_free(struct engine *engine);

#endif
