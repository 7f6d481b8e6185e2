/*
 * vec.h - a growable array of one type.
 *
 *     VEC(uint32_t) ids = { 0 };
 *     vec_push(&ids, 7);
 *     for (size_t i = 0; i < ids.n; i++)
 *             use(ids.v[i]);
 *     vec_done(&ids);
 *
 * A pointer into v holds until the next push.
 */

#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>

#include "base/mem.h"

#define VEC(type)                                                              \
	struct {                                                               \
		type *v;                                                       \
		size_t n, room;                                                \
	}

#define vec_push(vec, item)                                                    \
	do {                                                                   \
		if ((vec)->n == (vec)->room) {                                 \
			(vec)->room = (vec)->room ? 2 * (vec)->room : 8;       \
			(vec)->v = mem_grow(                                   \
			    (vec)->v, (vec)->room, sizeof(*(vec)->v));         \
		}                                                              \
		(vec)->v[(vec)->n++] = (item);                                 \
	} while (0)

#define vec_done(vec)                                                          \
	do {                                                                   \
		mem_free((vec)->v);                                            \
		(vec)->v = NULL;                                               \
		(vec)->n = (vec)->room = 0;                                    \
	} while (0)

#endif
