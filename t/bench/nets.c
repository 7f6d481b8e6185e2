#include "t/bench/nets.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int
by_number(const void *a, const void *b)
{
	return ((const struct nets_way *)a)->to -
	       ((const struct nets_way *)b)->to;
}

static void
ring_ways(struct nets *r, int i, int degree)
{
	static const int part[NETS_DEGREE_MOST / 2] = { 0, 3, 5, 7 };
	struct nets_at *at = &r->at[i];

	at->degree = degree;
	at->ways = mem_new(0, (size_t)degree, sizeof(*at->ways));
	for (int k = 0; k < degree; k++) {
		int far = k < 2 ? 1 : r->n / part[k / 2];

		at->ways[k].to = (k % 2 == 0 ? i + far : i + r->n - far) % r->n;
	}
	qsort(at->ways, (size_t)degree, sizeof(*at->ways), by_number);
}

static bool
is_chord(const struct nets *r, const int *order, int i, int k)
{
	const struct nets_at *at = &r->at[order[i]];

	for (int j = 0; j < k; j++)
		if (at->ways[j].to == order[(i + 1) % r->n])
			return false;
	return true;
}

/* All of them in any order, in which nobody follows whom he has a link to. */
static void
order_draw(struct nets *r, int *order, int k)
{
	int ok = 0;

	while (ok < r->n) {
		for (int i = r->n - 1; i > 0; i--) {
			int j = (int)rng_below(&r->rng, (uint64_t)i + 1);
			int was = order[i];

			order[i] = order[j];
			order[j] = was;
		}
		for (ok = 0; ok < r->n && is_chord(r, order, ok, k); ok++)
			;
	}
}

/* Chords that lead anywhere: few hops to everybody, as in a real network. */
static void
mesh_ways(struct nets *r, int degree)
{
	int n = r->n, *order = mem_new(0, (size_t)n, sizeof(*order));

	for (int i = 0; i < n; i++) {
		ring_ways(r, i, degree);
		r->at[i].ways[0].to = (i + 1) % n;
		r->at[i].ways[1].to = (i + n - 1) % n;
		order[i] = i;
	}
	for (int k = 2; k < degree; k += 2) {
		order_draw(r, order, k);
		for (int i = 0; i < n; i++) {
			int next = order[(i + 1) % n];

			r->at[order[i]].ways[k].to = next;
			r->at[next].ways[k + 1].to = order[i];
		}
	}
	for (int i = 0; i < n; i++)
		qsort(r->at[i].ways, (size_t)degree, sizeof(*r->at[i].ways),
		    by_number);
	mem_free(order);
}

static void
hub_ways(struct nets *r, int i)
{
	struct nets_at *at = &r->at[i];

	at->degree = i == 0 ? r->n - 1 : 1;
	at->ways = mem_new(0, (size_t)at->degree, sizeof(*at->ways));
	for (int k = 0; k < at->degree; k++)
		at->ways[k].to = i == 0 ? k + 1 : 0;
}

static void
say_out(struct nets *r, struct buf *out)
{
	char *text = buf_string(out);

	world_say(&r->world, text);
	mem_free(text);
}

static void
server_say(struct nets *r, int i)
{
	const struct nets_at *at = &r->at[i];
	const char *between = " nbr ";
	struct buf out = { 0 };

	buf_printf(&out, "server s%06d.x g%06d", i, i);
	for (int k = 0; k < at->degree; k++)
		if (!at->ways[k].cut) {
			buf_printf(&out, "%ss%06d.x", between, at->ways[k].to);
			between = ",";
		}
	buf_printf(&out, " at 10.%d.%d.%d:25", i >> 16, i >> 8 & 255, i & 255);
	buf_text(&out, at->drain ? " drain" : "");
	if (r->form.marks)
		buf_printf(&out, " mark k%06d", i);
	say_out(r, &out);
}

