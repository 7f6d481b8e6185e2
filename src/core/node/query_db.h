/*
 * query_db.h - the database for lsrctl, part by part: whole it may be a
 * hundred times what a moment of the loop and a client's buffer are for.
 */

#ifndef CORE_QUERY_DB_H
#define CORE_QUERY_DB_H

#include <stdbool.h>

struct engine;
struct json;
struct request;

/*
 *     db [PLACE] [of=SERVER] [type=WORD,...] [after=SECONDS] [brief=yes]
 *
 * Writes the LSAs behind the place (none: from the first), of this origin, of
 * these types (lsa_type_word()), that were issued after this moment, briefly:
 * without bodies, signers and digests; and into
 * r->more the request for the rest, with its NUL, where there is any. False:
 * that is no place.
 */
bool query_db(struct engine *e, struct json *j, const struct request *r);

#endif
