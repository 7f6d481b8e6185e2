/*
 * ldif_file.h - entries of a file in LDIF (RFC 2849), by libldap's own reader.
 * What the file names elsewhere (`attribute:< URL`) is not fetched.
 */

#ifndef CTL_IMPORT_LDIF_FILE_H
#define CTL_IMPORT_LDIF_FILE_H

#include "ctl/import/entry.h"

/* CALL_OK, or CALL_USAGE after a complaint. */
int ldif_file_load(const char *path, struct import *im, struct entries *out);

#endif
