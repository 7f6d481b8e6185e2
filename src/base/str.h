/*
 * str.h - bounded strings and the grammar of the names that leave us: they
 * end in log lines, in an MTA's tables and in the text of a hold, so nothing
 * outside these forms ever enters (lsrd-protocol(7) 5).
 *
 * All forms are lower case; str_lower() first where the outside may differ.
 */

#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STR_HOST_MAX 253    /* RFC 1035 2.3.4, without the last dot */
#define STR_WORD_MAX 63     /* connectors and routing groups */
#define STR_PATTERN_MAX 318 /* 64 "@" 253 (RFC 5321 4.5.3.1) */

/* Letters A-Z to a-z, in place. */
void str_lower(char *s);

/* A host name: labels of letters, digits and inner hyphens, two or more. */
bool str_is_host(const char *s);

/* A connector's or routing group's name: [a-z0-9][a-z0-9._-]{0,62} */
bool str_is_word(const char *s);

/*
 * An address-space pattern: `user@dom`, `dom`, `.dom` or `*`. `dom` is a
 * host name; `user` is one or more of a-z 0-9 and !#$%&'*+-/=?^_`{|}~ with
 * inner dots, less what means something to a shell or an MTA ($ | ` { } %
 * ' / ! &), so that a table's key is always harmless.
 */
bool str_is_pattern(const char *s);

/*
 * True if the claim (of a certificate) covers the pattern: exactly itself;
 * `dom` also user@dom; `.dom` also every name, sub-pattern and user below
 * dom, not dom itself; `*` only `*`. (lsrd-protocol(7) 1)
 */
bool str_covers(const char *claim, const char *pattern);

/* A text for people that may stand in a line of a log or a table: printable
 * ASCII without quote and backslash. */
bool str_is_free(const char *s);

/* As memcmp over both and their lengths: the order of octets. */
int str_order(const char *a, const char *b);

/* What follows the first line feed, perhaps nothing; NULL: there is none. */
const char *str_next_line(const char *s);

/* A number for words, one after another: 0 to begin with, and never 0. Two may
 * have the same. */
uint32_t str_hash(uint32_t so_far, const char *word);

#endif
