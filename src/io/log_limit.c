#include "io/log_limit.h"

#include <string.h>

#include "base/mem.h"
#include "base/tree.h"

struct limit_subject {
	struct tree_node node;
	char *name;
	struct mono since; /* begin of the window */
	struct mono seen;
	uint32_t lines;
	uint64_t left_out;
};

struct log_limit {
	struct tree subjects;
	uint32_t lines, window_ms, max;
};

static int
limit_by_name(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, struct limit_subject, node)->name);
}

struct log_limit *
log_limit_new(uint32_t lines, uint32_t window_ms, uint32_t subjects)
{
	struct log_limit *limit = mem_new(sizeof(*limit), 0, 0);

	limit->lines = lines;
	limit->window_ms = window_ms;
	limit->max = subjects;
	return limit;
}

static void
subject_free(struct log_limit *limit, struct limit_subject *s)
{
	tree_remove(&limit->subjects, &s->node);
	mem_free(s->name);
	mem_free(s);
}

static void
forget_quietest(struct log_limit *limit)
{
	struct limit_subject *oldest = NULL;

	for (struct tree_node *n = tree_first(&limit->subjects); n != NULL;
	     n = tree_next(n)) {
		struct limit_subject *s =
		    tree_entry(n, struct limit_subject, node);

		if (oldest == NULL || s->seen.ms < oldest->seen.ms)
			oldest = s;
	}
	if (oldest != NULL)
		subject_free(limit, oldest);
}

static struct limit_subject *
subject_get(struct log_limit *limit, const char *name, struct mono now)
{
	struct tree_node *n = tree_find(&limit->subjects, name, limit_by_name);
	struct limit_subject *s;

	if (n != NULL)
		return tree_entry(n, struct limit_subject, node);
	if (limit->subjects.n >= limit->max)
		forget_quietest(limit);
	s = mem_new(sizeof(*s), 0, 0);
	s->name = mem_str(name);
	s->since = now;
	tree_insert(&limit->subjects, &s->node, s->name, limit_by_name);
	return s;
}

bool
log_limit_pass(struct log_limit *limit, const char *subject, struct mono now,
    uint64_t *left_out)
{
	struct limit_subject *s = subject_get(limit, subject, now);

	*left_out = 0;
	s->seen = now;
	if (mono_since(s->since, now) >= limit->window_ms) {
		s->since = now;
		s->lines = 0;
	}
	if (s->lines >= limit->lines) {
		s->left_out++;
		return false;
	}
	s->lines++;
	*left_out = s->left_out;
	s->left_out = 0;
	return true;
}

void
log_limit_free(struct log_limit *limit)
{
	struct tree_node *n;

	if (limit == NULL)
		return;
	while ((n = tree_first(&limit->subjects)) != NULL)
		subject_free(limit, tree_entry(n, struct limit_subject, node));
	mem_free(limit);
}
