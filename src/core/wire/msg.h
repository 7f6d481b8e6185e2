/*
 * msg.h - the messages inside frames. (lsrd-protocol(7) 3)
 *
 *     HELLO    u16 lowest, u16 highest version; 32 organization;
 *              u8 n name; u32 keep-alive ms; u32 dead ms
 *     ALIVE    u64 octets of the stream that have come
 *     DIGEST   u8 flags (1 asks); u16 n parts: u8 number, u32 LSAs, 32 digest
 *     SUMMARY  u8 flags (1 first, 2 last); u16 n entries: key, u64 sequence,
 *              16 octets of the LSA's digest
 *     REQUEST  u16 n keys
 *     UPDATE   the octets of one LSA
 *     NONE     a key that was requested and is not there any more
 *     SYNCED   empty: everything of your summary is here, or was refused
 *     CLOSE    text of the reason
 *
 * With a peer of version 1 or 2 nothing is said of grants and lists, as if
 * there were none; with one of version 1 ALIVE is empty, DIGEST is 32 octets and u32 number
 * of LSAs, and an entry has 8 octets of the digest.
 *
 * A key is u8 type, u8 n origin, u16 n id. What is read is lent by the
 * cursor's octets, except strings, which are copied to the caller's struct.
 */

#ifndef CORE_MSG_H
#define CORE_MSG_H

#include "base/buf.h"
#include "base/cur.h"
#include "base/str.h"
#include "core/lsa/lsa.h"

/* Versions of the protocol, oldest and newest that we speak. */
#define MSG_VERSION_LOWEST 1
#define MSG_VERSION 3

/* From this one on lists are told (lsa_list.h). */
#define MSG_VERSION_LISTS 3

enum msg_type {
	MSG_HELLO = 1,
	MSG_ALIVE,
	MSG_DIGEST,
	MSG_SUMMARY,
	MSG_REQUEST,
	MSG_UPDATE,
	MSG_NONE,
	MSG_SYNCED,
	MSG_CLOSE
};

enum msg_summary_flag { MSG_FIRST = 1, MSG_LAST = 2 };

struct msg_hello {
	uint16_t lowest, highest;
	uint8_t org[CRYPTO_DIGEST];
	char name[STR_HOST_MAX + 1];
	uint32_t keepalive_ms, dead_ms;
	uint32_t begins; /* the least epoch of this life of its, which has said
	                    nothing yet; 0: it has */
};

/* A key with room for its strings. */
struct msg_key {
	struct lsa_key key; /* points into this struct */
	char origin[STR_HOST_MAX + 1];
	char id[STR_PATTERN_MAX + 1];
};

enum msg_digest_flag { MSG_ASKS = 1 };

/* Octets of an LSA's digest in an entry: too many to find two LSAs with. */
#define MSG_SHORT_DIGEST 16
#define MSG_SHORT_DIGEST_1 8

struct msg_entry {
	struct msg_key key;
	uint64_t seq;
	uint8_t digest[MSG_SHORT_DIGEST]; /* as many as the version has */
};

/* Octets of an LSA's digest in an entry of this version. */
size_t msg_short_digest(unsigned version);

/* Of a DIGEST: a part of the database that is not empty. (core/lsa/parts.h) */
struct msg_part {
	uint8_t number;
	uint32_t lsas;
	uint8_t digest[CRYPTO_DIGEST];
};

/* RC_OK, or why not. A body must be read to its end. */
int msg_hello_read(struct cur *in, struct msg_hello *out);
void msg_hello_write(struct buf *out, const struct msg_hello *hello);

int msg_key_read(struct cur *in, struct msg_key *out);
void msg_key_write(struct buf *out, const struct lsa_key *key);

int msg_entry_read(struct cur *in, unsigned version, struct msg_entry *out);
/* The next of them; they ascend. `last`: the number of the one before, or -1. */
int msg_part_read(struct cur *in, int last, struct msg_part *out);

void msg_entry_write(struct buf *out, unsigned version, const struct lsa *lsa);

#endif
