/*
 * json.h - a streaming writer of JSON (RFC 8259) into a buffer: no tree, no
 * copy. The caller opens and closes; commas are put where they belong. None of
 * these names may be one of jansson's, which lsrctl links too.
 */

#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct json {
	struct buf *out;
	bool comma; /* something stands before in this object or array */
};

/*
 * `key` is NULL inside an array and at the top. Strings are escaped, and so
 * is each octet that is not printable ASCII: whatever it was, the line can be
 * read and shown on a terminal.
 */
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_str(struct json *j, const char *key, const char *value);
void json_list(struct json *j, const char *key, char *const *texts, size_t n);
void json_int(struct json *j, const char *key, int64_t value);
/* No more than INT64_MAX is said: readers take no greater integer, and whoever signs
 * may have said one. */
void json_uint(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
/* Octets as lower-case hexadecimal digits. */
void json_hex(struct json *j, const char *key, const uint8_t *p, size_t n);
/* Ends a line of JSON lines: a line feed, and the next object is the first. */
void json_line(struct json *j);

#endif
