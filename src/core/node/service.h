/*
 * service.h - a mail service that is probed and used: the set, and lookups.
 *
 *     services.c      which they are; of one server each address is one
 *     probing.c       how they are: probes and their verdicts
 *     relaying.c      whether they relay for us, asked before mail is
 *     mute.c          what follows when one's command says nothing
 *     told.c          what reports tell of them
 *     shortage.c      what is short here, so that none can begin
 *     service_show.c  what `lsrctl links` shows
 *
 * To a user it is a link: that word stands in lsrctl, in the log and in the
 * configuration.
 */

#ifndef CORE_SERVICE_H
#define CORE_SERVICE_H

#include "base/json.h"
#include "base/tree.h"
#include "core/lsa/bucket.h"
#include "core/node/congestion.h"
#include "core/node/engine.h"
#include "core/view/damp.h"
#include "core/wire/report.h"

enum service_state { SERVICE_UNKNOWN, SERVICE_UP, SERVICE_DOWN };

enum service_use {
	SERVICE_CONNECTOR = 1, /* a connector's bridgehead */
	SERVICE_MEMBER = 2,    /* a member of our routing group */
	SERVICE_SELF = 4,      /* our own MTA */
	SERVICE_SPACE = 8,     /* what answers for a way out */
	SERVICE_SILENT = 16    /* a neighbour without session, announced on */
};

/* The least between two probes of one name, whoever asks for them, at
 * whatever address; a lost session may ask for some at once. */
#define SERVICE_LEAST_MS 1000
#define SERVICE_URGENT_BURST 3

/* Messages in a row for which there was no session that could carry them,
 * none delivered in between, until it counts as down. */
#define SERVICE_REFUSALS_DOWN 5
/* For who comes back after that: fewer are enough. */
#define SERVICE_REFUSALS_TRIAL 3

/* A command that says nothing (mute.h). */
struct service_mute {
	const char *why; /* NULL: it does */
	char of[ASKS_NAME_MAX + 1];
};

/* Its probes. */
struct service_probe {
	bool running, connected, urgent;
	bool waits;       /* one that is late may still be answered */
	bool only_late;   /* it has failed by lateness alone */
	uint64_t slow_ms; /* the slowest reply of late, which is allowed for */
	struct mono slow_at;
	bool tried;       /* one has told something */
	uint32_t slow;    /* probed 2^slow times more seldom: it is busy */
	uint32_t calm;    /* good answers since that changed */
	uint32_t unables; /* in a row: those that could not begin here */
	struct mono unable_since;
	struct bucket bucket; /* of those that lost sessions ask for */
	struct mono next, last;
	uint32_t fails, oks; /* in a row */
	struct mono well;    /* since when: the first of `oks` */
	struct mono word;    /* its command said something (mute.h) */
	struct service_mute mute;
};

/* What real mail, and our MTA's queue, tell of it. */
struct service_mail {
	uint64_t refusals;          /* messages, in a row */
	bool refused;               /* that is why it is down */
	bool doubt;                 /* it refused mail: does it take any? */
	bool asks;                  /* the probe under way will tell */
	struct mono doubt_at;       /* not asked for before */
	struct damp damp;           /* after it was down by that */
	uint64_t delivered, turned; /* in all */
	uint64_t waiting, late;     /* in our MTA's queue */
	uint64_t oldest_s;          /* the oldest message there */
	struct congestion congestion;
	struct mono read; /* when that was told */
};

/* Whether it relays for us, as a probe asks it. */
struct service_relay {
	struct mono at; /* it may be asked for another pattern then */
	char *pattern;  /* that was asked for last; NULL: none */
	bool asked;     /* by the probe that runs */
	bool again;     /* it refused: the same is asked once more */
};

/* What a probe of it found wrong last, though it may be well by now. */
struct service_error {
	const char *what; /* a fixed text; NULL: nothing so far */
	char *said;       /* by the service itself; "": nothing */
	uint64_t at;      /* seconds since 1970 */
};

/* How the connector that leads there has it asked, and mail handed to it. Lent
 * until services_refresh(). */
struct service_way {
	struct asks asks;
	const char *by; /* the transport; NULL: that of all routes */
	bool named;     /* a connector has said so */
};

/* A mail service that is probed. */
struct service {
	struct tree_node node;
	uint32_t who;
	char *name; /* the server, or the pattern for SERVICE_SPACE */
	struct addr addr;
	struct addr at;   /* where it was reached; family 0: never */
	const char *host; /* whose addresses are asked; NULL: `addr` alone.
			     Lent until services_refresh() */
	struct service_way way;
	unsigned use; /* of enum service_use; 0: to be dropped */
	enum service_state state;
	struct mono since;
	uint64_t since_wall;
	const char *why; /* the probe failed; a fixed text, or NULL */
	struct service_error error;
	struct damp damp;
	struct mono heard; /* it answered */
	bool barred;       /* our MTA cannot connect by its family */
	bool word_down;    /* its own lsrd says that its MTA is down */
	struct service_probe probe;
	struct service_mail mail;
	struct service_relay relay;
};

struct service *service_first(struct engine *e);
struct service *service_next(struct service *service);
/* Those of one server, in the same order: NULL is the end. */
struct service *service_of(struct engine *e, const char *name);
struct service *service_next_of(struct service *service);
/* The mail service of this server with this use, or NULL. */
struct service *service_find(struct engine *e, const char *name, unsigned use);
/* Our configuration gives it this address. */
bool service_is_given(
    const struct setup_bridgehead *b, const struct addr *addr);
/* One of this bridgehead's addresses. */
bool service_is_of(
    const struct service *service, const struct setup_bridgehead *b);
/* The one of them that tells how it is, or NULL. */
const struct service *service_bridgehead(
    struct engine *e, const struct setup_bridgehead *b);
/* Of those of one name with its use the one that stands first. */
bool service_is_first(struct engine *e, const struct service *service);
/* Of several addresses with this use one that answers is enough, and only
 * when none does it is down. */
enum service_state service_condition(
    struct engine *e, const char *name, unsigned use);
/* That of a server's mail service, whatever its use. */
enum service_state service_mail(struct engine *e, const char *name);
/* When this server's mail service was probed last, at whatever address. */
struct mono service_probed(struct engine *e, const char *name);
/* It is probed as soon as it may be. */
void service_soon(struct service *service);
/* The one of this name at this address; a new one is not probed yet. */
struct service *service_get(
    struct engine *e, const char *name, const struct addr *addr);
/* It is probed no more. */
void service_drop(struct engine *e, struct service *service);
const char *service_word(enum service_state state);

#endif
