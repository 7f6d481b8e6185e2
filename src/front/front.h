/*
 * front.h - the listener: accepts within its limits, begins sessions, and
 * sees that none stays for ever.
 */

#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "base/tree.h"
#include "front/peerlist.h"
#include "front/proxy.h"
#include "sys/say.h"

#define FRONT_LISTEN 16 /* addresses: two of each interface, with room */

/* Octets that are read at once, and so what a session may hold for each of
 * its ends: twice this and no more, with 4000 sessions half of what the unit
 * allows. Reading more at a time was measured to cost no less. */
#define FRONT_SCRATCH 32768

struct event;
struct event_base;
struct session;

/* What the options say. */
struct front_settings {
	struct addr listen[FRONT_LISTEN];
	size_t nlisten;
	struct addr mta;   /* family 0: none, only the verb */
	const char *hand;  /* strangers are handed over there, or NULL */
	const char *lsrd;  /* lsrd's socket */
	const char *peers; /* a file of peers, or NULL */
	const char *name;  /* our own in answers, where no MTA gives one */
	enum proxy_form proxy;
	uint32_t sessions, per_source;
	uint32_t idle_s, connect_s;
};

struct front {
	struct front_settings set;
	struct peerlist peers;
	struct say say;
	struct event_base *base;
	struct event *listener[FRONT_LISTEN];
	int listener_fd[FRONT_LISTEN];
	size_t nlisteners;
	struct event *sweep, *rest;
	struct tree sources;
	struct session *first; /* of all sessions, newest first */
	uint32_t count;
	bool stopping;
	uint64_t accepted, handed, refused, verbs; /* since the start */
	struct mono told;                          /* when lsrd was, of them */
	uint8_t scratch[FRONT_SCRATCH];
};

/*
 * Begins to accept at the sockets of listener_fd, which it takes over.
 * `settings` is copied, what it points to lent until front_done().
 */
void front_begin(struct front *front, struct event_base *base);

/* Reads the file of peers; one that is wrong is logged, the list stays. */
void front_read_peers(struct front *front);

/* Accepts no more; the loop ends once the last session has. */
void front_stop(struct front *front);

/* A session is over and freed: others may come, or that was the last. */
void front_left(struct front *front);

/* Frees all but the list of peers, sessions too. */
void front_done(struct front *front);

#endif
