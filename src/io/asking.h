/*
 * asking.h - this host's own MTA, asked by SMTP for something (struct
 * plugin_talk), on loopback where it listens there.
 *
 *     asking_begin --> connect --> the talk --> QUIT, end of file --> done
 *                         |           |
 *            the next address         +--> no answer in time: done, and why
 *
 * Nothing of ours is worth more to the MTA than that of any other local
 * process: what it does when asked, it does with its own rights.
 */

#ifndef IO_ASKING_H
#define IO_ASKING_H

#include <event2/event.h>

#include "core/lsa/setup.h"
#include "plugins/plugin.h"

#define ASKING_PATIENCE_S 20
#define ASKING_ADDRESSES 8

/* With more patterns than these it is asked for all. */
#define ASKING_WORDS 20
/* One run, one message after the other, is as slow as the next hop: for each
 * ASKING_SHARE messages it is asked once more, so many times at most. */
#define ASKING_RUNS 4
#define ASKING_SHARE 50

struct asking;

/* Where it is, and who we are. Begin with { 0 }. */
struct asking_place {
	char *own_name;
	struct addr at[ASKING_ADDRESSES]; /* the first that connects */
	size_t nat;
	bool lab; /* others have a share in loopback */
};

/* Addresses on loopback first; in a lab, where hosts share it, what is
 * announced alone. */
void asking_place_set(struct asking_place *place, const struct setup *setup);

/* The MTA says itself where it listens (core/lsa/mta.h): there alone, for
 * another one may have the usual port. None: as it was. */
void asking_place_listens(
    struct asking_place *place, const struct addr *at, size_t n);
void asking_place_done(struct asking_place *place);

/* All are lent until `done` is called, or the asking is freed. */
struct asking_job {
	const struct plugin_talk *talk;
	const struct asking_place *place;
	char *const *patterns;
	size_t n;
	size_t messages;     /* that wait for them */
	bool all;            /* whatever the patterns */
	char *const *thawed; /* words said behind these, ASKING_WORDS at most */
	size_t nthawed;
	/* Once, from the loop: why is NULL when it was asked for all of them,
	 * else a text, lent for the call. The asking is gone then. */
	void (*done)(void *ctx, const char *why);
	void *ctx;
};

struct asking *asking_begin(
    struct event_base *base, const struct asking_job *job);

/* Gives it up; NULL is nothing to free. */
void asking_free(struct asking *asking);

#endif
