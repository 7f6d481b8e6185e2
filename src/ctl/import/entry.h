/*
 * entry.h - entries of a directory, from LDAP or from LDIF: a distinguished
 * name and attributes, whose names are in lower case and without options.
 *
 * Distinguished names are compared in the form of entry_dn(): lower case,
 * without blanks where they mean nothing.
 */

#ifndef CTL_IMPORT_ENTRY_H
#define CTL_IMPORT_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/import/import.h"

#define ENTRIES_MOST 200000
#define ENTRIES_OCTETS ((size_t)256 << 20)

struct entry_value {
	char *name; /* of the attribute */
	char *p;    /* with a NUL behind it */
	size_t n;
};

struct entry {
	char *dn;    /* as it was */
	char *where; /* the DN, and behind a file's place */
	char *is;    /* as it is compared */
	VEC(struct entry_value) values;
};

struct entries {
	VEC(struct entry) list; /* sorted by entries_sort() */
	size_t octets;
	bool full; /* there was more */
};

void entries_done(struct entries *entries);

/* `place` is FILE:LINE or NULL. Lent until the next; NULL: too many. */
struct entry *entries_add(
    struct entries *entries, const char *dn, const char *place);

/* One value more. Too long a one is a note, and left out. */
void entries_value(struct entries *entries, struct import *im,
    struct entry *entry, const struct entry_value *value);

/* By name; of two that are one the first is kept, with a note. */
void entries_sort(struct entries *entries, struct import *im);

/* By what entry_dn() made; NULL: there is none. */
const struct entry *entries_find(const struct entries *entries, const char *is);

/* The form in which names are compared. The caller's. */
char *entry_dn(const char *dn);

/* The name above; NULL: none. Lent. */
const char *entry_above(const char *is);

/* The value of its first part, unescaped; the caller's. */
char *entry_rdn(const char *dn);

/* The n-th value; NULL: there are no more. */
const struct entry_value *entry_value(
    const struct entry *entry, const char *name, size_t n);

/* The first value as text, UTF-8 without control characters; NULL: none that
 * is. */
const char *entry_text(const struct entry *entry, const char *name);

/* The first value as a number; false: none, or no number. */
bool entry_number(const struct entry *entry, const char *name, int64_t *out);

/* TRUE of LDAP. */
bool entry_bool(const struct entry *entry, const char *name);

/* True if it is of this objectClass, given in lower case. */
bool entry_is(const struct entry *entry, const char *class);

#endif
