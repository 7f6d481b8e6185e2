#include "io/beside.h"

#include "base/mem.h"
#include "io/congest.h"
#include "io/mta_io.h"
#include "io/retry.h"
#include "plugins/plugin.h"

struct beside_one {
	struct beside *all;
	const char *name;
	struct mta_io *reader;
	struct retry *retry;
	bool told; /* it has been read, or could not be */
};

struct beside {
	struct loop *loop;
	struct names *names;
	struct congest *congest;
	struct beside_one one[CONF_MTAS];
	size_t n;
	void (*told)(void *ctx, const char *name, const struct mta *mta);
	void *ctx;
};

/* Once there is a word of each. */
static void
beside_tell(struct beside *b)
{
	struct input in = { .kind = IN_MTA };
	struct mta_of of[CONF_MTAS];
	struct mta joined;

	for (size_t i = 0; i < b->n; i++) {
		if (!b->one[i].told)
			return;
		of[i] = (struct mta_of){ b->one[i].name,
			mta_io_last(b->one[i].reader) };
	}
	mta_join(&joined, of, b->n);
	names_by(b->names, &joined);
	in.mta = &joined;
	loop_step(b->loop, &in);
	mta_done(&joined);
}

static void
on_beside_told(void *ctx, const struct mta *mta)
{
	struct beside_one *one = ctx;
	struct beside *b = one->all;

	one->told = true;
	if (mta->read) {
		retry_told(one->retry, mta);
		congest_told(b->congest, one->name, mta);
	}
	if (mta->read && b->told != NULL)
		b->told(b->ctx, one->name, mta);
	beside_tell(b);
}

static void
beside_retry(void *ctx, const struct effect *fx)
{
	struct beside *b = ctx;

	for (size_t i = 0; i < b->n; i++)
		retry_pattern(b->one[i].retry, fx->name);
}

struct beside *
beside_new(struct loop *loop, struct sink *sink, const struct conf *conf,
    struct names *names, const char *programs)
{
	struct beside *b = mem_new(sizeof(*b), 0, 0);
	const struct plugin_queue *queues[CONF_MTAS];
	const char *mtas[CONF_MTAS];

	b->loop = loop;
	b->names = names;
	b->n = conf_mtas(conf, mtas);
	for (size_t i = 0; i < b->n; i++) {
		struct beside_one *one = &b->one[i];

		queues[i] = plugin_queue_of(mtas[i]);
		one->all = b;
		one->name = mtas[i];
		one->retry = retry_new(loop_base(loop), sink, queues[i]);
		one->reader = mta_io_new(
		    loop_base(loop), sink, plugin_mta_of(mtas[i]), programs);
		mta_io_watch(one->reader, on_beside_told, one);
	}
	b->congest = congest_new(loop, sink, queues, b->n);
	loop_carry(loop, FX_RETRY, beside_retry, b);
	return b;
}

void
beside_watch(struct beside *b,
    void (*told)(void *ctx, const char *name, const struct mta *mta), void *ctx)
{
	b->told = told;
	b->ctx = ctx;
}

void
beside_conf(struct beside *b, const struct conf *conf)
{
	bool reads = false;

	congest_conf(b->congest, conf);
	for (size_t i = 0; i < b->n; i++) {
		retry_conf(b->one[i].retry, conf);
		mta_io_conf(b->one[i].reader, conf);
		reads |= mta_io_reads(b->one[i].reader);
	}
	if (!reads)
		names_by(b->names, NULL);
}

void
beside_table(struct beside *b, const struct rib *rib)
{
	congest_table(b->congest, rib);
}

void
beside_free(struct beside *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->n; i++) {
		mta_io_free(b->one[i].reader);
		retry_free(b->one[i].retry);
	}
	congest_free(b->congest);
	mem_free(b);
}
