/*
 * stray.h - the character that may not stand where it stands: what editors,
 * word processors and web pages put into a file in place of what was meant.
 */

#ifndef CFG_STRAY_H
#define CFG_STRAY_H

#include <stdbool.h>
#include <stddef.h>

#define STRAY_TEXT 96

/*
 * The character at `at` of a text that ends with a NUL: what is wrong, with
 * its column, to `wrong`. Returns what to do about it; static.
 */
const char *stray_name(const char *text, size_t at, char wrong[STRAY_TEXT]);

/* Whether a text with NULs is one of 16 or 32 bits a character. */
bool stray_is_wide(const char *text, size_t n);

#endif
