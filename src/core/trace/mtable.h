/*
 * mtable.h - the route table as a file for the milter: which table is in
 * force, whose mark keys are whose, where an address goes. Read in place,
 * from octets that the caller keeps mapped; never changed: a newer table is
 * a new file under the old name, so a reader uses one generation for one
 * decision. (HACKING 6, Messages)
 *
 * Where routes alone have moved since, a second file, the news, has these and
 * names the table that it is of; it too is always another. So one route that
 * moves among thousands is written alone. Who reads the news first and then the
 * table never goes back: news of another table count for nothing, and that
 * table is newer than the one that they are of.
 *
 * lsrd-publish writes it, after the MTA's own tables and from the same
 * routes. All integers are big-endian:
 *
 *     u32  "LSRT"
 *     u32  version, 4; 3 is the same, and has no news
 *     u64  octets of the file
 *     u64  CRC-64 (base/crc64.h) of every octet behind this field
 *     u64  only in news: the CRC-64 that the table has which they are of
 *     u64  epoch, u64 generation: the table in force
 *     u32  n of the history, of the keys, of the routes; u32 octets of net
 *     u8   1 where next hops are published by name, u8 n and n octets: the
 *          MTA's transport for them
 *     the MTA (from version 2 on): u8 n and n octets: the characters that
 *          begin an address extension; u8 flags: 1 a content filter gets
 *          what comes by SMTP, 2 by sendmail(1), 4 it makes copies
 *     the history, newest first, 1 to MTABLE_HISTORY times:
 *          u64 epoch, u64 generation, u64 wall clock in ms from which on
 *          the MTA looked it up
 *     the keys, sorted by digest, each:
 *          32 digest of a mark key, 32 the key, u32 where its server's name
 *          stands (u8 n and n octets)
 *     the routes, sorted by pattern, each: u32 where its record stands
 *     the net (core/trace/mtable_net.h), only where a connector has limits
 *     records and names, in any order
 *
 * News begin with "LSRN" and version 4; of keys and net they have none, for
 * those are the table's, and all else is in place of what the table says.
 *
 * A record:
 *
 *     u64 epoch, u64 generation (from version 3 on): the table since which
 *          mail for this pattern goes the same way; of an older file nothing is
 *          known of before it was written,
 *     u16 n pattern, u8 enum route_kind, u8 flags (1 relay, 2 last resort),
 *     u16 n server (n = 0: none), u8 n, n times: u16 n name, u8 family,
 *     4 or 16 octets, u16 port, u8 alternate
 *
 * The checksum is against torn files. Against forgery there are the
 * directory's permissions: who may write there may write the MTA's tables.
 */

#ifndef CORE_MTABLE_H
#define CORE_MTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cur.h"
#include "base/str.h"
#include "base/vec.h"
#include "core/lsa/crypto.h"
#include "core/lsa/limits.h"
#include "core/view/rib.h"

/* Behind the table's name: that of the news. */
#define MTABLE_NEWS ".news"

/* A visit asks what was in force 31 s before; tables that change every
 * second (the greatest rate of RFC 8405's delays) leave a minute. What is older
 * than all of them counts as the oldest; which routes moved since is in the routes
 * themselves, so that more of them would tell nothing else. */
#define MTABLE_HISTORY 64

/* Which table of a server: a later one is greater. */
struct mtable_version {
	uint64_t epoch, generation;
};

/* <0, 0, >0 */
int mtable_order(struct mtable_version a, struct mtable_version b);

struct mtable_since {
	struct mtable_version version;
	uint64_t wall_ms; /* in force from then on; ms since 1970 */
};

struct mtable_history {
	struct mtable_since v[MTABLE_HISTORY]; /* newest first */
	size_t n;
};

/* A version that is not newer than the first is not taken. */
void mtable_history_add(struct mtable_history *history,
    struct mtable_version version, uint64_t wall_ms);

#define MTABLE_DELIMITERS 15

/* What the MTA beside us makes of a message: as of core/lsa/mta.h. */
struct mtable_mta {
	char delimiters[MTABLE_DELIMITERS +
			1]; /* of extensions (match.h); "": none */
	bool filters_smtp, filters_local; /* what is new by SMTP, or by
						  sendmail(1): its content */
	bool copies; /* to others than the recipients that we see */
};

/* --- reading -------------------------------------------------------------- */

struct mtable {
	const uint8_t *p; /* lent */
	size_t n;
	uint32_t format; /* the version of the file's form */
	struct mtable_version now;
	bool by_name;       /* `[name]:port`, not an address */
	char transport[64]; /* of remote routes: lsrd */
	struct mtable_mta mta;
	uint64_t sum, of; /* its own checksum; in news the table's */
	uint32_t nhistory, nkeys, nroutes;
	const uint8_t *history, *keys, *routes; /* inside p */
	struct cur net;            /* empty: no connector has limits */
	const struct mtable *news; /* lent; NULL: there are none */
	uint32_t more;             /* routes that only these have */
};

/*
 * Checks the checksum, the order and every record, once: what is read
 * afterwards is in bounds and of the grammar of names. The octets are lent
 * for the life of the table, which has nothing to end. RC_OK; RC_SHORT,
 * RC_LONG, RC_FORMAT (no such file), RC_VERSION, RC_DIGEST, RC_RANGE,
 * RC_NAME.
 */
int mtable_open(struct mtable *t, const void *p, size_t n);

/* The same of news, into *news, which the table goes by from here on: both are
 * lent to it. Else nothing has changed: RC_STATE, they are of another. */
