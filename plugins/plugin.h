/*
 * plugin.h - the contracts of what faces an MTA. A plugin is chosen when
 * the program is built; none is loaded at run time.
 *
 * A probe is a dialogue as a pure machine: octets in, octets out, verdict.
 * It owns no socket, no clock and no memory but its state, which the caller
 * holds; io/probe_io.c owns the connection and the deadline.
 *
 * An export carries routes into one MTA's own map. It is a shell over that
 * map's library, linked into lsrd-publish alone, the only writer: what it
 * is given is typed data, and every word of the MTA's syntax is its work.
 *
 * A queue reader finds deferred mail and has it tried again; pure, too.
 */

#ifndef PLUGINS_PLUGIN_H
#define PLUGINS_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "core/lsa/mta.h"
#include "core/view/rib.h"

enum plugin_verdict {
	PLUGIN_MORE,    /* undecided: more octets are needed */
	PLUGIN_OK,      /* the service does what it should */
	PLUGIN_BUSY,    /* it is there, and has no time for us now */
	PLUGIN_FAILED,  /* it does not, or it does not speak the protocol */
	PLUGIN_TAKES,   /* asked further: yes */
	PLUGIN_REFUSED, /* asked further: no. Another answer is PLUGIN_OK */
};

/* What a probe is to find out further, of a service that answers. */
enum plugin_ask {
	PLUGIN_ASK_NOTHING,
	PLUGIN_ASK_MAIL, /* whether it takes mail at all, from us */
	PLUGIN_ASK_RELAY /* whether it relays for us */
};

/* All is lent for the call. */
struct plugin_errand {
	const char *own_name; /* how we call ourselves */
	enum plugin_ask ask;
	const char *recipient; /* asked for; NULL when nothing is asked */
};

struct plugin_probe {
	const char *word;  /* the service it speaks to, for logs */
	size_t state_size; /* octets, all zero before begin() */
	bool mute;         /* a connection is all: nothing is said, and
			      PLUGIN_OK is its verdict */

	void (*begin)(void *state, const struct plugin_errand *errand);

	/*
	 * n octets have come, however TCP cut them; n is 0 at the end of the
	 * stream. What is to be said now is appended to `say`, with a last
	 * verdict what is polite to say at the end. After a verdict other
	 * than PLUGIN_MORE it is not called again: what follows means
	 * nothing.
	 */
	enum plugin_verdict (*feed)(
	    void *state, const uint8_t *octets, size_t n, struct buf *say);

	/* The last refusal that was said to us, as it came, cut where it is
	 * long; "": none. Lent from the state until it is fed again. */
	const char *(*said)(const void *state);
};

/* The probe of this service that the build contains, or NULL. */
const struct plugin_probe *plugin_probe(const char *word);

#define PLUGIN_OWN_MAX 16

/* What an export must know of this server. Lent for the life of the run. */
struct plugin_setup {
	const char *directory; /* where the tables lie */
	char transport[64];    /* the MTA's service for remote routes: lsrd */
	char hold[64];         /* its service that defers: lsrd-hold */
	bool by_name;          /* next-hop = name: `[name]:port`, no literal */
	bool lab;              /* loopback is allowed as a next hop */
	struct addr own[PLUGIN_OWN_MAX]; /* never published as a next hop */
	size_t nown;
};

/* Where a writer is, told as it goes there. */
enum plugin_phase {
	PLUGIN_WORKING, /* holds no lock that a lookup waits for */
	PLUGIN_LOCKING, /* from here on it may hold one: must be short */
	PLUGIN_UNLOCKED /* it has let go of it */
};

struct plugin_watch {
	void (*at)(void *ctx, enum plugin_phase phase);
	void *ctx;
};

/* What is to change: a route, or that there is none any more. */
struct plugin_change {
	const char *pattern;
	const struct route *route; /* NULL: gone */
};

struct plugin_report {
	size_t keys;     /* written or removed */
	uint32_t locks;  /* how often the lock was taken */
	uint64_t max_us; /* the longest time it was held */
	uint64_t sum_us;
	bool made; /* a table was missing or of no use, and is there again */
};

