/*
 * find.h - where something stands in what is sorted, by halving; and sorting it.
 */

#ifndef BASE_FIND_H
#define BASE_FIND_H

#include <stdbool.h>
#include <stddef.h>

#define FIND_NONE ((size_t)-1)

/* A sorted array: entries of `size` octets, each with a `char *` at `at`. */
struct find_list {
	const void *entries;
	size_t n;
	size_t size;
	size_t at;
};

/* The list of v[n], sorted by strcmp() of this member of struct `type`. */
#define FIND_LIST(type, member, v, n)                                          \
	(&(const struct find_list){                                            \
	    (v), (n), sizeof(struct type), offsetof(struct type, member) })

/* That of v[n] where each is such a text itself. */
#define FIND_TEXTS(v, n)                                                       \
	(&(const struct find_list){ (v), (n), sizeof(char *), 0 })

/* Sorts v[n], each a text, for FIND_TEXTS(). */
void find_sort_texts(void *v, size_t n);

/* The place of this text, or FIND_NONE. */
size_t find_text(const struct find_list *list, const char *text);

/* The first place whose text does not stand before this one; n: there is none. */
size_t find_text_from(const struct find_list *list, const char *text);

/* The same of n places in any order that is told: whether place i stands
 * before what is looked for. */
size_t find_from(
    size_t n, bool (*is_before)(const void *ctx, size_t i), const void *ctx);

/* The same two, the faster the nearer it is: for what is asked for in order,
 * each behind the one before. */
size_t find_text_near(const struct find_list *list, const char *text);
size_t find_near(
    size_t n, bool (*is_before)(const void *ctx, size_t i), const void *ctx);

#endif
