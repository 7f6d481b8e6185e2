#include "io/loop.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/vec.h"
#include "sys/clock.h"

#define LOOP_KINDS (FX_HISTORY + 1)
#define LOOP_WAKE_MAX_MS 86400000u /* a longer sleep is slept in parts */

struct loop_job {
	void (*fn)(void *ctx);
	void *ctx;
};

struct loop_waiting {
	struct loop_waiting *next;
	struct input in;
};

struct loop {
	struct event_base *base;
	struct engine *engine;
	struct {
		loop_hand *hand;
		void *ctx;
	} hands[LOOP_KINDS];
	struct event *wake;
	struct event *idle;
	bool stepping;
	struct mono last;
	struct loop_times times;
	struct loop_waiting *first, **tail; /* inputs that wait */
	VEC(struct loop_job) jobs;
};

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct input in = { .kind = IN_TICK };

	(void)fd;
	(void)what;
	loop_step(arg, &in);
}

static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < loop->jobs.n; i++)
		loop->jobs.v[i].fn(loop->jobs.v[i].ctx);
	loop->jobs.n = 0;
}

struct loop *
loop_new(struct event_base *base, struct engine *engine)
{
	struct loop *loop = mem_new(sizeof(*loop), 0, 0);

	loop->base = base;
	loop->engine = engine;
	loop->tail = &loop->first;
	loop->wake = evtimer_new(base, on_wake, loop);
	loop->idle = event_new(base, -1, 0, on_idle, loop);
	CHECK(loop->wake != NULL && loop->idle != NULL);
	return loop;
}

const struct engine *
loop_engine(const struct loop *loop)
{
	return loop->engine;
}

struct event_base *
loop_base(const struct loop *loop)
{
	return loop->base;
}

const struct loop_times *
loop_times(const struct loop *loop)
{
	return &loop->times;
}

void
loop_carry(struct loop *loop, enum effect_kind kind, loop_hand *hand, void *ctx)
{
	CHECK((unsigned)kind < LOOP_KINDS);
	loop->hands[kind].hand = hand;
	loop->hands[kind].ctx = ctx;
}

void
loop_later(struct loop *loop, void (*fn)(void *ctx), void *ctx)
{
	struct loop_job job = { fn, ctx };

	vec_push(&loop->jobs, job);
	event_active(loop->idle, 0, 0);
}

static void
sleep_until(struct loop *loop, struct mono wake)
{
	uint64_t ms;
	struct timeval tv;

	if (wake.ms == MONO_NEVER.ms) {
		evtimer_del(loop->wake);
		return;
	}
	ms = mono_since(clock_mono(), wake);
	if (ms > LOOP_WAKE_MAX_MS)
		ms = LOOP_WAKE_MAX_MS;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	evtimer_add(loop->wake, &tv);
}

/* One input into the engine, and all of its effects out of it. */
static void
step(struct loop *loop, struct input *in)
{
	uint64_t began = clock_mono_us(), took;
	struct effects effects;

	in->now = clock_mono();
	if (in->now.ms < loop->last.ms)
		in->now = loop->last;
	loop->last = in->now;
	in->wall = clock_wall();
	effects = engine_step(loop->engine, in);
	for (size_t i = 0; i < effects.n; i++) {
		const struct effect *fx = &effects.list[i];

		CHECK((unsigned)fx->kind < LOOP_KINDS);
		CHECK(loop->hands[fx->kind].hand != NULL);
		loop->hands[fx->kind].hand(loop->hands[fx->kind].ctx, fx);
	}
	sleep_until(loop, effects.wake);
	took = clock_mono_us() - began;
	measure_add(&loop->times.steps, took);
	if (effects.computed)
		measure_add(&loop->times.tables, took);
}

static void
wait_in_line(struct loop *loop, const struct input *in)
{
	struct loop_waiting *w = mem_new(sizeof(*w), 0, 0);

	w->in = *in;
	w->in.name = mem_str(in->name);
	if (in->bytes != NULL)
		w->in.bytes = mem_dup(in->bytes, in->len);
	*loop->tail = w;
	loop->tail = &w->next;
}

static struct loop_waiting *
next_in_line(struct loop *loop)
{
	struct loop_waiting *w = loop->first;

	if (w != NULL) {
		loop->first = w->next;
		if (loop->first == NULL)
			loop->tail = &loop->first;
	}
	return w;
}

static void
waiting_free(struct loop_waiting *w)
{
	mem_free((void *)(uintptr_t)w->in.name);
	mem_free((void *)(uintptr_t)w->in.bytes);
	mem_free(w);
}

void
loop_step(struct loop *loop, const struct input *in)
{
	struct input first = *in;
	struct loop_waiting *w;

	if (loop->stepping) {
		wait_in_line(loop, in);
		return;
	}
	loop->stepping = true;
	step(loop, &first);
	while ((w = next_in_line(loop)) != NULL) {
		step(loop, &w->in);
		waiting_free(w);
	}
	loop->stepping = false;
}

void
loop_free(struct loop *loop)
{
	struct loop_waiting *w;

	if (loop == NULL)
		return;
	on_idle(-1, 0, loop);
	while ((w = next_in_line(loop)) != NULL)
		waiting_free(w);
	event_free(loop->wake);
	event_free(loop->idle);
	vec_done(&loop->jobs);
	mem_free(loop);
}
