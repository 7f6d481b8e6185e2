/*
 * The engine of this test writes down what it is told, and answers from a
 * script: it stands in for core/node/engine.c, which the linker leaves out.
 */

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/loop.h"
#include "sys/clock.h"
#include "t/tap.h"

struct engine {
	struct buf told;
	struct effect list[4];
	size_t n;
	struct mono wake;
	bool inside;
	uint32_t ticks;
};

struct effects
engine_step(struct engine *engine, const struct input *in)
{
	struct effects effects = { engine->wake, engine->n, engine->list,
		in->kind == IN_CONF };

	ck_assert(!engine->inside);
	engine->inside = true;
	ck_assert_uint_gt(in->wall, 1000000000);
	buf_printf(&engine->told, "%d:%u:%s:%.*s ", (int)in->kind, in->who,
	    in->name ? in->name : "", (int)in->len,
	    in->bytes ? (const char *)in->bytes : "");
	if (in->kind == IN_TICK) {
		engine->ticks++;
		effects.wake = MONO_NEVER;
	}
	if (in->kind != IN_CONF)
		effects.n = 0;
	engine->inside = false;
	return effects;
}

static struct loop *the_loop;
static struct buf order;

/* Gives an input while effects are being carried out, from memory that is
 * gone when the engine gets it. */
static void
hand(void *ctx, const struct effect *fx)
{
	char name[] = "mx.example.org", bytes[] = "octets";
	struct input in = { .kind = IN_BYTES,
		.who = fx->who,
		.name = name,
		.bytes = (const uint8_t *)bytes,
		.len = 6 };

	ck_assert_ptr_eq(ctx, &order);
	buf_printf(&order, "%d:%u ", (int)fx->kind, fx->who);
	loop_step(the_loop, &in);
	memset(name, 'x', sizeof(name));
	memset(bytes, 'x', sizeof(bytes));
}

static uint64_t
measured(const struct measure *m)
{
	uint64_t n = 0;

	for (size_t i = 0; i <= MEASURE_BOUNDS; i++)
		n += m->n[i];
	return n;
}

START_TEST(inputs_wait_their_turn)
{
	struct event_base *base = event_base_new();
	struct engine engine = { .wake = MONO_NEVER,
		.n = 2,
		.list = { { .kind = FX_SEND, .who = 1 },
		    { .kind = FX_CLOSE, .who = 2 } } };
	struct input in = { .kind = IN_CONF };
	char *told, *done;

	the_loop = loop_new(base, &engine);
	loop_carry(the_loop, FX_SEND, hand, &order);
	loop_carry(the_loop, FX_CLOSE, hand, &order);
	loop_step(the_loop, &in);
	/* each step is timed, and that which computed a second time */
	ck_assert_uint_eq(measured(&loop_times(the_loop)->steps), 3);
	ck_assert_uint_eq(measured(&loop_times(the_loop)->tables), 1);
	told = buf_string(&engine.told);
	done = buf_string(&order);
	ck_assert_str_eq(done, "1:1 2:2 ");
	ck_assert_str_eq(
	    told, "0:0:: 3:1:mx.example.org:octets 3:2:mx.example.org:octets ");
	mem_free(told);
	mem_free(done);
	loop_free(the_loop);
	event_base_free(base);
}
END_TEST

START_TEST(wakes_the_engine)
{
	struct event_base *base = event_base_new();
	struct engine engine = { 0 };
	struct input in = { .kind = IN_QUERY };
	struct mono begin = clock_mono();

	the_loop = loop_new(base, &engine);
	engine.wake = mono_after(begin, 30);
	loop_step(the_loop, &in);
	event_base_dispatch(base); /* ends when no timer is left */
	ck_assert_uint_eq(engine.ticks, 1);
	ck_assert_uint_ge(mono_since(begin, clock_mono()), 30);
	engine.wake = (struct mono){ 0 }; /* long past: at once */
	loop_step(the_loop, &in);
	event_base_dispatch(base);
	ck_assert_uint_eq(engine.ticks, 2);
	buf_done(&engine.told);
	loop_free(the_loop);
	event_base_free(base);
}
END_TEST

static void
count(void *ctx)
{
	++*(int *)ctx;
}

START_TEST(later_is_not_now)
{
	struct event_base *base = event_base_new();
	struct engine engine = { .wake = MONO_NEVER };
	int n = 0;

	the_loop = loop_new(base, &engine);
	loop_later(the_loop, count, &n);
	loop_later(the_loop, count, &n);
	ck_assert_int_eq(n, 0);
	event_base_loop(base, EVLOOP_ONCE);
	ck_assert_int_eq(n, 2);
	loop_later(the_loop, count, &n);
	loop_free(the_loop);
	ck_assert_int_eq(n, 3);
	event_base_free(base);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tc = tcase_create("loop");

	tcase_add_test(tc, inputs_wait_their_turn);
	tcase_add_test(tc, wakes_the_engine);
	tcase_add_test(tc, later_is_not_now);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
