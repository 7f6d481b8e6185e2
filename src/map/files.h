/*
 * files.h - the page itself: a few files, read once into memory. What is asked
 * for is a name in this list or it is nothing, so no name leads elsewhere.
 *
 * NAME.gz is NAME for who takes it so. Names begin with a letter or digit and
 * have letters, digits, hyphens, dots and underscores; others are left out, as
 * are folders, links that lead nowhere, and what has no type in the table.
 */

#ifndef MAP_FILES_H
#define MAP_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "map/body.h"

#define FILES_MOST 64
#define FILES_OCTETS 8388608 /* of one */

struct files {
	struct files_one {
		char *name;
		struct body *plain, *packed; /* packed: by gzip; or NULL */
	} one[FILES_MOST];
	size_t n;
};

/* How many there are; -1: errno tells. */
int files_load(struct files *files, const char *folder);
void files_done(struct files *files);

/* NULL: there is none of that name. Lent. */
const struct files_one *files_find(const struct files *files, const char *name);

#endif
