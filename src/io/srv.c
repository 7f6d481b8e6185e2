#include "io/srv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARES_NO_DEPRECATED /* 1.18, Debian 12's, has only ares_query() */
#include <ares.h>
#include <netdb.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "io/srv_pick.h"
#include "sys/sock.h"

#define SRV_TIMEOUT_MS 2000 /* for one try at one server */
#define SRV_TRIES 3
#define SRV_CLASS_IN 1 /* RFC 1035 3.2.4 */
#define SRV_TYPE 33    /* RFC 2782 */

struct srv_sock { /* of c-ares */
	struct srv *srv;
	struct srv_sock *next;
	ares_socket_t fd;
	struct event *event;
};

/* One name whose addresses are asked for in this round. */
struct srv_name {
	struct srv *srv;
	struct srv_name *next;
	char *name;
	uint16_t port;
	size_t way; /* its number in lookups; a peer: SIZE_MAX */
	bool ended;
	struct addr addrs[SRV_ADDRESSES];
	size_t naddrs;
};

struct srv {
	struct event_base *base;
	struct sink *sink;
	void (*changed)(void *ctx);
	void *ctx;
	ares_channel channel;
	struct resolv resolv;
	struct stat file; /* its resolv.conf, when the channel was made */
	struct srv_sock *socks;
	struct event *timeout; /* c-ares's own */
	struct event *again;   /* the next round */

	char *domain;
	struct conf_lookup *lookups;
	size_t nlookups;

	bool running, failed;
	size_t open; /* questions without an answer */
	struct srv_name *names;

	VEC(struct setup_peer) peers; /* found, sorted */
	struct addr *ways;
};

static void
reset_timeout(struct srv *srv)
{
	struct timeval tv, *next = ares_timeout(srv->channel, NULL, &tv);

	if (next == NULL)
		evtimer_del(srv->timeout);
	else
		evtimer_add(srv->timeout, next);
}

static void round_check(struct srv *srv);

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct srv *srv = arg;

	(void)fd;
	(void)what;
	ares_process_fd(srv->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	reset_timeout(srv);
	round_check(srv);
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct srv_sock *sock = arg;
	struct srv *srv = sock->srv; /* the socket may end in this call */

	ares_process_fd(srv->channel, what & EV_READ ? fd : ARES_SOCKET_BAD,
	    what & EV_WRITE ? fd : ARES_SOCKET_BAD);
	reset_timeout(srv);
	round_check(srv);
}

static void
sock_end(struct srv_sock **at)
{
	struct srv_sock *sock = *at;

	*at = sock->next;
	event_free(sock->event);
	mem_free(sock);
}

/* c-ares says which of its sockets it wants to hear of. */
static void
on_sock_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct srv *srv = arg;
	struct srv_sock **at = &srv->socks, *sock;
	short what =
	    (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

	while (*at != NULL && (*at)->fd != fd)
		at = &(*at)->next;
	if (*at != NULL)
		sock_end(at);
	if (what == 0)
		return;
	sock = mem_new(sizeof(*sock), 0, 0);
	sock->srv = srv;
	sock->fd = fd;
	sock->next = srv->socks;
	srv->socks = sock;
	sock->event = event_new(
	    srv->base, fd, (short)(what | EV_PERSIST), on_socket, sock);
	CHECK(sock->event != NULL && event_add(sock->event, NULL) == 0);
}

static void
srv_failed(struct srv *srv, const char *name, int status)
{
	srv->failed = true;
	sink_say(srv->sink, SINK_WARNING, "dns-failed",
	    "name=%s, reason=\"%s\"", name, ares_strerror(status));
}

/* --- the channel ---------------------------------------------------------- */

/* False, and the one before stays: the file cannot be read, or no memory. */
static bool
channel_new(struct srv *srv)
{
	struct ares_options options = { .timeout = SRV_TIMEOUT_MS,
		.tries = SRV_TRIES,
		.sock_state_cb = on_sock_state,
		.sock_state_cb_data = srv };
	int mask = resolv_options(&srv->resolv, &options) | ARES_OPT_TIMEOUTMS |
	           ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
	ares_channel channel;

	srv->file = resolv_look(&srv->resolv);
	if (ares_init_options(&channel, &options, mask) != ARES_SUCCESS)
		return false;
	srv->channel = channel;
	return true;
}

