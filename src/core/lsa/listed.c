#include "core/lsa/listed.h"

#include <string.h>

#include "base/mem.h"

/* Where the one of this pattern would stand. */
static const struct lsa *
listed_last(const struct listed_of *of, const char *pattern)
{
	struct lsa_key key = { of->origin, pattern, of->type };
	const struct lsa *l = lsdb_find(of->db, &key);

	return l != NULL ? l : lsdb_before(of->db, &key);
}

static bool
listed_is_of(const struct listed_of *of, const struct lsa *l)
{
	return l != NULL && l->key.type == of->type &&
	       strcmp(l->key.origin, of->origin) == 0;
}

/* The last of them that is no purge, up to this one; or NULL. */
static const struct lsa *
chunk_back(const struct listed_of *of, const struct lsa *l)
{
	while (listed_is_of(of, l) && l->purge)
		l = lsdb_before(of->db, &l->key);
	return listed_is_of(of, l) ? l : NULL;
}

const struct lsa *
listed_chunk(const struct listed_of *of, const char *pattern)
{
	return chunk_back(of, listed_last(of, pattern));
}

/* The first of them that is no purge, from this one on; or NULL. */
static const struct lsa *
chunk_from(const struct listed_of *of, const struct lsa *l)
{
	while (listed_is_of(of, l) && l->purge)
		l = lsdb_next(l);
	return listed_is_of(of, l) ? l : NULL;
}

static void
listed_enter(struct listed *l, const struct lsa *chunk)
{
	const struct lsa *next;

	l->chunk = chunk;
	l->end = NULL;
	if (chunk == NULL)
		return;
	next = chunk_from(&l->of, lsdb_next(chunk));
	l->end = next == NULL ? NULL : next->key.id;
	l->walk = lsa_list_walk(lsa_list(chunk));
}

void
listed_next(struct listed *l)
{
	l->pattern = NULL;
	while (l->chunk != NULL) {
		l->pattern = lsa_list_next(&l->walk);
		if (l->pattern != NULL &&
		    (l->end == NULL || strcmp(l->pattern, l->end) < 0))
			return;
		l->pattern = NULL;
		listed_enter(l, chunk_from(&l->of, lsdb_next(l->chunk)));
	}
}

void
listed_begin(struct listed *l, const struct listed_of *of, const char *from)
{
	struct lsa_key first = { of->origin, "", of->type };
	const struct lsa *chunk = listed_chunk(of, from);

	if (chunk == NULL)
		chunk = chunk_from(of, lsdb_from(of->db, &first));
	l->of = *of;
	listed_enter(l, chunk);
	do
		listed_next(l);
	while (l->pattern != NULL && strcmp(l->pattern, from) < 0);
}

const struct lsa *
listed_meet(struct listed *l, const char *pattern)
{
	int order = 1;

	while (l->pattern != NULL && (order = strcmp(l->pattern, pattern)) < 0)
		listed_next(l);
	return l->pattern != NULL && order == 0 ? l->chunk : NULL;
}

/* --- what is said newest ---------------------------------------------------------- */

struct listed_server {
	struct tree_node node;
	struct listed_of of;
	const struct lsa
	    *next; /* that none of the patterns had behind it yet */
	const struct lsa *word; /* of the last one asked for */
};

static int
listed_server_order(const void *key, const struct tree_node *node)
{
	return strcmp(
	    key, tree_entry(node, struct listed_server, node)->of.origin);
}

/* One that has not passed anything that matters to this pattern. */
static struct listed_server *
listed_server_new(
    struct listed_words *w, const char *origin, const char *pattern)
{
	struct listed_server *s = mem_new(sizeof(*s), 0, 0);
	struct lsa_key first = { origin, "", LSA_LIST };

	s->of = (struct listed_of){ w->db, origin, LSA_LIST };
	s->next = listed_chunk(&s->of, pattern);
	if (s->next == NULL)
		s->next = lsdb_from(w->db, &first);
	tree_insert(&w->servers, &s->node, origin, listed_server_order);
	return s;
}

const struct lsa *
listed_word(struct listed_words *w, const char *origin, const char *pattern)
{
	struct tree_node *n =
	    tree_find(&w->servers, origin, listed_server_order);
	struct listed_server *s =
	    n == NULL ? listed_server_new(w, origin, pattern)
		      : tree_entry(n, struct listed_server, node);

	for (; listed_is_of(&s->of, s->next) &&
	       strcmp(s->next->key.id, pattern) <= 0;
	     s->next = lsdb_next(s->next))
		if (s->word == NULL || !s->next->purge ||
		    s->next->seq >= s->word->seq)
			s->word = s->next;
	return s->word;
}

void
listed_words_done(struct listed_words *w)
{
	struct tree_node *n;

	while ((n = tree_first(&w->servers)) != NULL) {
		tree_remove(&w->servers, n);
		mem_free(tree_entry(n, struct listed_server, node));
	}
}

/* --- what has changed ----------------------------------------------------------- */

/* Chunks that are walked side by side. */
struct abreast {
	struct {
		struct lsa_list_walk walk;
		const char *next; /* in `walk`; NULL: at the end */
	} of[3];
	size_t n;
};

static void
abreast_add(struct abreast *a, const struct lsa *l, const char *from)
{
	const struct lsa_list *list = l == NULL ? NULL : lsa_list(l);
	struct lsa_list_walk *walk = &a->of[a->n].walk;
	const char *next;

	if (list == NULL)
		return;
	*walk = lsa_list_walk(list);
	do
		next = lsa_list_next(walk);
	while (next != NULL && strcmp(next, from) < 0);
	a->of[a->n++].next = next;
}

/* Which of them is next, or `n`. */
static size_t
abreast_least(const struct abreast *a)
{
	size_t least = a->n;

	for (size_t i = 0; i < a->n; i++)
		if (a->of[i].next != NULL &&
		    (least == a->n ||
			strcmp(a->of[i].next, a->of[least].next) < 0))
			least = i;
	return least;
}

/* Beyond what is next, in each that has it: where it is lent from as the last. */
static void
abreast_pass(struct abreast *a, size_t least)
{
	for (size_t i = 0; i < a->n; i++)
		if (i != least && a->of[i].next != NULL &&
		    strcmp(a->of[i].next, a->of[least].next) == 0)
			a->of[i].next = lsa_list_next(&a->of[i].walk);
	a->of[least].next = lsa_list_next(&a->of[least].walk);
}

void
listed_changed(const struct lsdb *db, const struct lsa_key *key,
    const struct lsa *was, void (*each)(void *ctx, const char *pattern),
    void *ctx)
{
	struct listed_of of = { db, key->origin, key->type };
	const struct lsa *now = lsdb_find(db, key), *before;
	bool is = now != NULL && !now->purge, had = was != NULL && !was->purge;
	struct abreast all = { .n = 0 };
	size_t least;

	abreast_add(&all, was, "");
	abreast_add(&all, now, "");
	if (is != had) {
		before = chunk_back(&of, lsdb_before(db, key));
		abreast_add(&all, before, key->id);
	}
	while ((least = abreast_least(&all)) < all.n) {
		each(ctx, all.of[least].next);
		abreast_pass(&all, least);
	}
}
