#include "io/publishers.h"

#include "base/cur.h"
#include "base/mem.h"

struct publisher {
	struct publishers *all;
	struct publish *publish;
	const char *mta;
	uint64_t generation;       /* that it has published last; 0: none */
	uint64_t tables;           /* that it has acknowledged */
	const char *reason[FILES]; /* why it cannot write this; NULL: it can */
};

struct publishers {
	struct publish_calls calls;
	struct publisher one[CONF_MTAS];
	size_t n;
	bool made; /* a table was missing, and it is not told yet */
};

/* All have this one, or a newer one. */
static void
on_one_done(void *ctx, uint64_t generation, bool made)
{
	struct publisher *one = ctx;
	struct publishers *all = one->all;

	one->generation = generation;
	one->tables++;
	all->made |= made;
	for (size_t i = 0; i < all->n; i++)
		if (all->one[i].generation < generation)
			generation = all->one[i].generation;
	if (generation == 0)
		return;
	made = all->made;
	all->made = false;
	all->calls.done(all->calls.ctx, generation, made);
}

/* What one cannot write is not well because another can. */
static void
on_one_file(void *ctx, enum file_what what, const char *reason)
{
	struct publisher *one = ctx;
	struct publishers *all = one->all;

	one->reason[what] = reason;
	for (size_t i = 0; i < all->n && reason == NULL; i++)
		reason = all->one[i].reason[what];
	all->calls.file(all->calls.ctx, what, reason);
}

struct publishers *
publishers_new(struct event_base *base, struct sink *sink,
    const struct conf *conf, const struct publish_calls *calls)
{
	struct publishers *all = mem_new(sizeof(*all), 0, 0);
	const char *mtas[CONF_MTAS];

	all->calls = *calls;
	all->n = conf_mtas(conf, mtas);
	for (size_t i = 0; i < all->n; i++) {
		struct publish_calls own = { on_one_done, on_one_file,
			&all->one[i] };

		all->one[i].all = all;
		all->one[i].mta = mtas[i];
		all->one[i].publish = publish_new(base, sink, mtas[i], &own);
	}
	return all;
}

void
publishers_conf(struct publishers *all, const struct conf *conf)
{
	for (size_t i = 0; i < all->n; i++)
		publish_conf(all->one[i].publish, conf);
}

void
publishers_table(struct publishers *all, const struct publish_news *news)
{
	struct publish_news own = *news;

	for (size_t i = 0; i < all->n; i++) {
		publish_table(all->one[i].publish, &own);
		own.n = 0;
	}
}

void
publishers_free(struct publishers *all)
{
	if (all == NULL)
		return;
	for (size_t i = 0; i < all->n; i++)
		publish_free(all->one[i].publish);
	mem_free(all);
}

void
publishers_counted(const struct publishers *all, struct json *j)
{
	json_open(j, "publishers", '[');
	for (size_t i = 0; i < all->n; i++) {
		const struct publisher *one = &all->one[i];

		json_open(j, NULL, '{');
		json_str(j, "mta", one->mta);
		json_uint(j, "tables", one->tables);
		json_uint(j, "generation", one->generation);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static uint64_t
saved_generation(const struct buf *saved)
{
	struct cur in = cur_over(saved->p, saved->n);

	return saved->n == 0 ? 0 : cur_u64(&in);
}

void
publishers_saved(const struct conf *conf, struct buf *out)
{
	const char *mtas[CONF_MTAS];
	size_t n = conf_mtas(conf, mtas);

	for (size_t i = 0; i < n; i++) {
		struct buf one = { 0 };

		publish_saved(conf_tables(conf, mtas[i]), &one);
		if (saved_generation(&one) > saved_generation(out)) {
			buf_done(out);
			*out = one;
		} else {
			buf_done(&one);
		}
	}
}
