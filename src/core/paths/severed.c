#include "core/paths/severed.h"

#include <string.h>

#include "base/mem.h"
#include "core/paths/graph.h"

#define NONE UINT32_MAX
#define WORDS 8 /* of a set: patterns that are followed together */
#define BLOCK (WORDS * 64)

/* A graph in pieces. Whatever a piece leads to was found before it. */
struct pieces {
	struct graph *graph; /* NULL: nobody asks */
	bool inside;         /* for claims of that scope */
	uint32_t n;
	uint32_t *of;      /* by node: its piece */
	uint32_t *nodes;   /* piece by piece */
	uint64_t *reached; /* by piece, WORDS each: patterns of the block */
};

struct finding {
	struct pieces *pieces;
	uint32_t seen, found; /* nodes: so far; whose piece is known */
	uint32_t nwaiting;
	uint32_t *waiting;      /* nodes whose piece is not known yet */
	uint32_t *number, *low; /* by node, from 1; 0: not seen */
	uint32_t *parent, *next;
};

/* The four of a question: what was and what is left, of each scope. */
struct asking {
	const struct net *net;
	struct pieces before[2], after[2];
	bool *hit; /* by server */
};

/* Claims from `at` to before `end`; the first of a block has the pattern 0. */
struct block {
	size_t at, end;
	const char *pattern[BLOCK];
};

static void
node_enter(struct finding *f, uint32_t u, uint32_t from)
{
	f->number[u] = f->low[u] = ++f->seen;
	f->parent[u] = from;
	f->next[u] = f->pieces->graph->out.first[u];
	f->waiting[f->nwaiting++] = u;
}

/* All that waits since u is of one piece. */
static void
piece_close(struct finding *f, uint32_t u)
{
	struct pieces *p = f->pieces;
	uint32_t v;

	do {
		v = f->waiting[--f->nwaiting];
		p->of[v] = p->n;
		p->nodes[f->found++] = v;
	} while (v != u);
	p->n++;
}

static void
pieces_from(struct finding *f, uint32_t root)
{
	const struct graph_side *out = &f->pieces->graph->out;
	uint32_t u = root;

	node_enter(f, root, NONE);
	while (u != NONE) {
		uint32_t up = f->parent[u], v;

		if (f->next[u] < out->stop[u]) {
			v = out->arcs[f->next[u]++].to;
			if (f->number[v] == 0) {
				node_enter(f, v, u);
				u = v;
			} else if (f->pieces->of[v] == NONE &&
				   f->number[v] < f->low[u]) {
				f->low[u] = f->number[v];
			}
			continue;
		}
		if (f->low[u] == f->number[u])
			piece_close(f, u);
		else if (f->low[u] < f->low[up])
			f->low[up] = f->low[u];
		u = up;
	}
}

/* Takes the graph over. */
static void
pieces_init(struct pieces *p, struct graph *graph, bool inside)
{
	size_t n = (size_t)graph->nodes + 1;
	struct finding f = { .pieces = p };

	*p = (struct pieces){ .graph = graph, .inside = inside };
	p->of = mem_new(0, n, sizeof(*p->of));
	memset(p->of, 0xff, n * sizeof(*p->of)); /* NONE */
	p->nodes = mem_new(0, n, sizeof(*p->nodes));
	f.waiting = mem_new(0, n, sizeof(*f.waiting));
	f.number = mem_new(0, n, sizeof(*f.number));
	f.low = mem_new(0, n, sizeof(*f.low));
	f.parent = mem_new(0, n, sizeof(*f.parent));
	f.next = mem_new(0, n, sizeof(*f.next));
	for (uint32_t u = 0; u < graph->nodes; u++)
		if (f.number[u] == 0)
			pieces_from(&f, u);
	mem_free(f.waiting);
	mem_free(f.number);
	mem_free(f.low);
	mem_free(f.parent);
	mem_free(f.next);
	p->reached = mem_new(0, (size_t)p->n * WORDS, sizeof(*p->reached));
}

static void
pieces_done(struct pieces *p)
{
	graph_free(p->graph);
	mem_free(p->of);
	mem_free(p->nodes);
	mem_free(p->reached);
}

static uint64_t *
reached_of(const struct pieces *p, uint32_t node)
{
	return p->reached + (size_t)p->of[node] * WORDS;
}

static void
words_add(uint64_t *to, const uint64_t *from)
{
	for (size_t i = 0; i < WORDS; i++)
		to[i] |= from[i];
}