/* A question to the old channel gets no answer. */
static void
channel_renew(struct srv *srv)
{
	ares_channel old = srv->channel;

	if (channel_new(srv))
		ares_destroy(old);
	reset_timeout(srv);
}

/* Only between rounds: each of a round's questions is counted. */
static void
channel_look(struct srv *srv)
{
	struct stat now = resolv_look(&srv->resolv);

	if (!resolv_is(&now, &srv->file))
		channel_renew(srv);
}

/* --- one round ---------------------------------------------------------- */

static size_t
take_addresses(struct addr addrs[SRV_ADDRESSES], uint16_t port,
    const struct ares_addrinfo *res)
{
	struct ares_addrinfo_node *node = res == NULL ? NULL : res->nodes;
	size_t n = 0;

	for (; node != NULL && n < SRV_ADDRESSES; node = node->ai_next) {
		addrs[n] = sock_addr(node->ai_addr);
		addrs[n].port = port;
		n += addrs[n].family != 0;
	}
	return n;
}

static void
on_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *res)
{
	struct srv_name *name = arg;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		return;
	name->ended = true;
	name->srv->open--;
	if (status != ARES_SUCCESS)
		srv_failed(name->srv, name->name, status);
	name->naddrs = take_addresses(name->addrs, name->port, res);
	if (res != NULL)
		ares_freeaddrinfo(res);
}

static void
ask_addresses(struct srv *srv, const char *host, uint16_t port, size_t way)
{
	struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	struct srv_name *name = mem_new(sizeof(*name), 0, 0);

	name->srv = srv;
	name->name = mem_str(host);
	name->port = port;
	name->way = way;
	name->next = srv->names;
	srv->names = name;
	srv->open++;
	ares_getaddrinfo(srv->channel, host, NULL, &hints, on_addresses, name);
}

static void
on_srv(void *arg, int status, int timeouts, unsigned char *answer, int n)
{
	struct srv *srv = arg;
	struct ares_srv_reply *replies = NULL;
	struct ares_srv_reply *targets[SRV_TARGETS];
	size_t n_targets;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		return;
	srv->open--;
	if (status == ARES_SUCCESS)
		status = ares_parse_srv_reply(answer, n, &replies);
	if (status != ARES_SUCCESS && status != ARES_ENODATA &&
	    status != ARES_ENOTFOUND)
		srv_failed(srv, srv->domain, status);
	n_targets = srv_pick(replies, targets);
	for (size_t i = 0; i < n_targets; i++)
		ask_addresses(
		    srv, targets[i]->host, targets[i]->port, SIZE_MAX);
	if (replies != NULL)
		ares_free_data(replies);
}

static void
names_free(struct srv *srv)
{
	while (srv->names != NULL) {
		struct srv_name *name = srv->names;

		srv->names = name->next;
		mem_free(name->name);
		mem_free(name);
	}
}

static void
round_begin(struct srv *srv)
{
	char name[STR_HOST_MAX + 16];

	channel_look(srv);
	srv->running = true;
	srv->failed = false;
	names_free(srv);
	if (srv->domain != NULL) {
		snprintf(name, sizeof(name), "_lsrd._tcp.%s", srv->domain);
		srv->open++;
		ares_query(
		    srv->channel, name, SRV_CLASS_IN, SRV_TYPE, on_srv, srv);
	}
	for (size_t i = 0; i < srv->nlookups; i++)
		ask_addresses(
		    srv, srv->lookups[i].host, srv->lookups[i].port, i);
	reset_timeout(srv);
	round_check(srv);
}

static void
on_srv_again(evutil_socket_t fd, short what, void *arg)
{
	struct srv *srv = arg;

	(void)fd;
	(void)what;
	if (!srv->running)
		round_begin(srv);
}

/* --- one name for somebody ------------------------------------------------ */

struct srv_question {
	srv_done *done;
	void *ctx;
};

