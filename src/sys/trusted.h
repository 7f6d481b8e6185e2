/*
 * trusted.h - may a program of the administrator's be run? It is a file in a
 * folder, which nobody may change but root, or who runs it; nor may anybody else
 * put another folder in the place of that one, or of one above it.
 */

#ifndef SYS_TRUSTED_H
#define SYS_TRUSTED_H

#include <pwd.h>

/*
 * Judges `directory`, those above it and the file `name` in it, as they are now;
 * `as`: who is to run it, NULL: we are. RC_OK; RC_NONE: one is not there, or
 * nobody may execute the file; RC_PERMISSION: somebody else may change one of
 * them; RC_FORMAT: it is no file, or a link; RC_STATE: by their modes `as` may
 * not run it.
 */
int trusted_judge(
    const char *directory, const char *name, const struct passwd *as);

/* A sentence on it, as "is not there, or not executable". */
const char *trusted_text(int rc);

#endif
