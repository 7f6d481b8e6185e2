/*
 * mta.h - the MTA beside us as it is configured: what routing must know of
 * it, told by the shell with IN_MTA (core/node/engine.h) after each reading.
 *
 * A reading says whether the MTA does what our tables say, and facts that
 * others need. Where it could not be read nothing is known: the facts of the
 * reading before stay, and at first they are the MTA's defaults.
 */

#ifndef CORE_MTA_H
#define CORE_MTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define MTA_PATH_MAX 256
#define MTA_DELIMITERS 16
#define MTA_MISSING_MAX 160
#define MTA_SMTP 8

/* Whether the MTA asks our tables and has the services they name. */
enum mta_asks {
	MTA_UNKNOWN, /* cannot be told now */
	MTA_YES,
	MTA_NO /* positively not */
};

struct mta_patterns {
	char **v; /* owned */
	size_t n;
};

struct mta {
	enum mta_asks asks;            /* the tables of every pattern but `*` */
	enum mta_asks asks_default;    /* that of `*` */
	char missing[MTA_MISSING_MAX]; /* what is missing, or why nothing is
					  known; a text for the log */

	bool writing;     /* not known for it was just being written */
	bool read;        /* what follows was read; else defaults */
	bool ipv4, ipv6;  /* families it can connect by (inet_protocols) */
	bool dns, native; /* how it looks next hops up (smtp_host_lookup) */
	bool chroot;      /* by the files below queue_directory */
	struct addr bind4, bind6; /* it connects from there; family 0: any */
	char delimiters[MTA_DELIMITERS]; /* recipient_delimiter, as match.h
					    has it; "": none */
	char queue_directory[MTA_PATH_MAX];
	uint32_t lifetime_s; /* mail waits so long (maximal_queue_lifetime) */
	bool utf8;           /* smtputf8_enable */

	struct addr smtp[MTA_SMTP]; /* where it takes mail by SMTP without TLS,
				       zero for every address of a family; of
				       an MTA that is asked there */
	size_t nsmtp;               /* 0: not known */

	/* What else it does to a message. A route of the message's own
	 * (FILTER) would go before the filter, and for the copies as well. */
	bool filters_smtp;  /* content_filter of a service that takes mail */
	bool filters_local; /* that of sendmail(1) */
	bool copies;        /* always_bcc, virtual_alias_maps and the like */

	/* Of the patterns that we deliver here, without our tables: those it
	 * has in a local class of its own, and those for which its own
	 * transport maps have an entry. */
	struct mta_patterns local, routed;
};

/* The defaults of an MTA of which nothing is known. */
void mta_init(struct mta *mta);

/* `to` is ended or was never begun (all zero); everything is copied. */
void mta_copy(struct mta *to, const struct mta *from);
void mta_done(struct mta *mta);

bool mta_same(const struct mta *a, const struct mta *b);

/* True if it has the pattern in a local class of its own. */
bool mta_has(const struct mta *mta, const char *pattern);

/* True if its own transport maps answer for exactly this pattern. */
bool mta_routes(const struct mta *mta, const char *pattern);

/* Adds one, copied; ends them all. */
void mta_patterns_add(struct mta_patterns *patterns, const char *pattern);
void mta_patterns_done(struct mta_patterns *patterns);

/* One of the MTAs of a host. */
struct mta_of {
	const char *name;
	const struct mta *mta;
};

/*
 * What all of them are to routing, as one: mail goes by any of them. One that
 * does not ask our tables, or is not known, is not made up for by another;
 * what they can is what each can, what they do to a message is what one does.
 * Where the facts of two are of one kind only (how names are looked up, the
 * queue directory) they are those of the first that was read.
 */
void mta_join(struct mta *out, const struct mta_of *of, size_t n);

/* "unknown", "yes", "no" */
const char *mta_asks_word(enum mta_asks asks);

#endif