static void
on_resolved(void *arg, int status, int timeouts, struct ares_addrinfo *res)
{
	struct srv_question *q = arg;
	struct addr addrs[SRV_ADDRESSES];
	size_t n = take_addresses(addrs, 0, res);
	bool none = status == ARES_ENOTFOUND || status == ARES_ENODATA;

	(void)timeouts;
	q->done(q->ctx, n > 0 || none ? SRV_ANSWERED : SRV_NO_ANSWER, addrs, n);
	if (res != NULL)
		ares_freeaddrinfo(res);
	mem_free(q);
}

void
srv_resolve(struct srv *srv, const char *name, srv_done *done, void *ctx)
{
	struct ares_addrinfo_hints hints;
	struct srv_question *q = mem_new(sizeof(*q), 0, 0);

	if (!srv->running)
		channel_look(srv);
	*q = (struct srv_question){ done, ctx };
	resolv_hints(&srv->resolv, &hints);
	ares_getaddrinfo(srv->channel, name, NULL, &hints, on_resolved, q);
	reset_timeout(srv);
}

/* --- what a round has found --------------------------------------------- */

static int
order_of_addrs(const void *a, const void *b)
{
	return addr_order(a, b);
}

static int
order_of_peers(const void *a, const void *b)
{
	const struct setup_peer *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
peers_free(struct setup_peer *peers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mem_free(peers[i].name);
		mem_free(peers[i].addrs);
	}
	mem_free(peers);
}

static bool
same_peers(const struct srv *srv, const struct setup_peer *peers, size_t n)
{
	if (n != srv->peers.n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct setup_peer *a = &srv->peers.v[i], *b = &peers[i];

		if (strcmp(a->name, b->name) != 0 || a->naddrs != b->naddrs)
			return false;
		for (size_t k = 0; k < a->naddrs; k++)
			if (!addr_equal(&a->addrs[k], &b->addrs[k]))
				return false;
	}
	return true;
}

/* Another port of a target that was named twice goes to the same peer. */
static struct setup_peer *
srv_peer_get(struct setup_peer *peers, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(peers[i].name, name) == 0)
			return &peers[i];
	peers[*n].name = mem_str(name);
	return &peers[(*n)++];
}

static void
peer_add(struct setup_peer *peer, const struct srv_name *name)
{
	peer->addrs = mem_grow(
	    peer->addrs, peer->naddrs + name->naddrs, sizeof(*peer->addrs));
	memcpy(peer->addrs + peer->naddrs, name->addrs,
	    name->naddrs * sizeof(*peer->addrs));
	peer->naddrs += name->naddrs;
	qsort(peer->addrs, peer->naddrs, sizeof(*peer->addrs), order_of_addrs);
}

/* True if the peers are others than before. */
static bool
take_peers(struct srv *srv)
{
	struct setup_peer *peers = mem_new(0, SRV_TARGETS + 1, sizeof(*peers));
	size_t n = 0;

	for (struct srv_name *x = srv->names; x != NULL; x = x->next)
		if (x->way == SIZE_MAX && x->naddrs > 0)
			peer_add(srv_peer_get(peers, &n, x->name), x);
	if (n > 1)
		qsort(peers, n, sizeof(*peers), order_of_peers);
	if (same_peers(srv, peers, n) || (srv->failed && n < srv->peers.n)) {
		peers_free(peers, n);
		return false;
	}
	peers_free(srv->peers.v, srv->peers.n);
	srv->peers.v = peers;
	srv->peers.n = srv->peers.room = n;
	return true;
}

static bool
take_ways(struct srv *srv)
{
	bool differs = false;

	for (struct srv_name *x = srv->names; x != NULL; x = x->next) {
		if (x->way == SIZE_MAX || x->naddrs == 0)
			continue;
		qsort(x->addrs, x->naddrs, sizeof(x->addrs[0]), order_of_addrs);
		if (addr_equal(&srv->ways[x->way], &x->addrs[0]))
			continue;
		srv->ways[x->way] = x->addrs[0];
		differs = true;
	}
	return differs;
}

