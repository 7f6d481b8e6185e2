#include "ctl/transit.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/live.h"

static const char *
transit_text(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s == NULL ? "" : s;
}

static bool
is(const json_t *line, const char *key)
{
	return json_is_true(json_object_get(line, key));
}

static void
row(struct grid *grid, const json_t *line)
{
	grid_cell(grid, transit_text(line, "server"));
	grid_cell(grid, transit_text(line, "connector"));
	grid_cell(grid, transit_text(line, "routing_group"));
	grid_cell(grid, is(line, "claimed") ? "claimed" : "unclaimed");
	grid_cell(grid, is(line, "counts") ? "yes" : "no");
}

int
transit_verb(const struct call *call)
{
	static const char *const head[] = { "SERVER", "CONNECTOR", "TO",
		"CERTIFICATE", "COUNTS", NULL };

	return live_table(call, "transit", head, row);
}

static void
transit_add(void *ctx, const json_t *line)
{
	struct transit *t = ctx;

	if (is(line, "claimed"))
		t->claimed++;
	else if (is(line, "counts"))
		t->unclaimed++;
	else
		t->refused++;
	if (!is(line, "claimed") && t->names.n < TRANSIT_NAMES) {
		if (t->names.n > 0)
			buf_text(&t->names, ", ");
		buf_printf(&t->names, "%s to %s (%s)",
		    transit_text(line, "server"),
		    transit_text(line, "routing_group"),
		    transit_text(line, "connector"));
	}
}

int
transit_ask(const struct call *call, struct transit *out)
{
	struct buf answer = { 0 };
	int status = client_read(call, "transit", &answer);

	memset(out, 0, sizeof(*out));
	if (status == CALL_OK)
		status = client_each(&answer, transit_add, out);
	buf_u8(&out->names, 0);
	buf_done(&answer);
	return status;
}

void
transit_done(struct transit *t)
{
	buf_done(&t->names);
}

/* Nobody is told to claim what nobody has begun to claim. */
void
check_transit(struct check_list *list, const struct call *call)
{
	struct transit t;

	if (transit_ask(call, &t) == CALL_OK && t.refused > 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_CRITICAL, "transit",
			"lsrctl keys issue --renew FILE --connector GROUP"),
		    "%zu connectors do not count, as certificates do not "
		    "allow them: %s",
		    t.refused, (const char *)t.names.p);
	else if (t.unclaimed > 0 && t.claimed > 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "transit",
			"lsrctl transit shows all; lsrctl keys issue --renew "
			"FILE --connector GROUP"),
		    "%zu connectors carry mail without a claim in a "
		    "certificate: %s",
		    t.unclaimed, (const char *)t.names.p);
	transit_done(&t);
}