struct plugin_run;

/* How tables are to be opened; a bit for each, in the order of `tables`. */
struct plugin_start {
	unsigned broken; /* of no use: to be made anew */
	unsigned leave;  /* neither to be looked at nor written */
	const struct plugin_watch *watch; /* lent until close(); may be NULL */
};

struct plugin_export {
	const char *name;          /* of the MTA, for options and lines */
	const char *const *tables; /* its files' names; NULL ends them */

	/*
	 * Opens the tables for writing. A table that is broken, missing or
	 * not of our form is made anew, in place by rename, when the whole
	 * table is written: never is an empty one put in place of a full one.
	 * On RC_OK the caller ends *out with close(). RC_IO: errno tells.
	 */
	int (*open)(struct plugin_run **out, const struct plugin_setup *setup,
	    const struct plugin_start *start);

	/*
	 * Writes what differs. `list` is sorted by pattern; with `whole` it
	 * is the whole table, and what is not in it goes. RC_MISSING: the
	 * whole table is wanted; RC_LIMIT: an empty table in place of a full
	 * one; RC_IO: errno tells, and nothing or a part was written, each
	 * table being sound: close and open again.
	 */
	int (*write)(struct plugin_run *run, const struct plugin_change *list,
	    size_t n, bool whole, struct plugin_report *report);

	/* True if the tables are there as they were written: none was taken
	 * away, cut, or another put in its place. Cheap. */
	bool (*intact)(struct plugin_run *run);

	void (*close)(struct plugin_run *run);

	/*
	 * Reads every entry of one table and judges it. It may crash or hang
	 * on a broken file, so it is called in a process of its own. RC_NONE:
	 * it is not there; RC_FORMAT; RC_IO.
	 */
	int (*check)(const struct plugin_setup *setup, size_t table);

	/* Puts a table aside by rename: the MTA has none then. */
	int (*discard)(const struct plugin_setup *setup, size_t table);
};

/* The export to the MTA of this name that the build contains, or NULL. */
const struct plugin_export *plugin_export_to(const char *mta);

/*
 * A queue reader knows how an MTA lists its queue and how it is asked to try
 * deferred mail again: over sockets below its queue directory, or else out of
 * the files there and by SMTP. Pure: octets in, octets out; io/listing.c,
 * io/folder.c, io/retry.c and io/asking.c own connections and files.
 */

/* A message in the queue, and one of its recipients. Lent for the call. */
struct plugin_queued {
	const char *id;
	const char *recipient; /* lower case, the domain with A-labels */
	uint64_t came;         /* seconds since 1970; 0: not known */
	bool deferred;         /* has been tried, and waits for another try */
	bool answered; /* by the next hop, for this recipient: it waits for
			  his sake and not for the hop's */
	bool frozen;   /* it is tried by the word of a plugin_talk that thaws */
	bool put_off;  /* by a limit of the MTA's own, and no hop was asked:
			  it waits for its turn */
};

typedef void plugin_found(void *ctx, const struct plugin_queued *found);

struct plugin_text {
	const char *p;
	size_t n;
};

/* What the files of a message hold; n 0: there is none. */
struct plugin_message {
	const char *id;
	struct plugin_text own, done, said;
};

/* What a file of a spool is. */
enum plugin_file {
	PLUGIN_FILE_OTHER,
	PLUGIN_FILE_FOLDER, /* has files like its parent's */
	PLUGIN_FILE_MESSAGE,
	PLUGIN_FILE_DONE /* what is done of a message since its own was
			    written */
};

#define PLUGIN_ID 32 /* octets of a message's id and its NUL */

/*
 * A queue whose messages are files. One is told of in three parts: its own
 * file, what is done of it since, and what it waits for, of which the end
 * is enough.
 */
struct plugin_spool {
	const char *folder; /* of messages, below the queue directory */
	const char *said;   /* of what they wait for; with the same folders */
	size_t most;        /* octets of a message's file that are needed */

