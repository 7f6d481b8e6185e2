/*
 * temp.h - a folder of a test's own, and its end. Where there can be none the
 * test cannot be: it stops.
 */

#ifndef T_TEMP_H
#define T_TEMP_H

#define TEMP_FOLDER 64

/* A new one below /tmp, with a name short enough for a socket in it. */
void temp_make(char folder[TEMP_FOLDER]);

/* Takes it away with all that is in it. */
void temp_end(const char *folder);

#endif
