/*
 * insider.h - an engine with a session to a certified server whose words are a
 * test's, and what the engine did of it.
 */

#ifndef T_CORE_INSIDER_H
#define T_CORE_INSIDER_H

#include "base/buf.h"
#include "core/lsa/lsa.h"
#include "core/node/node.h"

#define SELF "a.x.org"
#define PEER "b.x.org"
#define CERT PEER " g x.org - b"
#define FAR "c.x.org"
#define INSIDER_LETTER "b" /* of its key */

struct insider {
	struct crypto crypto, peer;
	struct claims claims;
	struct setup setup;
	struct engine *engine;
	uint64_t ms;
	uint64_t seq;
	size_t refused, purged, requests, closed, digests, synced, nones;
	size_t filling, filling_all, refused_before;
	size_t sent;               /* LSAs to others than the peer */
	size_t probes, probes_far; /* of the peer's addresses; of another's */
	uint32_t open[64];         /* probes that are not answered yet */
	size_t nopen;
};

/* From insider_greet() both have said HELLO, from insider_begin() the session
 * is FULL and the identity said. The engine is the caller's to free. */
void insider_step(struct insider *f, struct input in);
void insider_frame(struct insider *f, uint8_t type, const void *body, size_t n);
void insider_say(
    struct insider *f, uint8_t type, const char *id, const struct buf *body);
/* Another server, and the letter of its key. */
struct insider_who {
	const char *name;
	char letter;
};

/* The peer hands on what that one says; without a body a purge. And its identity,
 * by the text of a certificate. */
void insider_hand_on(struct insider *f, struct insider_who who, uint8_t type,
    const char *id, const struct buf *body);
void insider_known(
    struct insider *f, const char *name, char letter, const char *cert);
void insider_connector(
    struct insider *f, const char *id, uint32_t cost, bool up);
void insider_identity(struct insider *f);
void insider_greet(struct insider *f);
void insider_begin(struct insider *f);
/* And one by which one more server is FULL; who: 2, 3 and so on. From 20 on
 * its name has a number. */
void insider_join(struct insider *f, uint32_t who);
/* From insider_begin() on: a hub with so many more, that has published, has
 * said all of its links, and has all tokens again. */
void insider_hub(struct insider *f, uint32_t links);
struct lsa *insider_held(struct insider *f, uint8_t type, const char *id);
void insider_ticks(struct insider *f, uint64_t ms);
void insider_fill(struct buf *body, size_t n);

#endif
