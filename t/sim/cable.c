#include "t/sim/cable.h"

#include <string.h>

#include "base/check.h"
#include "base/cur.h"
#include "core/wire/msg.h"
#include "t/sim/host.h"

#define CONNECT_MS 5000 /* until a silent path is given up */

struct end {
	struct node *node;
	uint32_t life, who;
	bool open;
	bool told; /* that it is: until then a dial is answered by its end */
	struct mono last;  /* when the newest segment towards it arrives */
	struct mono stall; /* after a silence: nothing arrives before */
	struct mono busy;  /* the line towards it is taken until then */
	bool stuck;        /* a packet towards it vanishes again and again */
	VEC(struct happening *) held;
};

struct cable {
	struct end end[2];
	bool slipped;     /* what was said on it is not what was heard */
	size_t under_way; /* happenings that point here */
};

static struct end *
find(struct world *world, struct node *node, uint32_t who, struct cable **out)
{
	for (size_t i = 0; i < world->cables.n; i++) {
		struct cable *cable = world->cables.v[i];

		for (int side = 0; side < 2; side++) {
			struct end *end = &cable->end[side];

			if (end->open && end->node == node &&
			    end->life == node->life && end->who == who) {
				*out = cable;
				return end;
			}
		}
	}
	return NULL;
}

static void
cable_free(struct cable *cable)
{
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < cable->end[side].held.n; i++)
			happening_free(cable->end[side].held.v[i]);
		vec_done(&cable->end[side].held);
	}
	mem_free(cable);
}

/* Streams of which nobody will hear again. */
static void
sweep(struct world *world)
{
	size_t kept = 0;

	for (size_t i = 0; i < world->cables.n; i++) {
		struct cable *cable = world->cables.v[i];

		if (cable->end[0].open || cable->end[1].open ||
		    cable->under_way > 0)
			world->cables.v[kept++] = cable;
		else
			cable_free(cable);
	}
	world->cables.n = kept;
}

static const struct line *
line_of(const struct world *world, const struct cable *cable)
{
	return &world->lines[cable->end[0].node - world->nodes]
	                    [cable->end[1].node - world->nodes];
}

/* What is larger vanishes on its way to this side; 0: nothing. */
static uint32_t
fits_to(const struct world *world, const struct cable *cable, int side)
{
	size_t from = (size_t)(cable->end[!side].node - world->nodes);
	size_t to = (size_t)(cable->end[side].node - world->nodes);

	return world->lines[from][to].fits;
}

/* So many octets more go over the line to this side: when it has them all. */
static struct mono
over_line(struct world *world, struct cable *cable, int side, size_t octets)
{
	const struct line *line = line_of(world, cable);
	struct end *end = &cable->end[side];

	if (line->rate == 0)
		return world->now;
	if (end->busy.ms < world->now.ms)
		end->busy = world->now;
	end->busy = mono_after(end->busy, octets * 1000 / line->rate);
	return end->busy;
}

/* Towards this side, after everything that is already under way there. */
static struct happening *
segment_of(struct world *world, struct cable *cable, int side,
    enum input_kind kind, size_t octets)
{
	struct end *end = &cable->end[side];
	struct happening *h = happening_new(end->node, HAPPENS_SEGMENT);
	struct mono at = mono_after(over_line(world, cable, side, octets),
	    world_delay(world, cable->end[0].node, cable->end[1].node));

	h->in.kind = kind;
	h->in.who = end->who;
	h->cable = cable;
	h->side = side;
	cable->under_way++;
	if (at.ms > end->last.ms)
		end->last = at;
	agenda_add(&world->agenda, end->last, h);
	return h;
}

static struct happening *
segment(
    struct world *world, struct cable *cable, int side, enum input_kind kind)
{
	return segment_of(world, cable, side, kind, 0);
}

static void
no_dial(struct world *world, struct node *node, const char *name, uint64_t ms)
{
	struct happening *h = happening_new(node, HAPPENS_INPUT);

	h->in.kind = IN_NO_DIAL;
	h->name = mem_str(name);
	world_later(world, ms, h);
}

/* Nothing that one says comes to the other. */
static bool
is_mute(
    const struct world *world, const struct node *from, const struct node *to)
{
	return world_peer_path(world, from, to) == PATH_SILENT ||
	       world->mute[from - world->nodes][to - world->nodes];
}

