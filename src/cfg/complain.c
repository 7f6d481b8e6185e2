#include "cfg/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* What a person wrote is shown to him, but never more than a line of it,
 * and never what a terminal would obey. */
#define TEXT_OCTETS 400

void
complain(
    struct complaints *to, const struct complain_at *at, const char *fmt, ...)
{
	struct complaint one = { .line = at->line, .warning = at->warning };
	char text[TEXT_OCTETS];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	one.file = mem_str(at->file);
	one.text = mem_str(text);
	one.remedy = mem_str(at->remedy);
	vec_push(&to->list, one);
	to->errors += !at->warning;
}

static size_t
file_rank(const struct complaints *c, const char *file)
{
	size_t i = 0;

	while (strcmp(c->list.v[i].file, file) != 0)
		i++;
	return i;
}

static bool
stands_before(const struct complaints *c, const struct complaint *a,
    const struct complaint *b)
{
	size_t rank_a = file_rank(c, a->file), rank_b = file_rank(c, b->file);

	return rank_a != rank_b ? rank_a < rank_b : a->line < b->line;
}

/* By insertion, into a new list: stable, and the ranks hold meanwhile. */
void
complain_sort(struct complaints *complaints)
{
	size_t n = complaints->list.n, k;
	struct complaint *sorted;

	if (n == 0)
		return;
	sorted = mem_new(0, n, sizeof(*sorted));
	for (size_t i = 0; i < n; i++) {
		const struct complaint *one = &complaints->list.v[i];

		for (k = i; k > 0; k--) {
			if (!stands_before(complaints, one, &sorted[k - 1]))
				break;
			sorted[k] = sorted[k - 1];
		}
		sorted[k] = *one;
	}
	memcpy(complaints->list.v, sorted, n * sizeof(*sorted));
	mem_free(sorted);
}

void
complaint_text(struct buf *out, const struct complaint *complaint)
{
	buf_text(out, complaint->file);
	if (complaint->line > 0)
		buf_printf(out, ":%u", complaint->line);
	buf_printf(out, ": %s: %s", complaint->warning ? "warning" : "error",
	    complaint->text);
	if (complaint->remedy != NULL)
		buf_printf(out, "; %s", complaint->remedy);
}

void
complaints_done(struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->list.n; i++) {
		mem_free(complaints->list.v[i].file);
		mem_free(complaints->list.v[i].text);
		mem_free(complaints->list.v[i].remedy);
	}
	vec_done(&complaints->list);
	complaints->errors = 0;
}
