/*
 * query.h - what may be asked: a path of /api/ with its parameters becomes the
 * words of an lsrctl, or is refused.
 *
 *     /api/explain?address=jo%40oslo.example&from=mx1.london.example.org
 *     --> explain --ways --from mx1.london.example.org -- jo@oslo.example
 *
 * Strangers write it, so nothing is passed on that a row does not name: a
 * parameter that is not in it, twice where once is meant, of another form, too
 * long, or with an octet that is no text refuses the whole.
 */

#ifndef MAP_QUERY_H
#define MAP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#define QUERY_OCTETS 4096 /* of a target, and of what it becomes */
#define QUERY_WORDS 160
#define QUERY_VALUE 512 /* of one parameter */

struct query {
	const char *word[QUERY_WORDS]; /* lent from `room`, or fixed */
	size_t n;
	bool list;  /* the answer is lines, and becomes an array */
	bool inner; /* no stranger may ask */
	char room[QUERY_OCTETS];
	size_t used;
	const char *why; /* it is refused; a fixed text */
};

/* False: no such path (`why` is NULL), or refused (`why` says it). */
bool query_read(struct query *q, const char *target);

/* A value of a parameter of the target, decoded, into `out` of QUERY_VALUE
 * octets; false: it is not there once, or is bad. */
bool query_value(const char *target, const char *name, char *out);

/* The same as a moment: seconds since 1970, with a fraction or without. */
bool query_moment(const char *target, const char *name, double *out);

#endif
