/*
 * gate.h - whether a request comes from a page of ours, by what its browser
 * says of it.
 */

#ifndef MAP_GATE_H
#define MAP_GATE_H

#include <stdbool.h>
#include <stddef.h>

/* Fields of a request; NULL: it has none. `host` is also that of a target that
 * has one. */
struct gate_request {
	const char *host, *origin;
	const char *site, *mode; /* Sec-Fetch-... */
};

/* NULL: it may be answered; or why not, a fixed text. `names` are ours. */
const char *gate_judge(
    const struct gate_request *request, const char *const *names, size_t n);

#endif
