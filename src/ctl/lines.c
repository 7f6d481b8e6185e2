#include "ctl/lines.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"

struct line {
	const char *p;
	size_t n;
	size_t head; /* the line of the section that it is in; itself: none */
};

struct lines {
	VEC(struct line) list;
};

static void
lines_take(const char *text, struct lines *out)
{
	size_t head = SIZE_MAX;

	while (*text != '\0') {
		struct line line = { text, strcspn(text, "\n"), 0 };
		bool opens = line.n > 1 && text[line.n - 1] == '{';

		if (opens && text[0] != '\t')
			head = out->list.n;
		line.head = head == SIZE_MAX ? out->list.n : head;
		vec_push(&out->list, line);
		if (line.n == 1 && text[0] == '}')
			head = SIZE_MAX;
		text += line.n + (text[line.n] == '\n');
	}
}

static bool
is_line_same(const struct line *a, const struct line *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

struct telling {
	const struct lines *of;
	struct buf *out;
	const struct line *head; /* that was told */
	char mark;
};

static void
line_tell(struct telling *t, const struct line *line)
{
	const struct line *head = &t->of->list.v[line->head];

	if (head != line && head != t->head && line->n > 1)
		buf_printf(t->out, " %.*s\n", (int)head->n, head->p);
	t->head = head;
	buf_printf(t->out, "%c%.*s\n", t->mark, (int)line->n, line->p);
}

/* The longest common part of both, by the table of their ends: configurations
 * have hundreds of lines. What is equal at both ends is not in it. */
static void
lines_walk(const struct lines *a, const struct lines *b, struct buf *out)
{
	size_t n = a->list.n, m = b->list.n, i = 0, k = 0;
	uint32_t *common = mem_new(0, (n + 1) * (m + 1), sizeof(*common));
	struct telling was = { a, out, NULL, '-' };
	struct telling is = { b, out, NULL, '+' };

	for (size_t x = n; x-- > 0;)
		for (size_t y = m; y-- > 0;) {
			uint32_t *at = &common[x * (m + 1) + y];
			uint32_t down = at[m + 1], right = at[1];

			*at = is_line_same(&a->list.v[x], &b->list.v[y])
			          ? at[m + 2] + 1
			      : down > right ? down
			                     : right;
		}
	while (i < n || k < m) {
		const uint32_t *at = &common[i * (m + 1) + k];

		if (i < n && k < m &&
		    is_line_same(&a->list.v[i], &b->list.v[k])) {
			i++;
			k++;
		} else if (i < n && (k == m || at[m + 1] >= at[1])) {
			line_tell(&was, &a->list.v[i++]);
		} else {
			line_tell(&is, &b->list.v[k++]);
		}
	}
	mem_free(common);
}

bool
lines_differ(const char *was, const char *is, struct buf *out)
{
	struct lines a = { 0 }, b = { 0 };
	size_t before = out->n;

	lines_take(was, &a);
	lines_take(is, &b);
	lines_walk(&a, &b, out);
	vec_done(&a.list);
	vec_done(&b.list);
	return out->n > before;
}
