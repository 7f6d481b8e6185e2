/*
 * mem.h - allocation that cannot fail: with no memory left the process
 * stops. Limits (core/lsa/limits.h) keep a peer from getting us there.
 */

#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* head + n * each octets, all zero. The caller owns them. */
void *mem_new(size_t head, size_t n, size_t each);

/* As realloc() to n * each octets; what is new is not cleared. */
void *mem_grow(void *p, size_t n, size_t each);

/* A copy of n octets, with a NUL behind them. */
void *mem_dup(const void *p, size_t n);

/* A copy of a string; NULL stays NULL. */
char *mem_str(const char *s);

void mem_free(void *p);

#endif
