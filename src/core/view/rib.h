/*
 * rib.h - the route table of this server: what is to be published.
 *
 * Immutable once built, sorted by pattern, complete in itself (it lends
 * nothing from the database). Everything in it is typed; the MTA's syntax
 * is the export's work. (HACKING 6, Tables)
 */

#ifndef CORE_RIB_H
#define CORE_RIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cur.h"
#include "base/vec.h"
#include "core/lsa/crypto.h"
#include "core/lsa/lsa.h"

enum route_kind {
	ROUTE_REMOTE, /* by the next hops */
	ROUTE_HERE,   /* delivered here: the MTA's own routing applies */
	ROUTE_WAY,    /* leaves here by `way` of our own configuration */
	ROUTE_HOLD    /* no path now; `reason` says why */
};

/* "remote", "here", "way", "hold" */
const char *route_kind_word(enum route_kind kind);

struct route_hop {
	const char *name; /* in its route's `names` */
	struct addr addr; /* of its mail service */
	bool alternate;   /* a loop-free alternate, not a next hop */
	const char *by;   /* our own configuration's word of the transport that
			     mail to it is handed to (way_by()), there, too;
			     NULL: that of all routes */
};

/* A claim that stood when the route was made: by it a table that is read
 * from a file years later still tells whose act ended the key. */
struct route_claim {
	char *server;
	uint64_t seq; /* of the claim's LSA; what speaks of it is newer; 0: all
			 is, for its server gave up that key */
	uint8_t key[CRYPTO_DIGEST]; /* that signed it */
	bool known; /* `key` and `seq` are; not in a table of before 2 */
	bool own;   /* this server's own, whatever its name was */
	bool here;  /* and delivered here: `deliver = here` */
	bool local; /* of the scope of our routing group */
};

struct route {
	char *pattern;
	enum route_kind kind;
	bool relay;       /* enters `domains` */
	bool bare, own;   /* ROUTE_HERE: no key in `transport`, and none in
			     `domains`, is wanted (core/view/bare.h) */
	bool last_resort; /* by what absent servers said last */
	bool over;        /* its hour is over: it waits for mail of before */
	bool revoked;     /* held, for the key of its claim was revoked */
	uint64_t leaves;  /* the end of its hour, seconds since 1970; 0: it is
			    no key that leaves (core/view/leaving.h) */
	struct route_claim *claims; /* by the name of the server */
	size_t nclaims;
	char *way;    /* ROUTE_WAY */
	char *reason; /* ROUTE_HOLD: readable, of checked words only */
	char *server; /* that delivers it; a hold has one where there is a path
			 that cannot be gone by (too long, refused), else NULL */
	uint32_t cost, hops;
	struct route_hop hop[LIMIT_NEXT_HOPS]; /* in the order to try */
	size_t nhops;
	char *names; /* of the hops, and their transports, one behind the other:
			a route has a dozen names, and thousands of routes may
			move at once */
	char **path; /* names, both ends included; shown only. They stand
			behind the list, in its block */
	size_t npath;
};

struct rib {
	uint64_t generation;
	struct route *routes;
	size_t n;
};

/* A pattern that differs by route_same_kept(): `from` is NULL for a new one,
 * `to` is NULL for one that is gone. */
struct rib_change {
	const struct route *from, *to;
};

/* A route of before. `lent`: but for its hops it is that in the table; so is
 * its path where that has not turned. */
struct rib_gone {
	struct route *route;
	bool lent, turned;
};

/* What differs between a table and the one before; begins as all zero. */
struct rib_changes {
	VEC(struct rib_change) list; /* by pattern */
	bool whole; /* not listed: whatever is in the table may be new */
	VEC(struct rib_gone) gone; /* routes of before, owned: some, */
	struct rib *before;        /* or all */
};

/* Nothing is changed, nor lent, any more. */
void rib_changes_clear(struct rib_changes *changes);
void rib_changes_done(struct rib_changes *changes);

/* All of the table is another: takes over what is in `next`, and frees it. */
void rib_replace(
    struct rib *rib, struct rib *next, struct rib_changes *changes);

/*
 * The routes of these n patterns, sorted and each once, are those of `part`
 * from now on, which are taken over; where it has none they are gone.
 * rib_splice_end() fills in what is changed, once no more is.
 */
void rib_splice(struct rib *rib, const char *const *patterns, size_t n,
    struct rib *part, struct rib_changes *changes);
void rib_splice_end(const struct rib *rib, struct rib_changes *changes);

