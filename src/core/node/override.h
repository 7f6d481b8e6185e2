/*
 * override.h - what an operator has said by lsrctl beside the configuration,
 * for a time: data, and what it makes of a setup.
 *
 *     drain            no transit by this server, or no mail of ours by a
 *                      connector, or by one of its bridgeheads
 *     cost             another cost of a connector
 *     pin              a next hop for a pattern
 *     freeze           the table stays as it is
 *
 * They are sorted by kind, name and hop, each once. Their ends are moments of
 * our own, which no clock moves; the calendar says them to people, and tells
 * after a start what is left: never more than the whole.
 *
 * On disk (lsrd(8), FILES), all of them:
 *
 *     u8 version, 1; u16 n server; u16 n, n times:
 *         u8 kind, u16 n name, u16 n hop, u32 cost, u32 seconds as asked,
 *         u64 since, u64 until (0: no end), u16 n who, u16 n reason
 */

#ifndef CORE_OVERRIDE_H
#define CORE_OVERRIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cur.h"
#include "base/json.h"
#include "base/mono.h"
#include "base/vec.h"
#include "core/lsa/setup.h"

enum override_kind {
	OVERRIDE_DRAIN = 1, /* name: connector or empty; hop: bridgehead */
	OVERRIDE_COST,      /* name: connector; cost */
	OVERRIDE_PIN,       /* name: pattern; hop: server */
	OVERRIDE_FREEZE
};

struct override {
	enum override_kind kind;
	char *name, *hop; /* empty where there is none */
	uint32_t cost;
	uint32_t for_s;   /* as it was asked for; 0: by its end, or endless */
	struct mono end;  /* MONO_NEVER: when it is taken back */
	const char *over; /* why it ends now; a fixed text, or NULL */
	struct setup_drain why;
};

struct overrides {
	const struct setup *given; /* the configuration; lent by the shell */
	struct setup *filled;      /* with who is found (found.h); or NULL */
	struct setup *over;        /* either, overridden; NULL: nothing is */
	VEC(struct override) list;
	size_t differ; /* routes that are frozen, and would be others */
};

/* What is overridden: the configuration, with who is found. */
static inline const struct setup *
override_base(const struct overrides *o)
{
	return o->filled != NULL ? o->filled : o->given;
}

/* "drain", "cost", "pin", "freeze" */
const char *override_word(enum override_kind kind);

struct override *override_find(const struct overrides *o,
    enum override_kind kind, const char *name, const char *hop);
/* What it points to. */
void override_free(struct override *one);
/* Takes over what it points to; what stood in its place goes. */
void override_put(struct overrides *o, struct override fresh);
void override_drop(struct overrides *o, struct override *which);
/* The one that freezes the table, or NULL. */
const struct override *override_freeze(const struct overrides *o);

/* The pattern has a next hop by order. */
bool override_is_pinned(const struct overrides *o, const char *pattern);

/* What was asked for is what stands: the same, for as long. */
bool override_same(const struct override *a, const struct override *b);

/* Ends as the calendar has them now; true if any is another. */
bool override_calendar(struct overrides *o, struct mono now, uint64_t wall);

void override_encode(
    const struct overrides *o, const char *server, struct buf *out);
/* Of this server's alone; RC_OK, or a reason, and there are none. */
int override_decode(struct overrides *o, const char *server, struct cur in,
    struct mono now, uint64_t wall);

/* The setup with drains and costs in it, or NULL: it would be the same. Lends
 * from both; ended with override_setup_free(). */
struct setup *override_setup(
    const struct overrides *o, const struct setup *given);
void override_setup_free(struct setup *setup);

/* Keys of an object: reason, by, since, until, as far as they are known. */
void override_show(struct json *j, const struct setup_drain *why);

void override_done(struct overrides *o);

#endif
