/*
 * patterns.h - a file of patterns, one a line, as Postfix reads relay_domains
 * from a file: what stands behind a pattern is passed over, and so are blank
 * lines and those that begin with a blank or #.
 *
 * What cannot be taken is told, the first few by line and then their number;
 * all else counts.
 */

#ifndef CFG_PATTERNS_H
#define CFG_PATTERNS_H

#include "base/buf.h"
#include "base/vec.h"
#include "cfg/complain.h"

/* Twice what a server may list, for what stands behind and between. */
#define PATTERNS_FILE_MAX ((size_t)16 << 20)
#define PATTERNS_TOLD 5 /* of each kind, by their lines */

struct patterns_one {
	char *pattern; /* owned */
	unsigned line;
};

/* Sorted by pattern, each once. Begins as all zero. */
struct patterns {
	VEC(struct patterns_one) v;
	uint64_t weight; /* as core/lsa/lsa_list.h counts it */
};

/*
 * RC_OK, and complaints are warnings; RC_NONE and RC_IO when it cannot be read,
 * RC_STATE when it is no regular file (a daemon waits for no FIFO), RC_LONG above
 * PATTERNS_FILE_MAX, RC_MISSING when it has no pattern, RC_LIMIT as below: an
 * error was told, and `out` is empty.
 */
int patterns_load(
    const char *path, struct complaints *complaints, struct patterns *out);

/* From a text: warnings alone. RC_LIMIT when they are more than a server may
 * list: of those far beyond, the first. */
int patterns_read(struct cur text, const char *path,
    struct complaints *complaints, struct patterns *out);

void patterns_done(struct patterns *patterns);

#endif