/* What each piece delivers itself: claims that a route may end at. */
static void
claims_enter(struct pieces *p, const struct net *net, const struct block *b)
{
	uint32_t pattern = 0;

	for (size_t i = b->at; i < b->end; i++) {
		const struct net_claim *c = &net->claims.v[i];

		while (strcmp(b->pattern[pattern], c->pattern) != 0)
			pattern++;
		if (!c->down && c->local == p->inside)
			reached_of(p, c->server)[pattern / 64] |=
			    UINT64_C(1) << pattern % 64;
	}
}

static void
block_follow(struct pieces *p, const struct net *net, const struct block *b)
{
	const struct graph *g = p->graph;

	if (g == NULL)
		return;
	memset(p->reached, 0, (size_t)p->n * WORDS * sizeof(*p->reached));
	claims_enter(p, net, b);
	for (uint32_t i = 0; i < g->nodes; i++) {
		uint32_t u = p->nodes[i];

		for (uint32_t k = g->out.first[u]; k < g->out.stop[u]; k++)
			words_add(
			    reached_of(p, u), reached_of(p, g->out.arcs[k].to));
	}
}

/* Ways that begin at a server lead also where none leads through it. */
static void
server_reaches(const struct pieces *p, uint32_t server, uint64_t *out)
{
	const struct graph *g = p->graph;

	if (g == NULL)
		return;
	words_add(out, reached_of(p, server));
	for (uint32_t k = g->out.stop[server]; k < g->out.end[server]; k++)
		words_add(out, reached_of(p, g->out.arcs[k].to));
}

static void
server_count(struct asking *a, const struct block *b, uint32_t server,
    uint64_t *patterns, struct severed *out)
{
	uint64_t was[WORDS] = { 0 }, is[WORDS] = { 0 };

	for (size_t scope = 0; scope < 2; scope++) {
		server_reaches(&a->before[scope], server, was);
		server_reaches(&a->after[scope], server, is);
	}
	for (size_t i = 0; i < WORDS; i++) {
		uint64_t lost = was[i] & ~is[i];

		if (lost == 0)
			continue;
		out->routes += (unsigned)__builtin_popcountll(lost);
		patterns[i] |= lost;
		if (!a->hit[server])
			out->servers++;
		a->hit[server] = true;
		if (out->server != NULL)
			continue;
		out->server = a->net->servers.v[server].name;
		out->pattern =
		    b->pattern[i * 64 + (unsigned)__builtin_ctzll(lost)];
	}
}

/* The next few patterns. */
static void
block_next(const struct net *net, struct block *b)
{
	size_t n = 0;

	b->at = b->end;
	for (; b->end < net->claims.n; b->end++) {
		const char *pattern = net->claims.v[b->end].pattern;

		if (n > 0 && strcmp(b->pattern[n - 1], pattern) == 0)
			continue;
		if (n == BLOCK)
			break;
		b->pattern[n++] = pattern;
	}
}

static void
block_count(struct asking *a, const struct block *b, struct severed *out)
{
	uint64_t patterns[WORDS] = { 0 };

	for (size_t scope = 0; scope < 2; scope++) {
		block_follow(&a->before[scope], a->net, b);
		block_follow(&a->after[scope], a->net, b);
	}
	for (uint32_t i = 0; i < a->net->servers.n; i++)
		if (a->net->servers.v[i].present)
			server_count(a, b, i, patterns, out);
	for (size_t i = 0; i < WORDS; i++)
		out->patterns += (unsigned)__builtin_popcountll(patterns[i]);
}

void
severed_find(
    struct severed *out, const struct net *before, const struct net *after)
{
	struct asking a = { .net = before };
	struct block b = { 0 };
	bool local = false;

	*out = (struct severed){ 0 };
	for (size_t i = 0; i < before->claims.n && !local; i++)
		local = before->claims.v[i].local;
	pieces_init(&a.before[0], graph_new(before, NULL, NULL), false);
	pieces_init(&a.after[0], graph_new(after, NULL, NULL), false);
	if (local) {
		pieces_init(&a.before[1], graph_new_inside(before), true);
		pieces_init(&a.after[1], graph_new_inside(after), true);
	}
	a.hit = mem_new(0, before->servers.n + 1, sizeof(*a.hit));
	for (block_next(before, &b); b.at < b.end; block_next(before, &b))
		block_count(&a, &b, out);
	for (size_t scope = 0; scope < 2; scope++) {
		pieces_done(&a.before[scope]);
		pieces_done(&a.after[scope]);
	}
	mem_free(a.hit);
}
