#include "base/find.h"

#include <stdlib.h>
#include <string.h>

static int
find_by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
find_sort_texts(void *v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof(char *), find_by_text);
}

static const char *
text_at(const struct find_list *list, size_t i)
{
	const char *text;

	memcpy(&text, (const char *)list->entries + i * list->size + list->at,
	    sizeof(text));
	return text;
}

size_t
find_text(const struct find_list *list, const char *text)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(text, text_at(list, mid));

		if (c == 0)
			return mid;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return FIND_NONE;
}

size_t
find_from(
    size_t n, bool (*is_before)(const void *ctx, size_t i), const void *ctx)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (is_before(ctx, mid))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t
find_near(
    size_t n, bool (*is_before)(const void *ctx, size_t i), const void *ctx)
{
	size_t step = 1;

	while (step < n && is_before(ctx, step - 1))
		step *= 2;
	return find_from(step < n ? step : n, is_before, ctx);
}

struct sought {
	const struct find_list *list;
	const char *text;
};

static bool
text_before(const void *ctx, size_t i)
{
	const struct sought *sought = ctx;

	return strcmp(text_at(sought->list, i), sought->text) < 0;
}

size_t
find_text_from(const struct find_list *list, const char *text)
{
	return find_from(list->n, text_before, &(struct sought){ list, text });
}

size_t
find_text_near(const struct find_list *list, const char *text)
{
	return find_near(list->n, text_before, &(struct sought){ list, text });
}
