#include "io/asking.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sys/sock.h"
#include "sys/spare.h"

#define SMTP_PORT 25

struct asking {
	struct event_base *base;
	struct asking_job job;
	const char *words[ASKING_WORDS * ASKING_RUNS + ASKING_WORDS];
	size_t nwords;
	void *state;             /* the talk's */
	struct bufferevent *bev; /* NULL: between two addresses */
	struct event *next;      /* goes on from the loop */
	size_t tried;            /* of the addresses */
	int failed;              /* errno of the last one */
	bool over;               /* what is to be told is known */
	bool well;
};

static void
asking_hang_up(struct asking *a)
{
	if (a->bev != NULL)
		bufferevent_free(a->bev);
	a->bev = NULL;
}

void
asking_free(struct asking *a)
{
	if (a == NULL)
		return;
	asking_hang_up(a);
	event_free(a->next);
	mem_free(a->state);
	mem_free(a);
}

static void
asking_end(struct asking *a, const char *why)
{
	struct asking_job job = a->job;
	char *text = why == NULL ? NULL : mem_str(why);

	asking_free(a);
	job.done(job.ctx, text);
	mem_free(text);
}

static void
asking_result(struct asking *a)
{
	asking_end(a, a->well ? NULL : a->job.talk->said(a->state));
}

static void
on_asking_readable(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(in);
	struct asking *a = arg;
	struct buf say = { 0 };
	enum plugin_verdict said = PLUGIN_MORE;

	if (!a->over)
		said = a->job.talk->feed(
		    a->state, evbuffer_pullup(in, (ev_ssize_t)n), n, &say);
	evbuffer_drain(in, n);
	if (said != PLUGIN_MORE)
		a->over = true;
	a->well |= said == PLUGIN_OK;
	if (say.n > 0)
		bufferevent_write(bev, say.p, say.n);
	buf_done(&say);
}

static void
asking_wait(struct asking *a)
{
	struct timeval at_once = { 0, 0 };

	CHECK(evtimer_add(a->next, &at_once) == 0);
}

static void
on_asking_event(struct bufferevent *bev, short what, void *arg)
{
	struct asking *a = arg;
	struct buf say = { 0 };
	int err = errno;

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0)
		return;
	if (a->over || (what & BEV_EVENT_TIMEOUT) != 0) {
		asking_result(a);
		return;
	}
	if ((what & BEV_EVENT_EOF) != 0) {
		a->well =
		    a->job.talk->feed(a->state, NULL, 0, &say) == PLUGIN_OK;
		buf_done(&say);
		asking_result(a);
		return;
	}
	a->failed = err;
	asking_hang_up(a);
	asking_wait(a);
}

/* False: it cannot begin; a->failed tells. */
static bool
asking_connect(struct asking *a)
{
	struct timeval patience = { .tv_sec = ASKING_PATIENCE_S };
	struct sockaddr_storage ss;
	socklen_t n = sock_of_addr(&a->job.place->at[a->tried++], &ss);
	int rc;

	a->bev = bufferevent_socket_new(a->base, -1, BEV_OPT_CLOSE_ON_FREE);
	CHECK(a->bev != NULL);
	bufferevent_setcb(a->bev, on_asking_readable, NULL, on_asking_event, a);
	bufferevent_set_timeouts(a->bev, &patience, &patience);
	bufferevent_enable(a->bev, EV_READ | EV_WRITE);
	rc = bufferevent_socket_connect(a->bev, (struct sockaddr *)&ss, (int)n);
	a->failed = rc == 0 ? 0 : errno;
	if (rc == 0 && spare_reached(bufferevent_getfd(a->bev)))
		a->failed = EMFILE; /* it can wait */
	if (a->failed != 0)
		asking_hang_up(a);
	return a->failed == 0;
}

/* Connects to the next address, if there is one. */
static void
on_asking_next(evutil_socket_t unused, short what, void *arg)
{
	struct asking *a = arg;

	(void)unused;
	(void)what;
	a->job.talk->begin(
	    a->state, a->job.place->own_name, a->words, a->nwords);
	while (a->tried < a->job.place->nat)
		if (asking_connect(a))
			return;
	asking_end(a, a->failed == 0 ? "no address" : strerror(a->failed));
}

/* Each word as often as runs are to share its messages; what is frozen is
 * little. */
static void
asking_words(struct asking *a)
{
	const struct asking_job *job = &a->job;
	bool all = job->all || job->n > ASKING_WORDS;
	size_t runs = job->messages / ASKING_SHARE + 1;

	runs = runs < ASKING_RUNS ? runs : ASKING_RUNS;
	for (size_t i = 0; i < (all ? 1 : job->n); i++)
		for (size_t k = 0; k < runs; k++)
			a->words[a->nwords++] =
			    all ? job->talk->all : job->patterns[i];
	for (size_t i = 0; i < job->nthawed && i < ASKING_WORDS; i++)
		a->words[a->nwords++] = job->thawed[i];
}

struct asking *
asking_begin(struct event_base *base, const struct asking_job *job)
{
	struct asking *a = mem_new(sizeof(*a), 0, 0);

	a->base = base;
	a->job = *job;
	asking_words(a);
	a->state = mem_new(job->talk->state_size, 0, 0);
	a->next = evtimer_new(base, on_asking_next, a);
	CHECK(a->next != NULL);
	asking_wait(a);
	return a;
}

static void
asking_add(struct asking_place *place, const struct addr *at)
{
	for (size_t i = 0; i < place->nat; i++)
		if (addr_equal(&place->at[i], at))
			return;
	if (place->nat < ASKING_ADDRESSES)
		place->at[place->nat++] = *at;
}

void
asking_place_set(struct asking_place *place, const struct setup *setup)
{
	const struct setup_announced *own = &setup->announced;
	struct addr loopback4 = { 4, { 127, 0, 0, 1 }, SMTP_PORT };
	struct addr loopback6 = { 6, { [15] = 1 }, SMTP_PORT };

	mem_free(place->own_name);
	place->own_name = mem_str(setup->server);
	place->nat = 0;
	place->lab = setup->lab;
	for (size_t i = 0; i < own->nsmtp; i++)
		if (setup->lab || addr_is_loopback(&own->smtp[i]))
			asking_add(place, &own->smtp[i]);
	if (setup->lab)
		return;
	asking_add(place, &loopback4);
	asking_add(place, &loopback6);
	for (size_t i = 0; i < own->nsmtp; i++)
		asking_add(place, &own->smtp[i]);
}

static bool
asking_is_any(const struct addr *at)
{
	static const struct addr any;

	return memcmp(at->ip, any.ip, sizeof(any.ip)) == 0;
}

/* Every address is loopback, too; but in a lab, where that one is shared, it
 * is the announced ones that are known. */
static struct addr
asking_at(const struct addr *at)
{
	struct addr loopback = { at->family, { 127, 0, 0, 1 }, at->port };

	if (!asking_is_any(at))
		return *at;
	if (at->family == 6)
		loopback = (struct addr){ 6, { [15] = 1 }, at->port };
	return loopback;
}

void
asking_place_listens(
    struct asking_place *place, const struct addr *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (place->lab && asking_is_any(&at[i]))
			return;
	place->nat = n > 0 ? 0 : place->nat;
	for (int loopback = 1; loopback >= 0; loopback--)
		for (size_t i = 0; i < n; i++) {
			struct addr one = asking_at(&at[i]);

			if (addr_is_loopback(&one) == loopback)
				asking_add(place, &one);
		}
}

void
asking_place_done(struct asking_place *place)
{
	mem_free(place->own_name);
}
