/*
 * paths.h - the files of keys: where they are, and what is said of them.
 */

#ifndef CTL_PATHS_H
#define CTL_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/verbs.h"

/* directory/name. The caller's. */
char *paths_join(const char *directory, const char *name);

/* Makes the folder (0755), and those above it, when there is none. CALL_OK, or CALL_USAGE after a
 * complaint. */
int paths_make(const char *directory);

bool paths_is_file(const char *path);

/* "PATH: why", from one of the reasons of crypt/keys.h and errno: CALL_USAGE
 * after the complaint. */
int paths_refuse(const char *path, int rc);

#endif
