/*
 * wire.h - what lsrd and its publisher say to each other over their socket
 * pair. Pure; both ends are ours, and yet every length is checked.
 *
 *      lsrd                                   lsrd-publish
 *        | ---- SETUP, BATCH (whole table) ---->  |
 *        | <--- PHASE locking, unlocked --------  |  while it writes
 *        | <--- ACK generation, result ---------  |
 *        | ---- ANNEX, BATCH (differences) ---->  |
 *        | <--- TABLE generation, result -------  |  when it is at leisure
 *
 * A batch of differences names the table that they are from: a publisher that
 * has another one takes nothing, answers RC_MISSING, and gets the whole.
 *
 * A frame is a 32-bit length, a type octet and the body. A batch that does
 * not fit one frame goes on in the next: all but the last say WIRE_MORE.
 * An ACK answers the last. SETUP is not acknowledged, nor is ANNEX: what the
 * milter's table has besides the routes (core/trace/mtable.h), those of its parts
 * that are new, the head last; each is cut into frames in the same manner.
 * TABLE tells how the writing of that table went.
 */

#ifndef PUBLISH_WIRE_H
#define PUBLISH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cur.h"
#include "core/trace/mtable.h"
#include "core/view/rib.h"
#include "plugins/plugin.h"

#define WIRE_HEAD 5 /* octets before the body */
#define WIRE_BODY_MAX ((size_t)1 << 20)

enum wire_type {
	WIRE_SETUP = 1, /* names of services, own addresses */
	WIRE_BATCH,     /* routes that are set, patterns that go */
	WIRE_PHASE,     /* enum plugin_phase */
	WIRE_ACK,       /* struct wire_ack */
	WIRE_ANNEX,     /* of struct mtable_annex */
	WIRE_TABLE      /* struct wire_table */
};

enum wire_flag {
	WIRE_WHOLE = 1, /* the whole table: what is not named goes */
	WIRE_MORE = 2,  /* it goes on in the next frame */
	WIRE_SINCE = 4  /* differences, from a table that is named; those of a
			   copy of before do not say it */
};

struct wire_frame {
	enum wire_type type;
	struct cur body;
	size_t octets; /* of the frame, header and all */
};

struct wire_batch {
	uint64_t generation;
	unsigned flags; /* of enum wire_flag */
	uint32_t items;
	uint64_t since; /* with WIRE_SINCE */
};

struct wire_item {
	const uint8_t *route; /* as route_encode() wrote it; NULL: it goes */
	size_t route_len;
	char pattern[320]; /* what goes; empty for a route */
};

struct wire_ack {
	uint64_t generation;
	int result;       /* RC_OK, or why not */
	int error;        /* errno with RC_IO */
	bool copy_behind; /* published; the plain copy could not follow */
	bool made;        /* a table was not there before, or of no use */
	uint32_t keys, locks, max_us;
};

/* The milter's table was written, or was not. */
struct wire_table {
	uint64_t generation;
	int result;  /* RC_OK, or why not */
	int error;   /* errno with RC_IO */
	uint32_t ms; /* it took */
};

/*
 * Looks at the first frame of `in`, which is not moved. RC_SHORT: more
 * octets are needed; RC_LONG, RC_RANGE: no frame of ours.
 */
int wire_frame(const struct cur *in, struct wire_frame *out);

void wire_put_setup(struct buf *out, const struct plugin_setup *setup);

/* Fills *setup but its directory. RC_OK, or why not. */
int wire_get_setup(struct cur body, struct plugin_setup *setup);

void wire_put_phase(struct buf *out, enum plugin_phase phase);
int wire_get_phase(struct cur body, enum plugin_phase *phase);

void wire_put_ack(struct buf *out, const struct wire_ack *ack);
int wire_get_ack(struct cur body, struct wire_ack *ack);

/* These parts of an annex, a bit for each, as frames. */
void wire_put_annex(
    struct buf *out, const struct mtable_annex *annex, unsigned parts);

/* The octets of one of its frames are what is left of the body then. */
int wire_get_annex(struct cur *body, enum mtable_part *part, bool *more);

void wire_put_table(struct buf *out, const struct wire_table *table);
int wire_get_table(struct cur body, struct wire_table *table);

/* A batch under way into a buffer, split into frames as it grows. */
struct wire_writer {
	struct buf *out;
	struct wire_batch head;
	size_t frame, flags_at, items_at;
	struct buf item; /* scratch */
};

/* `since`: the generation that it differs from; 0: it is whole. */
void wire_begin(struct wire_writer *w, struct buf *out, uint64_t generation,
    uint64_t since);
void wire_set(struct wire_writer *w, const struct route *route);
void wire_gone(struct wire_writer *w, const char *pattern);

/* With the octets that route_encode() made earlier. */
void wire_set_octets(struct wire_writer *w, const uint8_t *p, size_t n);
void wire_end(struct wire_writer *w);

/* Reads the head of a batch; its items follow in *body. */
int wire_get_batch(struct cur *body, struct wire_batch *batch);
int wire_get_item(struct cur *body, struct wire_item *item);

#endif
