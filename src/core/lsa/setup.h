/*
 * setup.h - what the core must know of the configuration. cfg/conf.c makes
 * it, immutable; the engine borrows it until the next IN_CONF.
 */

#ifndef CORE_SETUP_H
#define CORE_SETUP_H

#include <string.h>

#include "base/addr.h"
#include "core/lsa/asks.h"
#include "core/lsa/crypto.h"
#include "core/lsa/lsa_position.h"
#include "core/lsa/policy.h"

/* Beside Postfix's tables, and Exim's: which own servers may send on by this one
 * (io/servers.h). */
#define SETUP_SERVERS "servers.cidr"
#define SETUP_EXIM_SERVERS "servers"

static inline const char *
setup_servers(const char *mta)
{
	return strcmp(mta, "exim") == 0 ? SETUP_EXIM_SERVERS : SETUP_SERVERS;
}

enum setup_carrier {
	SETUP_TCP,    /* port 691 */
	SETUP_XLSA2,  /* the verb X-LSA-2 in SMTP */
	SETUP_NO_PEER /* a bridgehead we send to and do not peer with */
};

struct setup_peer {
	char *name;
	struct addr *addrs; /* where to dial it, in this order; may be none */
	size_t naddrs;
};

/* That somebody wants no transit by it, or none of our mail there. */
struct setup_drain {
	bool on;
	char *reason;          /* may be NULL */
	char *who;             /* asked lsrctl; NULL: the configuration */
	uint64_t since, until; /* seconds since 1970; 0: not known, no end */
};

struct setup_bridgehead {
	char *name;
	const struct setup_drain *drained; /* by lsrctl; lent; or NULL */
	struct addr smtp[4];               /* its mail service */
	size_t nsmtp;                      /* 0: where its own LSA says */
	struct addr verb; /* where it takes X-LSA-2; family 0: at smtp */
	enum setup_carrier carrier;
	uint32_t cost;    /* the connector's, or its own */
	char *transport;  /* as written here; or NULL */
	const char *by;   /* what mail to it is handed to, its own or the
			    connector's: way_by(); NULL: `lsrd`. Lent */
	char *probe;      /* as written here; or NULL */
	struct asks asks; /* how it is probed: its own, or the connector's */
	bool found; /* no section names it: a member of the connector's group,
		       which core/node/found.h has put in; the name is its */
};

struct setup_connector {
	char *name;
	char *group; /* destination */
	bool drain;
	char *transport; /* of its bridgeheads that have none; or NULL */
	char *probe;     /* likewise */
	const struct setup_drain *drained; /* by lsrctl, too; lent; or NULL */
	bool any; /* whoever is in its group is a bridgehead, too, */
	struct setup_bridgehead every; /* as this one, which has no name */
	struct setup_bridgehead *bridgeheads; /* sorted by name */
	size_t nbridgeheads;
	struct policy policy;
};

/* We send nothing to the bridgehead by this connector. */
static inline bool
setup_is_drained(
    const struct setup_connector *c, const struct setup_bridgehead *b)
{
	return c->drain || b->drained != NULL;
}

struct setup_space {
	char *pattern;
	uint32_t cost;
	char *way; /* NULL: deliver = here; else a transport of our own MTA */
	struct addr probe;      /* what answers for the way; port 0: no probe */
	const char *probe_name; /* whose address it is; lent; may be NULL */
	bool local, fallback, relay;
	bool listed; /* of address-space-file: said in lists (lsa_list.h) */
};

/* Who is trusted besides, while the authority changes. */
struct setup_second {
	bool given;
	uint8_t id[CRYPTO_DIGEST];
	uint8_t key[CRYPTO_PUBLIC];
	int64_t end;
};

/* Whose network it is. */
struct setup_authority {
	uint8_t id[CRYPTO_DIGEST];  /* digest of its key: the identity */
	uint8_t key[CRYPTO_PUBLIC]; /* its public key */
	int64_t end;                /* of its certificate; 0: not known */
	struct setup_second second;
};

/* Our certificate, DER, and the one before. */
struct setup_cert {
	uint8_t *now;
	size_t now_len;
	uint8_t *previous; /* NULL: none */
	size_t previous_len;
};

/* What our server LSA says where we are. */
struct setup_announced {
	struct addr smtp[4]; /* our mail service */
	size_t nsmtp;
	struct addr listen[4]; /* where peers reach us */
	size_t nlisten;
	uint8_t mark[2][CRYPTO_PUBLIC];
	size_t nmark;
	const char *program; /* the version of this one; NULL: not said */
	uint16_t reads;      /* of the protocol it speaks; 0: not said */
	struct lsa_position position;
};

/* What becomes of this configuration: shown only. */
struct setup_standing {
	uint64_t tried_until; /* it goes back then unless it is confirmed;
				 seconds since 1970; 0: it stays */
	bool held;            /* another waits to be confirmed */
	bool kept;            /* it is not what the file has */
	uint64_t reload_at;   /* when the file was read last, by a start or a
				 reload; seconds since 1970 */
	bool reload_refused;  /* what it said then was wrong */
};

struct setup_times {
	uint32_t keepalive_ms; /* 500 */
	uint32_t dead_ms;      /* 1400 */
	uint32_t probe_ms;     /* 5000: between two probes while up */
	uint32_t digest_ms;    /* 180000: between comparisons in FULL */
};

struct setup_congestion {
	uint32_t ms;       /* 30000: between readings of the MTA's queue */
	uint32_t messages; /* 20: so many late ones are level 1 */
};

/* Which MTA is beside us: for texts. */
enum setup_beside { SETUP_POSTFIX, SETUP_EXIM, SETUP_BOTH };

struct setup_mta {
	uint32_t queue_s; /* how long it keeps a message; 0: not known */
	bool retry;       /* ask it again after a reroute */
	bool by_name;     /* next hops are published by name */
	bool none;        /* nobody asks our tables, or is to */
	enum setup_beside beside;
};

struct setup {
	char *organization; /* shown; the identity is authority.id */
	char *group;
	char *server;
	struct setup_authority authority;
	struct setup_cert cert;
	struct claims *claims; /* what our certificate lets us claim */
	struct setup_announced announced;

	struct setup_peer *peers; /* sorted by name */
	size_t npeers;
	struct setup_connector *connectors; /* sorted by name */
	size_t nconnectors;
	struct setup_space *spaces; /* sorted by pattern */
	size_t nspaces;

	struct setup_drain drain;
	struct setup_standing standing;
	struct setup_times times;
	uint32_t confirm_percent; /* routes a reload may move; 100: any */
	struct setup_congestion congestion;
	struct setup_mta mta;
	bool lab; /* loopback is allowed as a next hop */
};

#endif