int mtable_follow(
    struct mtable *t, struct mtable *news, const void *p, size_t n);

/* The checksum that the octets of a table, or so many of them, say it has; 0:
 * they are too few. */
#define MTABLE_SUM_END 24
uint64_t mtable_sum(const void *p, size_t n);

/* What was in force at that time; the oldest that is known if all are
 * younger, as after a clock was set back. */
struct mtable_version mtable_then(const struct mtable *t, uint64_t wall_ms);

/* The whole of it, for who writes the next table. */
void mtable_history(const struct mtable *t, struct mtable_history *out);

struct mtable_key {
	char name[STR_HOST_MAX + 1];   /* the server's */
	uint8_t digest[CRYPTO_DIGEST]; /* of the key */
	uint8_t public_key[CRYPTO_PUBLIC];
};

/* The mark key with this digest: current or previous, of any server of the
 * organization, ourselves too. False: nobody has it. */
bool mtable_key(const struct mtable *t, const uint8_t digest[CRYPTO_DIGEST],
    struct mtable_key *out);

struct mtable_hop {
	char name[STR_HOST_MAX + 1];
	struct addr addr;
	bool alternate;
};

struct mtable_route {
	char pattern[STR_PATTERN_MAX + 1];
	enum route_kind kind;
	bool relay, last_resort;
	struct mtable_version since;   /* it is as it is */
	char server[STR_HOST_MAX + 1]; /* that delivers it; empty: unknown */
	struct mtable_hop hop[LIMIT_NEXT_HOPS]; /* in the order to try */
	size_t nhops;
};

/*
 * The route of the most specific pattern that takes the address (lower
 * case): user@dom, less its extension, dom, .parent, longest first, then `*`.
 * RC_NONE: not ours, or no address.
 */
int mtable_route(
    const struct mtable *t, const char *address, struct mtable_route *out);

/* The route number i of the file itself, of t->nroutes, in the order of the
 * patterns. */
void mtable_at(const struct mtable *t, uint32_t i, struct mtable_route *out);

/* The octets of its record behind `since`, as mtable_record() makes them; lent
 * as the table is. */
struct cur mtable_record_at(const struct mtable *t, uint32_t i);

/* How far a walk is. Starts as all zero. */
struct mtable_walk {
	uint32_t at, news;
};

/* The next of all routes, in the order of the patterns, by the news where these
 * have it: the file that it stands in, and *i its number there. NULL: that was
 * the last. */
const struct mtable *mtable_next(
    const struct mtable *t, struct mtable_walk *walk, uint32_t *i);

/* True if the server is a next hop of the route, alternates included. */
bool mtable_next_hop(const struct mtable_route *route, const char *server);

/* --- writing -------------------------------------------------------------- */

/*
 * What lsrd says to the publisher besides the routes:
 *
 *     u64 epoch, u64 generation: the table this belongs to
 *     the MTA, as in the file
 *     u32 n, n times, sorted by digest: 32 digest, 32 key, u8 n name
 *     the rest: the net
 */
enum mtable_part { MTABLE_HEAD, MTABLE_KEYS, MTABLE_NET, MTABLE_PARTS };

#define MTABLE_ALL ((1u << MTABLE_PARTS) - 1)
#define MTABLE_BESIDES (MTABLE_ALL & ~(1u << MTABLE_HEAD))

struct mtable_annex {
	struct mtable_version version;
	struct mtable_mta mta;
	uint32_t nkeys;
	struct cur head, keys, net; /* lent; `keys` without their number */

	/* Not among the octets: what the publisher knows by itself. */
	const char *transport; /* "lsrd" after mtable_annex_decode() */
	bool by_name;
};

/* The keys of an annex, which are sorted by digest; of two with the same one
 * the first by name stays. */
void mtable_keys_encode(struct buf *out, struct mtable_key *keys, size_t n);

/* `keys` as written by mtable_keys_encode(). */
void mtable_annex_encode(struct buf *out, struct mtable_version version,
    const struct mtable_mta *mta, const struct buf *keys,
    const struct buf *net);

/* RC_OK, or why not. Whether the net is one is not looked at. */
int mtable_annex_decode(const void *p, size_t n, struct mtable_annex *out);

/* The octets of one of its parts. */
struct cur mtable_annex_part(
    const struct mtable_annex *annex, enum mtable_part part);

/* Reads a part of its own into *out, and leaves the others. RC_OK, or why not:
 * it is to be used no more then. */
int mtable_annex_take(
    struct mtable_annex *out, enum mtable_part part, struct cur in);

struct mtable_writer {
	VEC(uint32_t) at;
	struct buf records;
};

/* Appends the record of a route, but for `since`: of two that are equal mail
 * goes the same way. */
void mtable_record(struct buf *out, const struct route *route);

/* Starts as all zero. Records in the order of their patterns. */
void mtable_add(struct mtable_writer *w, const uint8_t *record, size_t n,
    struct mtable_version since);

/* The same, of a route. */
void mtable_add_route(struct mtable_writer *w, const struct route *route,
    struct mtable_version since);

/* Appends the whole file; ends the writer. The history's first version is
 * that of the annex. */
void mtable_end(struct mtable_writer *w, const struct mtable_annex *annex,
    const struct mtable_history *history, struct buf *out);

/* The same of news, with the routes that have moved; `of` is the sum of the
 * table. */
void mtable_end_news(struct mtable_writer *w, uint64_t of,
    const struct mtable_annex *annex, const struct mtable_history *history,
    struct buf *out);

#endif
