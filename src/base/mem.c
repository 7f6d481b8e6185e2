#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

void *
mem_new(size_t head, size_t n, size_t each)
{
	void *p;

	CHECK(each == 0 || n <= (SIZE_MAX - head) / each);
	p = calloc(1, head + n * each + (head + n * each == 0));
	CHECK(p != NULL);
	return p;
}

void *
mem_grow(void *p, size_t n, size_t each)
{
	CHECK(each == 0 || n <= SIZE_MAX / each);
	p = realloc(p, n * each + (n * each == 0));
	CHECK(p != NULL);
	return p;
}

void *
mem_dup(const void *p, size_t n)
{
	char *copy = mem_new(1, n, 1);

	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

char *
mem_str(const char *s)
{
	return s == NULL ? NULL : mem_dup(s, strlen(s));
}

void
mem_free(void *p)
{
	free(p);
}