static void
connector_say(struct nets *r, int i, int k)
{
	const struct nets_way *way = &r->at[i].ways[k];
	struct buf out = { 0 };
	int to = way->to;

	buf_printf(&out,
	    "connector c%06d-%06d s%06d.x g%06d s%06d.x=%d%s cong %d", i, to, i,
	    to, to, 1 + (i * 7 + to * 13) % 90 + way->extra,
	    way->cut ? "-" : "+", way->congestion);
	if (r->form.limits && i % 3 == 0 && k % 3 == 0)
		buf_text(&out, " size 1000000");
	say_out(r, &out);
}

static void
space_say(struct nets *r, int i)
{
	struct buf out = { 0 };

	buf_printf(&out, "space d%06d.x s%06d.x cost %d", i, i, r->at[i].space);
	say_out(r, &out);
}

void
nets_change(struct nets *r, enum nets_kind kind)
{
	bool hub =
	    r->at[0].degree > NETS_DEGREE_MOST && rng_below(&r->rng, 2) == 0;
	int i = hub ? 0 : (int)rng_below(&r->rng, (uint64_t)r->n);
	struct nets_at *at = &r->at[i];
	int k = (int)rng_below(&r->rng, (uint64_t)at->degree);

	if (kind == NETS_LINK)
		at->ways[k].cut = !at->ways[k].cut;
	else if (kind == NETS_COST)
		at->ways[k].extra = (int)rng_below(&r->rng, 30);
	else if (kind == NETS_CONGESTION)
		at->ways[k].congestion = (at->ways[k].congestion + 1) % 4;
	else if (kind == NETS_SERVER)
		at->drain = !at->drain;
	else
		at->space++;
	if (kind == NETS_LINK || kind == NETS_SERVER)
		server_say(r, i);
	if (kind <= NETS_CONGESTION)
		connector_say(r, i, k);
	if (kind == NETS_SPACE)
		space_say(r, i);
}

void
nets_begin(struct nets *r, const struct nets_form *form)
{
	memset(r, 0, sizeof(*r));
	world_init(&r->world);
	r->form = *form;
	r->n = form->n;
	r->at = mem_new(0, (size_t)r->n, sizeof(*r->at));
	r->world.db.news = &r->news;
	world_say(&r->world, "self s000000.x g000000");
	if (form->shape == NETS_MESH)
		mesh_ways(r, form->degree);
	for (int i = 0; i < r->n; i++) {
		if (form->shape == NETS_HUB)
			hub_ways(r, i);
		else if (form->shape == NETS_RING)
			ring_ways(r, i, form->degree);
		server_say(r, i);
		for (int k = 0; k < r->at[i].degree; k++)
			connector_say(r, i, k);
		space_say(r, i);
	}
}

void
nets_end(struct nets *r)
{
	world_done(&r->world);
	news_done(&r->news);
	for (int i = 0; i < r->n; i++)
		mem_free(r->at[i].ways);
	mem_free(r->at);
}

const char *
nets_shape_word(const struct nets_form *form)
{
	static const char *const words[] = { "ring", "mesh", "hub" };

	return words[form->shape];
}

bool
nets_read(struct nets_form *form, const char *word)
{
	*form = (struct nets_form){ .shape = NETS_RING, .degree = 4 };
	if (strncmp(word, "hub:", 4) == 0)
		form->shape = NETS_HUB;
	else if (strncmp(word, "mesh:", 5) == 0)
		form->shape = NETS_MESH;
	word += form->shape == NETS_HUB ? 4 : form->shape == NETS_MESH ? 5 : 0;
	if (sscanf(word, "%d:%d", &form->n, &form->degree) < 1 ||
	    form->n < 20 || form->degree < 0 ||
	    form->degree > NETS_DEGREE_MOST || form->degree % 2 != 0)
		return false;
	if (form->shape == NETS_HUB)
		form->degree = form->n - 1;
	return true;
}
