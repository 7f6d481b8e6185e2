/*
 * state.h - a topology document as what may be other in it: servers, connectors
 * and address spaces by what names them; and the differences of two.
 *
 *     {"servers":[{"key":KEY,"is":SERVER},{"gone":KEY}],"connectors":[...],...}
 *
 * A part that is the same is left out. Of an address space the key is its
 * pattern and server; what names itself twice has a number behind. A document
 * that is made of a state has them in the order of their keys, so two states
 * that are equal make the same octets.
 */

#ifndef MAP_STATE_H
#define MAP_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define STATE_PARTS 3

struct state {
	json_t *part[STATE_PARTS]; /* objects, by key */
	json_t *rest;              /* the document without them */
};

/* False: it is no such document, and *state is empty. */
bool state_read(struct state *state, const json_t *document);
void state_done(struct state *state);

/* NULL: there are none. The caller's. */
json_t *state_differs(const struct state *was, const struct state *is);

/* The same for who compares: [{"was":OBJECT or null,"is":...}] by part. */
json_t *state_compare(const struct state *was, const struct state *is);

/* False: they are none, and *state is neither. */
bool state_apply(struct state *state, const json_t *differs);

/* The caller's. */
json_t *state_document(const struct state *state);

/* What is not by parts is other: it needs a whole document. */
bool state_is_other(const struct state *a, const struct state *b);

#endif
