/*
 * cause.h - what has changed since the last table: whose LSA, which mail
 * service, another configuration. Who computes the table takes all of them,
 * and each route that it moves is moved by one (moved.h).
 *
 * Of LSAs each is a record of the history, too, whether it moves a route or
 * not: from them a map of any hour can be drawn.
 */

#ifndef CORE_CAUSE_H
#define CORE_CAUSE_H

#include "base/json.h"
#include "base/mono.h"
#include "core/lsa/lsa.h"

/* Of one table so many are named; what else changed is counted. */
#define CAUSES_MAX 16

/* Shared by the routes that it moved last. */
struct cause {
	unsigned uses;
	const char *what; /* "lsa", "link", "configuration" ...; fixed */
	const char *did;  /* "said", "purged", "down" ...; fixed, or NULL */
	char *server;     /* whose, or which; NULL: of none */
	char *id;         /* of an LSA, */
	uint8_t type;     /* 0: it is none */
	uint64_t seq;
	char *text;     /* what is other now, or why; or NULL */
	struct mono at; /* here */
};

/* Begins as all zero. */
struct causes {
	struct cause *v[CAUSES_MAX];
	size_t n;
	uint64_t more; /* that are not named */
};

struct engine;

/* `now` is installed in place of `old`, which may be NULL. */
void cause_installed(
    struct engine *e, const struct lsa *now, const struct lsa *old);
/* It is taken out: nobody may have said it. */
void cause_taken_out(struct engine *e, const struct lsa *gone);
/* Anything else; what is NULL is not known. */
void cause_other(struct engine *e, const char *what, const char *server,
    const char *did, const char *text);

/* What lsrctl(1), JSON, says of one: `key` names the object. */
void cause_show(struct json *j, const char *key, const struct cause *cause);

/* The same in a few words, with a NUL behind: "link mx2.example.org down". Of
 * none it is time that went by. */
void cause_words(struct buf *out, const struct cause *cause);

struct cause *cause_ref(struct cause *cause);
void cause_free(struct cause *cause);
void causes_clear(struct causes *causes);

#endif