	/* What this name is; the id of what is a message's, else "". */
	enum plugin_file (*file)(const char *name, char id[PLUGIN_ID]);

	/*
	 * Calls `found` for each recipient that is not done. RC_OK; RC_FORMAT
	 * for what is no message, of which nobody was told.
	 */
	int (*read)(const struct plugin_message *message, plugin_found *found,
	    void *ctx);
};

/*
 * How an MTA is asked by SMTP to try all mail for certain patterns again; the
 * words are lent until the talk is over. PLUGIN_OK: it was asked for all of
 * them; else PLUGIN_FAILED, and said() tells why.
 */
struct plugin_talk {
	size_t state_size; /* octets, all zero before begin() */
	const char *all;   /* a word that stands for every pattern */
	const char *thaw;  /* before a word: for what is frozen, too, which
			      may have other reasons: where it is needed */
	void (*begin)(void *state, const char *own_name,
	    const char *const *words, size_t n);
	enum plugin_verdict (*feed)(
	    void *state, const uint8_t *octets, size_t n, struct buf *say);
	const char *(*said)(const void *state);
};

struct plugin_queue {
	const char *name; /* of the MTA */

	/*
	 * What the configuration in this directory (NULL: where it usually
	 * is) says of the queue in plain words: queue_directory and
	 * lifetime_s. The rest stays as it was: a plugin_mta knows more, later.
	 */
	void (*look)(struct mta *out, const char *configuration);

	/* Both, and nothing of what follows them; or neither. */
	const struct plugin_spool *spool;
	const struct plugin_talk *talk;

	const char *list;  /* socket that lists the queue, said nothing to */
	const char *one;   /* socket that has one message tried again */
	const char *all;   /* socket that has every message tried again */
	size_t state_size; /* octets of a listing's state, zero at first */

	/*
	 * n octets of the listing have come. Calls `found` for each message
	 * that is delivered or waits to be, and each of its recipients. RC_OK;
	 * RC_FORMAT when that is no listing.
	 */
	int (*feed)(void *state, const uint8_t *octets, size_t n,
	    plugin_found *found, void *ctx);

	/* What to say to `one`; it answers, and its answer is of no use. */
	void (*put_one)(struct buf *out, const char *id);

	/* What to say to `all`, which answers nothing. */
	void (*put_all)(struct buf *out);
};

/* The reader of the queue of the MTA of this name, or NULL. */
const struct plugin_queue *plugin_queue_of(const char *mta);

/*
 * A reader of an MTA's configuration knows what its own programs are to be
 * asked, and what their answers mean. io/mta_io.c runs them, one after the
 * other, each with a deadline; here nothing waits for anything but a file.
 */

/* What the reading is about. Lent until end(). */
struct plugin_want {
	const char *configuration; /* the MTA's directory; NULL: its default */
	const char *tables;        /* where our tables lie */
	const char *transport, *hold; /* the services that they name */
	const char *const *here;      /* patterns that are delivered here */
	size_t nhere;
};

#define PLUGIN_ARGS 80

/* A program with its arguments, NULL at the end, and its standard input.
 * What they point to is the reading's, until the next question. */
struct plugin_question {
	const char *argv[PLUGIN_ARGS];
	const char *input; /* NULL: none */
};

struct plugin_reading;

struct plugin_mta {
	const char *name;
	const char *const *files; /* below its directory, or absolute; NULL ends
				     them: a change of one asks for a new
				     reading */
	const char *directory;    /* the default */

	struct plugin_reading *(*begin)(const struct plugin_want *want);

	/* The next question; false: there is none. */
	bool (*ask)(struct plugin_reading *r, struct plugin_question *out);

	/* All that the program wrote; NULL: it failed. */
	void (*take)(struct plugin_reading *r, const char *answer);

	/* What follows from the answers; ends the reading. `out` holds what
	 * was known before: what could not be read stays as it is. NULL: it
	 * is given up. */
	void (*end)(struct plugin_reading *r, struct mta *out);
};

/* The reader of the configuration of the MTA of this name, or NULL. */
const struct plugin_mta *plugin_mta_of(const char *mta);

#endif
