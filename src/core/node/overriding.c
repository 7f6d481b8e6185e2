#include "core/node/overriding.h"

#include <string.h>

#include "base/rc.h"
#include "base/wall.h"
#include "core/node/compute.h"
#include "core/node/due.h"
#include "core/node/found.h"
#include "core/node/fx.h"
#include "core/node/long_list.h"
#include "core/node/node.h"

char *
overriding_what(const struct override *one)
{
	struct buf out = { 0 };

	buf_text(&out, override_word(one->kind));
	if (one->kind == OVERRIDE_DRAIN && one->name[0] == '\0')
		buf_text(&out, " server");
	if (one->name[0] != '\0')
		buf_printf(&out, " %s", one->name);
	if (one->hop[0] != '\0')
		buf_printf(&out, " %s", one->hop);
	if (one->kind == OVERRIDE_COST)
		buf_printf(&out, " %u", (unsigned)one->cost);
	return buf_string(&out);
}

static void
override_event(struct engine *e, const struct override *one, const char *state)
{
	char *what = overriding_what(one);
	char until[WALL_TEXT];

	fx_event(e,
	    (struct event){ .kind = EVENT_OVERRIDE,
		.name = what,
		.to = state,
		.from = one->why.until == 0 ? NULL
	                                    : wall_text(one->why.until, until),
		.peer = one->why.who,
		.reason = one->why.reason });
	mem_free(what);
}

/* On disk before the answer goes out: effects are carried out in order. */
static void
override_save(struct engine *e)
{
	struct buf out = { 0 };

	override_encode(&e->overrides, e->overrides.given->server, &out);
	fx_add(e, (struct effect){ .kind = FX_SAVE,
		      .who = ++e->fx.saves,
		      .what = SAVE_OVERRIDES,
		      .bytes = fx_copy(e, out.p, out.n),
		      .len = out.n });
	buf_done(&out);
}

/* Of another base, or by other words, is what is in force. */
static void
overriding_apply(struct engine *e)
{
	struct setup *was = e->overrides.over;
	const struct setup *base = override_base(&e->overrides);

	e->overrides.over = override_setup(&e->overrides, base);
	e->setup = e->overrides.over != NULL ? e->overrides.over : base;
	compute_setup(e);
	override_setup_free(was);
}

/* Takes over what is found. */
static void
overriding_fill(struct engine *e, struct setup *filled)
{
	struct setup *was = e->overrides.filled;

	e->overrides.filled = filled;
	overriding_apply(e);
	found_free(was);
}

void
overriding_setup(struct engine *e, const struct setup *given)
{
	e->overrides.given = given;
	overriding_fill(e, found_setup(e, given));
	long_list_due(e); /* of the rest none changes it */
}

void
overriding_found(struct engine *e)
{
	struct setup *filled = found_setup(e, e->overrides.given);

	if (found_same(filled, e->overrides.filled)) {
		found_free(filled);
		return;
	}
	overriding_fill(e, filled);
	due_say(e);
	due_compute(e);
}

static void
overriding_changed(struct engine *e)
{
	overriding_apply(e);
	override_save(e);
	due_say(e);
	due_compute(e);
}

void
overriding_begin(struct engine *e, struct override fresh)
{
	override_event(e, &fresh, "begun");
	override_put(&e->overrides, fresh);
	overriding_changed(e);
}

void
overriding_end(struct engine *e, struct override *one, const char *why)
{
	override_event(e, one, why);
	override_drop(&e->overrides, one);
	overriding_changed(e);
}

void
overriding_tick(struct engine *e)
{
	size_t i = 0;

	while (i < e->overrides.list.n) {
		struct override *one = &e->overrides.list.v[i];

		if (one->over == NULL && mono_due(one->end, e->now))
			one->over = "ended";
		if (one->over != NULL) {
			overriding_end(e, one, one->over);
			continue;
		}
		fx_wake(e, one->end);
		i++;
	}
}

void
overriding_calendar(struct engine *e)
{
	if (override_calendar(&e->overrides, e->now, e->wall))
		overriding_changed(e);
}

void
overriding_restore(struct engine *e, const uint8_t *p, size_t n)
{
	int rc;

	if (n == 0)
		return;
	rc = override_decode(&e->overrides, e->overrides.given->server,
	    cur_over(p, n), e->now, e->wall);
	if (rc != RC_OK)
		fx_event(e, (struct event){ .kind = EVENT_RESTORED,
				.reason = rc_word(rc) });
	overriding_apply(e);
}
