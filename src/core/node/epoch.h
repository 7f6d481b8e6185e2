/*
 * epoch.h - the numbers of what we say, and who else uses them.
 *
 * A sequence is an epoch and a counter in it. An epoch is used once it is on
 * disk, and each life of ours has a greater one; so what an earlier life said
 * is older, whatever was lost of it. Who speaks above us under our name has our
 * key: we answer for a while, and say so.
 */

#ifndef CORE_EPOCH_H
#define CORE_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "core/lsa/bucket.h"

struct engine;
struct lsa;

#define EPOCH_FIGHT 3 /* so many answers within a minute are one */

/* Others speak as us. */
struct fight {
	struct bucket bucket; /* in which we still answer */
	uint32_t n;
	struct mono since, last;
	struct mono breach_at; /* a breach is said again then */
};

struct epoch {
	uint32_t now, counter; /* of this life, and the last number in it */
	uint32_t saved;        /* the one that is on disk */
	uint32_t save;         /* number of the FX_SAVE of it */
	bool said;             /* something, in this life */
	uint32_t anew; /* what is of an epoch before this is said again */
	struct fight fight;
};

/* The epoch of this life, above all that is known of us. */
void epoch_start(struct engine *e);
/* This epoch, while nothing was said in this life; else 0. */
uint32_t epoch_begins(const struct engine *e);
/* One above `seen`; it is used once it is on disk. */
void epoch_raise(struct engine *e, uint32_t seen);
/* FX_SAVE of this number is done. */
void epoch_saved(struct engine *e, uint32_t number);

/* Whether there is a number in this epoch that is newer than `l`. */
bool epoch_has(const struct engine *e, const struct lsa *l);
/* Takes that number. */
uint64_t epoch_next(struct engine *e, const struct lsa *l);

/* One of our own LSAs was heard: newer than what we last said. */
void epoch_heard(struct engine *e, const struct lsa *lsa);
/* One was heard whose epoch leaps: it was refused, and somebody has our key. */
void epoch_breach(struct engine *e, const struct lsa *lsa);
/* A fight is over a minute after it began; when that is, or MONO_NEVER. */
void epoch_calm(struct engine *e);
struct mono epoch_calm_at(const struct engine *e);

#endif
