#include "io/count.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

/* Most are the same text, at the same place. */
static bool
is_count_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void
count_one(struct count *count, const char *word, const char *reason)
{
	struct count_row fresh = { .word = word, .n = 1 };

	for (size_t i = 0; i < count->rows.n; i++) {
		struct count_row *row = &count->rows.v[i];

		if (is_count_text(row->word, word) &&
		    is_count_text(row->reason, reason)) {
			row->n++;
			return;
		}
	}
	if (count->rows.n < COUNT_ROWS) {
		fresh.reason = reason == NULL ? NULL : mem_str(reason);
		vec_push(&count->rows, fresh);
	} else if (reason != NULL)
		count_one(count, word, NULL);
}

void
count_show(const struct count *count, struct json *j, const char *key)
{
	json_open(j, key, '[');
	for (size_t i = 0; i < count->rows.n; i++) {
		const struct count_row *row = &count->rows.v[i];

		json_open(j, NULL, '{');
		json_str(j, "event", row->word);
		if (row->reason != NULL)
			json_str(j, "reason", row->reason);
		json_uint(j, "n", row->n);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void
count_done(struct count *count)
{
	for (size_t i = 0; i < count->rows.n; i++)
		mem_free(count->rows.v[i].reason);
	vec_done(&count->rows);
}