/* The last answer has come: what is new is told, and the next round set. */
static void
round_check(struct srv *srv)
{
	uint32_t ms;
	struct timeval tv;
	bool differs;

	if (!srv->running || srv->open > 0)
		return;
	srv->running = false;
	differs = take_peers(srv);
	differs = take_ways(srv) || differs;
	names_free(srv);
	ms = srv->failed ? SRV_FAILED_MS : SRV_AGAIN_MS;
	tv = (struct timeval){ (time_t)(ms / 1000), 0 };
	evtimer_add(srv->again, &tv);
	if (differs)
		srv->changed(srv->ctx);
}

/* --- the door ------------------------------------------------------------- */

bool
srv_is_built(void)
{
	return true;
}

struct srv *
srv_new(struct event_base *base, struct sink *sink, void (*changed)(void *ctx),
    void *ctx)
{
	struct srv *srv = mem_new(sizeof(*srv), 0, 0);

	CHECK(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
	srv->base = base;
	srv->sink = sink;
	srv->changed = changed;
	srv->ctx = ctx;
	srv->timeout = evtimer_new(base, on_timeout, srv);
	srv->again = evtimer_new(base, on_srv_again, srv);
	CHECK(srv->timeout != NULL && srv->again != NULL);
	CHECK(channel_new(srv));
	return srv;
}

bool
srv_by(struct srv *srv, const struct resolv *resolv)
{
	if (resolv_same(&srv->resolv, resolv))
		return false;
	srv->resolv = *resolv;
	channel_renew(srv);
	return true;
}

/* No name is wanted any more, and none is known. */
static void
srv_forget(struct srv *srv)
{
	ares_cancel(srv->channel);
	srv->running = false;
	srv->open = 0;
	names_free(srv);
	for (size_t i = 0; i < srv->nlookups; i++)
		mem_free(srv->lookups[i].host);
	mem_free(srv->lookups);
	mem_free(srv->ways);
	mem_free(srv->domain);
	peers_free(srv->peers.v, srv->peers.n);
	srv->peers.v = NULL;
	srv->peers.n = srv->peers.room = 0;
	srv->lookups = NULL;
	srv->nlookups = 0;
	srv->ways = NULL;
	srv->domain = NULL;
	evtimer_del(srv->again);
}

static bool
wants_same(const struct srv *srv, const struct conf *conf)
{
	const char *a = srv->domain, *b = conf->srv_domain;

	if ((a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0) ||
	    srv->nlookups != conf->nlookups)
		return false;
	for (size_t i = 0; i < conf->nlookups; i++)
		if (strcmp(srv->lookups[i].host, conf->lookups[i].host) != 0 ||
		    srv->lookups[i].port != conf->lookups[i].port)
			return false;
	return true;
}

void
srv_look(struct srv *srv, const struct conf *conf)
{
	if (wants_same(srv, conf)) {
		if (srv->domain != NULL || srv->nlookups > 0)
			event_active(srv->again, 0, 0);
		return;
	}
	srv_forget(srv);
	srv->domain = mem_str(conf->srv_domain);
	srv->nlookups = conf->nlookups;
	srv->lookups = mem_new(0, conf->nlookups, sizeof(*srv->lookups));
	srv->ways = mem_new(0, conf->nlookups, sizeof(*srv->ways));
	for (size_t i = 0; i < conf->nlookups; i++) {
		srv->lookups[i] = conf->lookups[i];
		srv->lookups[i].host = mem_str(conf->lookups[i].host);
	}
	if (srv->domain != NULL || srv->nlookups > 0)
		event_active(srv->again, 0, 0);
}

const struct setup_peer *
srv_peers(const struct srv *srv, size_t *n)
{
	*n = srv->peers.n;
	return srv->peers.v;
}

struct addr
srv_way(const struct srv *srv, size_t i)
{
	return i < srv->nlookups ? srv->ways[i] : (struct addr){ 0 };
}

void
srv_free(struct srv *srv)
{
	if (srv == NULL)
		return;
	srv_forget(srv);
	ares_destroy(srv->channel);
	while (srv->socks != NULL)
		sock_end(&srv->socks);
	event_free(srv->timeout);
	event_free(srv->again);
	ares_library_cleanup();
	mem_free(srv);
}