/* No connection comes about, for that needs both. */
static bool
is_silent(const struct world *world, const struct node *a, const struct node *b)
{
	return is_mute(world, a, b) || is_mute(world, b, a);
}

void
cable_dial(struct world *world, struct node *node, const struct effect *effect)
{
	for (size_t i = 0; i < effect->naddrs; i++) {
		struct node *to = world_at(world, &effect->addrs[i]);
		struct happening *h;

		if (to == NULL || to == node || effect->addrs[i].port != 691)
			continue;
		if (is_silent(world, node, to) || !to->host_up) {
			no_dial(world, node, effect->name, CONNECT_MS);
			return;
		}
		h = happening_new(to, HAPPENS_DIAL);
		h->life = node->life;
		h->in.who = (uint32_t)(node - world->nodes);
		h->name = mem_str(effect->name);
		world_later(world, world_delay(world, node, to), h);
		return;
	}
	no_dial(world, node, effect->name, 1);
}

static bool
allows(const struct node *node, const struct addr *from)
{
	for (size_t i = 0; i < node->allow.n; i++)
		if (addr_same_ip(&node->allow.v[i], from))
			return true;
	return node->certified;
}

static void
open_side(struct world *world, struct cable *cable, int side, struct node *peer)
{
	struct end *end = &cable->end[side];
	struct happening *h;

	end->life = end->node->life;
	end->who = ++end->node->sessions;
	end->open = true;
	h = segment(world, cable, side, IN_OPEN);
	h->in.dialled = side == 0;
	h->name = mem_str(peer->conf.server);
	buf_bytes(&h->bytes, peer->conf.cert.now, peer->conf.cert.now_len);
}

/* A dial has reached the other host. */
static void
dial_arrives(struct world *world, struct happening *h)
{
	struct node *from = &world->nodes[h->in.who], *to = h->node;
	struct cable *cable;

	if (from->life != h->life)
		return; /* who dialled is gone */
	if (is_silent(world, from, to) || !to->host_up || to->hung) {
		no_dial(world, from, h->name, CONNECT_MS);
		return;
	}
	if (world_peer_path(world, from, to) == PATH_REFUSED ||
	    to->engine == NULL || !allows(to, &from->addr) ||
	    strcmp(h->name, to->conf.server) != 0) {
		no_dial(world, from, h->name, world_delay(world, to, from));
		return;
	}
	sweep(world);
	cable = mem_new(sizeof(*cable), 0, 0);
	cable->end[0].node = from;
	cable->end[1].node = to;
	open_side(world, cable, 1, from);
	open_side(world, cable, 0, to);
	vec_push(&world->cables, cable);
}

/* How much of what is left goes in one packet: over a slow line little. */
static size_t
packet(struct world *world, const struct line *line, size_t left)
{
	size_t n = left;

	if (rng_below(&world->rng, 3) == 0)
		n = 1 + (size_t)rng_below(&world->rng, n);
	if (line->rate > 0 && n > 1 + line->rate / 4)
		n = 1 + line->rate / 4;
	return n;
}

/* A HELLO becomes that of a server that knows version 1 alone. */
static void
make_older(struct buf *octets)
{
	struct cur c = cur_over(octets->p, octets->n);

	cur_u32(&c);
	if (cur_u8(&c) == MSG_HELLO && c.left >= 4)
		octets->p[8] = 1;
}

/* Of version 1: ALIVE is empty, a digest is one, of all there is. */
static bool
is_new(const struct buf *octets)
{
	struct cur c = cur_over(octets->p, octets->n);
	uint32_t n = cur_u32(&c);
	uint8_t type = cur_u8(&c);

	return (type == MSG_ALIVE && n > 1) ||
	       (type == MSG_DIGEST && n != 1 + CRYPTO_DIGEST + 4);
}

/* What the kernel keeps for a line: a second's worth. */
static struct mono
written(struct world *world, const struct line *line, const struct end *end)
{
	if (line->rate == 0 || end->busy.ms < world->now.ms + 1001)
		return mono_after(world->now, 1);
	return (struct mono){ end->busy.ms - 1000 };
}

