#include "t/sim/probe.h"

#include <string.h>

#define PROBE_MS 5000  /* a connection is waited for so long */
#define REPLY_MS 15000 /* a reply, until it is late */
#define MOST_MS 300000 /* and then it is slow, or never comes */

static void
probe_says(
    struct world *world, struct node *node, uint64_t ms, const struct input *in)
{
	struct happening *h = happening_new(node, HAPPENS_INPUT);

	h->in = *in;
	h->in.kind = IN_PROBE;
	h->serial = world->serial;
	world_later(world, ms, h);
}

/* It greets, sooner or later. */
static void
probe_is_answered(struct world *world, struct node *node, struct node *to,
    struct input *in, uint64_t wait_ms)
{
	uint64_t ms = 2 * world_delay(world, node, to);
	uint64_t wait = wait_ms > REPLY_MS ? wait_ms : REPLY_MS;

	in->value = ms + to->greets_ms;
	if (in->value > wait) {
		bool good = in->verdict == PROBE_OK ||
		            in->verdict == PROBE_BUSY ||
		            in->verdict == PROBE_TAKES;

		in->verdict = PROBE_LATE;
		probe_says(world, node, ms + wait, in);
		in->verdict = PROBE_SLOW;
		if (good && in->value <= MOST_MS)
			probe_says(world, node, ms + in->value, in);
	} else {
		probe_says(world, node, ms + in->value, in);
	}
}

/* What the mail service at `to` makes of it. */
static void
probe_reaches(struct world *world, struct node *node, struct node *to,
    struct input *in, const struct effect *fx)
{
	uint64_t ms = 2 * world_delay(world, node, to);

	to->probed++;
	if ((fx->addrs->family == 6 && !to->six_up) ||
	    !world_mail(world, node, to)) {
		if (!to->host_up || fx->addrs->family == 6 ||
		    world_mail_path(world, node, to) == PATH_SILENT)
			ms = PROBE_MS;
		in->verdict = PROBE_FAILED;
		probe_says(world, node, ms, in);
		return;
	}
	in->verdict = PROBE_CONNECTED;
	probe_says(world, node, ms, in);
	to->asked += fx->recipient != NULL;
	in->verdict = to->busy                     ? PROBE_BUSY
	              : fx->mail && to->takes_none ? PROBE_REFUSED
	              : fx->recipient == NULL      ? PROBE_OK
	              : to->denies                 ? PROBE_REFUSED
	                                           : PROBE_TAKES;
	probe_is_answered(world, node, to, in, fx->wait_ms);
}

/* `no-six`: this host has IPv4 alone. */
static bool
is_short(const struct node *node, const struct effect *fx, struct input *in)
{
	if (node->shortage == NULL || strcmp(node->shortage, "no-six") != 0)
		return node->shortage != NULL;
	in->reason = "no-network";
	return fx->addrs->family == 6;
}

void
probe_fx(struct world *world, struct node *node, const struct effect *fx)
{
	struct node *to = fx->naddrs == 0 ? NULL : world_at(world, fx->addrs);
	struct input in = { .who = fx->who, .reason = node->shortage };
	size_t i = 0;

	world->serial++;
	while (i < node->probes.n && node->probes.v[i].who != fx->who)
		i++;
	if (i == node->probes.n)
		vec_push(&node->probes, ((struct probe){ .who = fx->who }));
	node->probes.v[i].serial = world->serial;
	if (fx->naddrs == 0) {
		node->probes.v[i].ended = world->serial;
		return;
	}
	if (to == NULL) {
		world_fail(world, "%s probes what is nobody", node->name);
	} else if (is_short(node, fx, &in)) {
		in.verdict = PROBE_UNABLE;
		probe_says(world, node, 0, &in);
	} else {
		probe_reaches(world, node, to, &in, fx);
	}
}

bool
probe_is_stale(const struct node *node, const struct happening *h)
{
	if (h->in.kind != IN_PROBE)
		return false;
	for (size_t i = 0; i < node->probes.n; i++)
		if (node->probes.v[i].who == h->in.who)
			return h->in.verdict == PROBE_SLOW
			           ? node->probes.v[i].ended > h->serial
			           : node->probes.v[i].serial != h->serial;
	return true;
}
