#include "core/node/held.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/wall.h"
#include "core/node/fx.h"
#include "core/node/node.h"

/* The alarm comes so long before the MTA gives up, or after half the time
 * that mail may wait there at all; and once in so long while it lasts. */
#define AHEAD_S 86400
#define AGAIN_MS 3600000

/* What has a path now is held no more, whatever the last listing said. */
static bool
held_waits(const struct engine *e)
{
	const struct route *route;

	if (e->table.held.pattern == NULL || e->table.rib == NULL)
		return false;
	route = rib_find(e->table.rib, e->table.held.pattern);
	return route != NULL && route->kind == ROUTE_HOLD;
}

static uint64_t
gives_up(const struct engine *e)
{
	return e->table.held.came + e->asked.mta.lifetime_s;
}

static void
alarm_look(struct engine *e)
{
	uint64_t ahead = e->asked.mta.lifetime_s / 2;
	char until[WALL_TEXT];

	if (ahead > AHEAD_S)
		ahead = AHEAD_S;
	if (!held_waits(e) || gives_up(e) > e->wall + ahead ||
	    !mono_due(e->table.held.again_at, e->now))
		return;
	e->table.held.again_at = mono_after(e->now, AGAIN_MS);
	wall_text(gives_up(e), until);
	fx_event(e, (struct event){ .kind = EVENT_HELD,
			.name = e->table.held.pattern,
			.peer = e->table.held.id,
			.to = until });
}

void
held_told(struct engine *e, const struct input *in)
{
	struct held *held = &e->table.held;

	mem_free(held->pattern);
	held->pattern = in->name == NULL ? NULL : mem_str(in->name);
	held->came = in->value;
	held->read = true;
	held->read_at = e->now;
	memset(held->id, 0, sizeof(held->id));
	if (in->len < sizeof(held->id) && in->len > 0)
		memcpy(held->id, in->bytes, in->len);
	alarm_look(e);
}

void
held_show(const struct engine *e, struct json *j)
{
	if (!held_waits(e))
		return;
	json_open(j, "oldest_held", '{');
	json_str(j, "pattern", e->table.held.pattern);
	json_str(j, "message", e->table.held.id);
	json_uint(j, "came", e->table.held.came);
	json_uint(j, "gives_up", gives_up(e));
	json_close(j, '}');
}

void
held_age_show(const struct engine *e, struct json *j, const char *key)
{
	uint64_t came = e->table.held.came;

	json_uint(j, key, held_waits(e) && came < e->wall ? e->wall - came : 0);
}

void
held_read_show(const struct engine *e, struct json *j)
{
	const struct held *held = &e->table.held;

	if (e->setup->mta.none || e->setup->congestion.messages == 0)
		return;
	json_uint(j, "queue_read_s",
	    mono_since(held->read ? held->read_at : e->turn.started, e->now) /
		1000);
}

void
held_done(struct engine *e)
{
	mem_free(e->table.held.pattern);
	e->table.held.pattern = NULL;
}