/* As memory does it that is broken: TLS has nothing to say against it. */
static void
flip(struct world *world, struct cable *cable, int towards, struct buf *octets)
{
	size_t i = (size_t)(cable->end[!towards].node - world->nodes),
	       j = (size_t)(cable->end[towards].node - world->nodes);

	if (world->flips[i][j] == 0 || octets->n == 0)
		return;
	world->flips[i][j]--;
	world->slipped[i][j] = world->slipped[j][i] = cable->slipped = true;
	octets->p[rng_below(&world->rng, octets->n)] ^=
	    (uint8_t)(1 << rng_below(&world->rng, 8));
}

void
cable_send(struct world *world, struct node *node, const struct effect *effect)
{
	struct cable *cable;
	struct end *end = find(world, node, effect->who, &cable);
	struct buf octets = { 0 };
	const struct line *line;
	struct happening *h;
	int side;

	if (end == NULL)
		return; /* reset, and the news of it is under way */
	line = line_of(world, cable);
	side = end == &cable->end[0];
	buf_bytes(&octets, effect->bytes, effect->len);
	if (line->older)
		make_older(&octets);
	/* Who has heard an octet turned over may have read another version, as
	 * long as this session lasts. */
	if (line->older && is_new(&octets) && !cable->slipped)
		world_fail(world, "%s says what version 1 has not", node->name);
	flip(world, cable, side, &octets);
	for (size_t at = 0, n; at < octets.n; at += n) {
		n = packet(world, line, octets.n - at);
		h = segment_of(world, cable, side, IN_BYTES, n);
		buf_bytes(&h->bytes, octets.p + at, n);
	}
	buf_done(&octets);
	h = happening_new(node, HAPPENS_DRAINED);
	h->in.kind = IN_DRAINED;
	h->in.who = effect->who;
	world_later(world,
	    written(world, line, &cable->end[side]).ms - world->now.ms, h);
}

/* The stream that joins them, and the side of `to`; or NULL. */
static struct cable *
between(struct world *world, const struct node *from, const struct node *to,
    int *towards)
{
	for (size_t i = 0; i < world->cables.n; i++) {
		struct cable *cable = world->cables.v[i];

		for (int side = 0; side < 2; side++) {
			if (cable->end[!side].node != from ||
			    cable->end[side].node != to ||
			    !cable->end[side].open || !cable->end[!side].open)
				continue;
			*towards = side;
			return cable;
		}
	}
	return NULL;
}

bool
cable_joins(struct world *world, const struct node *from, const struct node *to)
{
	int side;

	return between(world, from, to, &side) != NULL;
}

void
cable_slip(struct world *world, struct node *from, struct node *to,
    const struct buf *octets)
{
	struct happening *h;
	int side;
	struct cable *cable = between(world, from, to, &side);

	if (cable == NULL) {
		world_fail(
		    world, "no session from %s to %s", from->name, to->name);
		return;
	}
	world->slipped[from - world->nodes][to - world->nodes] = true;
	cable->slipped = true;
	h = segment(world, cable, side, IN_BYTES);
	buf_bytes(&h->bytes, octets->p, octets->n);
}

void
cable_close(struct world *world, struct node *node, uint32_t who)
{
	struct cable *cable;
	struct end *end = find(world, node, who, &cable);

	if (end == NULL)
		return;
	end->open = false;
	segment(world, cable, end == &cable->end[0], IN_CLOSED);
}

void
cable_end(struct world *world, struct node *node)
{
	for (size_t i = 0; i < world->cables.n; i++) {
		struct cable *cable = world->cables.v[i];

		for (int side = 0; side < 2; side++) {
			struct end *end = &cable->end[side];

			if (end->node != node || !end->open)
				continue;
			end->open = false;
			if (node->host_up && cable->end[!side].open)
				segment(world, cable, !side, IN_CLOSED);
		}
	}
}

/* True when the host has taken it over. */
static bool
arrive(struct world *world, struct happening *h)
{
	struct end *end = &h->cable->end[h->side];
	struct end *other = &h->cable->end[!h->side];

	if (!end->node->host_up)
		return false;
	if (!end->open || end->life != end->node->life) {
		if (h->in.kind == IN_BYTES && other->open)
			segment(world, h->cable, !h->side, IN_CLOSED);
		return false;
	}
	if (h->in.kind == IN_CLOSED)
		end->open = false;
	end->told |= h->in.kind == IN_OPEN;
	h->kind = HAPPENS_INPUT;
	h->life = end->life;
	h->cable = NULL;
	host_happens(world, h);
	return true;
}

