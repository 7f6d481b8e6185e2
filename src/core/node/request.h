/*
 * request.h - a line from lsrctl as words: `verb word name=value ...`, of which
 * `reason=` takes the rest.
 */

#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

#define REQUEST_WORDS 16

struct request {
	char *text;
	const char *verb;
	const char *word[REQUEST_WORDS];
	size_t n;
	struct buf
	    *more;       /* what asks for the rest of the answer; none: empty */
	const char *who; /* the shell's word for who asks; or NULL */
};

/* The caller frees r->text, of which the words are lent. */
void request_read(struct request *r, const uint8_t *p, size_t len);

/* The value of `name=value`, or NULL. */
const char *request_option(const struct request *r, const char *name);

/* Decimal digits at its beginning; INT64_MAX at most. */
uint64_t request_number(const char *s);

/* {"ok":true} or {"ok":false,"reason":...} */
void request_verdict(struct json *j, bool ok, const char *reason);

/* {"ok":true,"changed":...} */
void request_changed(struct json *j, bool changed);

#endif
