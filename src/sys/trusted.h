/*
 * trusted.h - may a program of the administrator's be run? It is a file in a
 * folder, neither of which anybody may change but root, or who runs it.
 */

#ifndef SYS_TRUSTED_H
#define SYS_TRUSTED_H

/*
 * Judges `directory` and the file `name` in it, as they are now. RC_OK;
 * RC_NONE: one is not there, or nobody may execute the file; RC_PERMISSION:
 * somebody else may change one of them; RC_FORMAT: it is no file, or a link.
 */
int trusted_judge(const char *directory, const char *name);

/* A sentence on it, as "is not there, or not executable". */
const char *trusted_text(int rc);

#endif