/* Nothing is said of what has been written while more has been given since. */
static void
drained(struct world *world, struct happening *h)
{
	struct cable *cable = NULL;
	struct end *end = find(world, h->node, h->in.who, &cable);
	int side = cable != NULL && end == &cable->end[0];

	if (end == NULL || h->life != end->life ||
	    (line_of(world, cable)->rate > 0 &&
		cable->end[side].busy.ms > world->now.ms + 1000)) {
		happening_free(h);
		return;
	}
	h->kind = HAPPENS_INPUT;
	host_happens(world, h);
}

void
cable_happens(struct world *world, struct happening *h)
{
	struct cable *cable = h->cable;
	struct end *end;
	uint32_t fits;

	if (h->kind == HAPPENS_DRAINED) {
		drained(world, h);
		return;
	}
	if (h->kind == HAPPENS_DIAL) {
		dial_arrives(world, h);
		happening_free(h);
		return;
	}
	end = &cable->end[h->side];
	fits = fits_to(world, cable, h->side);
	/* TCP keeps the order: what is behind waits, too. */
	if (fits > 0 && h->bytes.n > fits)
		end->stuck = true;
	if (end->stuck ||
	    is_mute(world, cable->end[!h->side].node, end->node)) {
		vec_push(&end->held, h);
		return;
	}
	if (world->now.ms < end->stall.ms) {
		agenda_add(&world->agenda, end->stall, h);
		return;
	}
	cable->under_way--;
	if (!arrive(world, h))
		happening_free(h);
}

static void
reset(struct world *world, struct cable *cable)
{
	for (int side = 0; side < 2; side++) {
		struct end *end = &cable->end[side];
		struct happening *h;

		if (!end->open)
			continue;
		end->open = false;
		if (!end->told) {
			if (side == 0)
				no_dial(world, end->node,
				    cable->end[1].node->conf.server, 1);
			continue;
		}
		h = happening_new(end->node, HAPPENS_INPUT);
		h->life = end->life;
		h->in.kind = IN_CLOSED;
		h->in.who = end->who;
		world_later(world, 1, h);
	}
}

static void
release(struct world *world, struct end *end)
{
	end->stuck = false;
	if (end->held.n == 0)
		return;
	end->stall = mono_after(world->now, 200 + rng_below(&world->rng, 800));
	end->last = mono_after(end->stall, 1);
	for (size_t i = 0; i < end->held.n; i++)
		agenda_add(&world->agenda, end->stall, end->held.v[i]);
	end->held.n = 0;
}

void
cable_path(struct world *world, struct node *a, struct node *b, enum path path)
{
	size_t i = (size_t)(a - world->nodes), j = (size_t)(b - world->nodes);

	world->peer_path[i][j] = world->peer_path[j][i] = (uint8_t)path;
	for (size_t k = 0; k < world->cables.n; k++) {
		struct cable *cable = world->cables.v[k];
		struct node *one = cable->end[0].node,
			    *two = cable->end[1].node;

		if (!(one == a && two == b) && !(one == b && two == a))
			continue;
		if (path == PATH_REFUSED)
			reset(world, cable);
		if (path != PATH_SILENT) {
			release(world, &cable->end[0]);
			release(world, &cable->end[1]);
		}
	}
}

void
cable_mute(struct world *world, struct node *from, struct node *to, bool mute)
{
	world->mute[from - world->nodes][to - world->nodes] = mute;
	if (!mute && world_peer_path(world, from, to) == PATH_OPEN)
		cable_path(world, from, to, PATH_OPEN);
}

void
cable_line(struct world *world, struct node *a, struct node *b,
    const struct line *line)
{
	size_t i = (size_t)(a - world->nodes), j = (size_t)(b - world->nodes);

	world->lines[i][j] = world->lines[j][i] = *line;
	if (line->fits == 0 && world_peer_path(world, a, b) == PATH_OPEN)
		cable_path(world, a, b, PATH_OPEN);
}

void
cable_done(struct world *world)
{
	for (size_t i = 0; i < world->cables.n; i++)
		cable_free(world->cables.v[i]);
	vec_done(&world->cables);
}
