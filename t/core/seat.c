#include "t/core/seat.h"

#include "base/check.h"
#include "base/rc.h"
#include "core/trace/view_annex.h"

void
seat_write(struct seat *seat, const struct rib *rib, const struct buf *net)
{
	struct mtable_history history = { .n = 0 };
	struct mtable_writer writer = { 0 };
	struct buf keys = { 0 };
	const struct mtable_mta mta = { .delimiters = "+" };
	struct mtable_annex annex;

	mtable_keys_encode(&keys, NULL, 0);
	mtable_annex_encode(
	    &seat->octets, (struct mtable_version){ 1, 1 }, &mta, &keys, net);
	CHECK(mtable_annex_decode(seat->octets.p, seat->octets.n, &annex) ==
	      RC_OK);
	mtable_history_add(&history, annex.version, 1);
	for (size_t i = 0; i < rib->n; i++)
		mtable_add_route(&writer, &rib->routes[i], annex.version);
	mtable_end(&writer, &annex, &history, &seat->file);
	CHECK(mtable_open(&seat->table, seat->file.p, seat->file.n) == RC_OK);
	seat->limits = seat->table.net.left > 0;
	if (seat->limits)
		CHECK(mtable_net_decode(seat->table.net, &seat->net) == RC_OK);
	buf_done(&keys);
}

struct rib *
seat_world(struct seat *seat, const struct world *w, const struct rib *before)
{
	struct view_pending pending = { 0 };
	struct view *view = view_new(&w->in);
	struct rib *rib = view_rib(view, before, &pending);
	struct view_widths widths = { 0 };
	struct buf net = { 0 };

	view_widths(view, &widths);
	view_net(view, &widths, &net);
	vec_done(&widths.list);
	seat_write(seat, rib, &net);
	view_pending_done(&pending);
	view_free(view);
	buf_done(&net);
	return rib;
}

void
seat_done(struct seat *seat)
{
	if (seat->limits)
		mtable_net_done(&seat->net);
	buf_done(&seat->file);
	buf_done(&seat->octets);
}
