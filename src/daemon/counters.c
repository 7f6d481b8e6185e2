#include "daemon/counters.h"

#include "base/json.h"
#include "sys/clock.h"

static void
counters_front(const struct front_io *front, struct json *j)
{
	const struct front_io_counts *c = front_io_counted(front);

	if (c == NULL)
		return;
	json_open(j, "front", '{');
	json_uint(j, "age_ms", mono_since(c->at, clock_mono()));
	json_uint(j, "sessions", c->n[FRONT_IO_SESSIONS]);
	json_uint(j, "accepted", c->n[FRONT_IO_ACCEPTED]);
	json_uint(j, "handed", c->n[FRONT_IO_HANDED]);
	json_uint(j, "refused", c->n[FRONT_IO_REFUSED]);
	json_uint(j, "verbs", c->n[FRONT_IO_VERBS]);
	json_close(j, '}');
}

void
counters_show(const struct counters_of *of, struct buf *out)
{
	const struct loop_times *times = loop_times(of->loop);
	struct json j = { .out = out };

	json_open(&j, NULL, '{');
	json_str(&j, "of", "daemon");
	json_str(&j, "version", PACKAGE_VERSION);
	sink_counted(of->sink, &j);
	measure_show(&times->steps, &j, "steps");
	measure_show(&times->tables, &j, "tables");
	publishers_counted(of->publishers, &j);
	counters_front(of->front, &j);
	json_close(&j, '}');
}
