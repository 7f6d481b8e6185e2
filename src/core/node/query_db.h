/*
 * query_db.h - the database for lsrctl, part by part: whole it may be a
 * hundred times what a moment of the loop and a client's buffer are for.
 */

#ifndef CORE_QUERY_DB_H
#define CORE_QUERY_DB_H

#include <stdbool.h>

struct buf;
struct engine;
struct json;

/* Writes the LSAs behind the place `from` (NULL: from the first), and into
 * `more` the request for the rest, with its NUL, where there is any. False:
 * `from` is no place. */
bool query_db(
    struct engine *e, struct json *j, const char *from, struct buf *more);

#endif