/* Of a route that is about to change in place. */
void rib_keep(struct route *route, struct rib_changes *changes);

/* A route's next hops become these, whose names are copied; rib_splice_end() is
 * still to come. With `path` it has none any more: the caller sets another. */
void rib_turn(struct route *route, const struct route *hops, bool path,
    struct rib_changes *changes);

/* The same place, by the same transport. */
bool route_hop_same(const struct route_hop *a, const struct route_hop *b);

/* The transport that its mail is handed to, where that is another than that of
 * all routes; else NULL. */
static inline const char *
route_by(const struct route *r)
{
	return r->kind == ROUTE_REMOTE && r->nhops > 0 ? r->hop[0].by : NULL;
}

/* True if both say the same to an MTA: kind, hops' addresses, way, relay,
 * and for a hold its reason. */
bool route_same(const struct route *a, const struct route *b);

/* True if both are the same to whoever reads them from a file: an MTA, and a
 * later life of this server. Numbers of claims apart. */
bool route_same_kept(const struct route *a, const struct route *b);

/* Outside our routing group nobody has heard of its pattern: all its claims are of
 * that scope. */
bool route_is_local(const struct route *r);

/* Its server gave up the key of this claim: whatever it says is newer. */
void rib_key_gone(
    struct rib *rib, const struct lsa *claim, const char *pattern);

/* It is forgotten with the key that it had after those: their claims are of that
 * one from now on. */
void rib_key_forgotten(
    struct rib *rib, const char *server, const uint8_t key[CRYPTO_DIGEST]);

/* The route of exactly this pattern, or NULL. */
const struct route *rib_find(const struct rib *rib, const char *pattern);

/* The same where patterns are asked for in order: *from, 0 at first, is where
 * the last one stands, or would. */
const struct route *rib_next(
    const struct rib *rib, size_t *from, const char *pattern);

/*
 * Calls `moved` for each pattern that differs by route_same_kept(), in order:
 * `from` is NULL for a new one, `to` is NULL for one that is gone. Either rib
 * may be NULL. Returns the number of calls.
 */
size_t rib_diff(const struct rib *from, const struct rib *to,
    void (*moved)(void *ctx, const struct route *from, const struct route *to),
    void *ctx);

/*
 * Numbers a table once all is in it: the first is 1; it is that of `old`, the
 * one before (or NULL), unless it is `other`: by rib_diff(), or by what else
 * belongs to it. Then it is the next one.
 */
void rib_number(struct rib *rib, const struct rib *old, bool other);

/* The route by which there is a path is a hold: none of its next hops can be gone
 * by, and of this one it says why, in the words of a hold. */
void route_hold_hop(struct route *r, const char *hop, const char *why);

/*
 * To octets and back: the state file and the publisher's wire use it.
 *
 *     u16 n pattern, u8 kind, u8 flags (1 relay, 2 last resort, 4 see below,
 *         8 bare, 16 own, 32 see below),
 *     u16 n way, u16 n reason, u16 n server (n = 0: none),
 *     u32 cost, u32 hops,
 *     u8 n, n times: u16 n name, u8 family, 4 or 16 octets, u16 port,
 *                    u8 alternate
 *     u16 n, n times: u16 n name   (the path)
 *     u64 leaves, u8 flags (1 over, 2 revoked),
 *     u16 n, n times: u16 n server, u8 flags (1 known, 2 own, 4 here),
 *                     u64 seq, 32 octets key
 *     for each hop: u16 n transport (n = 0: that of all), with flag 32
 *
 * The two lines before the last stand where flag 4 says so; a table of before them is
 * read once, and what it does not say is made of what it does: the server
 * that delivers is the one that claims.
 */
void route_encode(struct buf *out, const struct route *route);

/*
 * On RC_OK *out is filled and the caller ends it with route_done(); else
 * there is nothing to end. Names, patterns, addresses and texts are held
 * to their grammar, so that nothing else enters a table from a file.
 */
int route_decode(struct cur *in, struct route *out);

/* NULL stays NULL. */
struct rib *rib_copy(const struct rib *from);

void route_copy(struct route *to, const struct route *from);
/* Copies of these names are the path from now on. */
void route_path_set(struct route *route, const char *const *names, size_t n);
/* Names of hops that are lent, not in `names`, are copied there. */
void route_hops_own(struct route *route);
void route_claims_copy(struct route *to, const struct route *from);
void route_claims_done(struct route *route);
void route_done(struct route *route);

/* NULL is nothing to free. */
void rib_free(struct rib *rib);

#endif
