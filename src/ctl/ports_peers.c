/*
 * ports_peers.c - whether each peer is resolved, reached and authenticated:
 * by the word of the daemon; where none answers, by a handshake of our own
 * with the key, certificate and authority of the configuration.
 */

#include "ctl/ports.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"
#include "ctl/client.h"
#include "ctl/live.h"
#include "io/tls.h"
#include "sys/clock.h"
#include "sys/sock.h"

#define DIAL_MS 3000   /* a peer, until the handshake is over */
#define HEAR_MS 1000   /* and until it has said whether it takes us */
#define DIALLED_MAX 64 /* peers; one after another they would take too long */

/* --- by the daemon -------------------------------------------------------------- */

static void
ports_peer_take(void *ctx, const json_t *line)
{
	struct ports_peers *peers = ctx;
	struct ports_peer peer = { .name = mem_str(table_text(line, "peer")),
		.reason = mem_str(table_text(line, "reason")) };
	const char *state = table_text(line, "state");
	const json_t *addrs = json_object_get(line, "addresses"), *one;
	size_t i;

	json_array_foreach(addrs, i, one)
	{
		const char *text = json_string_value(one);
		struct addr addr;

		if (text != NULL && addr_read(&addr, text))
			vec_push(&peer.addrs, addr);
	}
	peer.authenticated =
	    strcmp(state, "full") == 0 || strcmp(state, "sync") == 0;
	peer.reached = peer.authenticated || strcmp(state, "greet") == 0;
	peer.resolved = peer.reached || peer.addrs.n > 0;
	vec_push(&peers->list, peer);
}

static bool
peers_by_daemon(struct ports_peers *out, const struct call *call)
{
	struct buf answer = { 0 }, why = { 0 };
	struct call quiet = *call;
	int status;

	quiet.complaint = &why;
	status = client_read(&quiet, "peers", &answer);
	if (status == CALL_OK)
		status = client_each(&answer, ports_peer_take, out);
	buf_done(&answer);
	buf_done(&why);
	return status == CALL_OK;
}

/* --- by ourselves --------------------------------------------------------------- */

struct dialling {
	struct crypto crypto;
	struct tls_self *self; /* NULL: the keys cannot be read */
	const struct conf *conf;
};

static void
dialling_begin(struct dialling *d, const struct conf *conf)
{
	uint8_t authority[CRYPTO_PUBLIC], org[CRYPTO_DIGEST], *der = NULL;
	struct evp_pkey_st *key = NULL;
	struct claims *claims = NULL;
	size_t n = 0;

	*d = (struct dialling){ .conf = conf };
	if (conf->key == NULL || conf->certificate == NULL ||
	    conf->authority == NULL ||
	    keys_authority(conf->authority, authority, org) != RC_OK)
		memset(authority, 0, sizeof(authority));
	else if (keys_read(conf->key, KEYS_OWN, &key) == RC_OK &&
		 keys_vouched(conf->certificate, authority, &der, &n,
		     &claims) == RC_OK) {
		crypto_init(&d->crypto, NULL, authority);
		if (tls_self_new(der, n, key, &d->crypto, &d->self) != RC_OK) {
			d->self = NULL;
			crypto_done(&d->crypto);
		}
	}
	claims_free(claims);
	mem_free(der);
	if (key != NULL)
		keys_free(key);
}

static void
dialling_end(struct dialling *d)
{
	if (d->self == NULL)
		return;
	tls_self_free(d->self);
	crypto_done(&d->crypto);
}

/* Until it is ready for that, or `end`. */
static bool
dial_wait(int fd, short events, struct mono end)
{
	struct pollfd p = { .fd = fd, .events = events };

	while (!mono_due(end, clock_mono())) {
		int n = poll(&p, 1, (int)mono_since(clock_mono(), end));

		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
	return false;
}

static bool
dial_send(int fd, struct tls *tls, struct mono end)
{
	uint8_t octets[4096];
	size_t n;

	while ((n = tls_pull(tls, octets, sizeof(octets))) > 0)
		for (size_t at = 0; at < n;) {
			ssize_t put =
			    dial_wait(fd, POLLOUT, end)
				? send(fd, octets + at, n - at, MSG_NOSIGNAL)
				: -1;

			if (put <= 0)
				return false;
			at += (size_t)put;
		}
	return true;
}

/* One step of the session: false when nothing more comes. */
static bool
dial_step(int fd, struct tls *tls, struct mono end)
{
	uint8_t octets[4096];
	ssize_t n;

	tls_run(tls);
	if (!dial_send(fd, tls, end) || !dial_wait(fd, POLLIN, end))
		return false;
	n = recv(fd, octets, sizeof(octets), 0);
	if (n <= 0)
		return false;
	tls_feed(tls, octets, (size_t)n);
	tls_run(tls);
	return true;
}

/* NULL: it has proved its name, and takes us. Its refusal comes behind its
 * half of the handshake, in place of what a server that takes us says. */
static const char *
dial_judge(int fd, const struct dialling *d, const char *name)
{
	struct mono end = mono_after(clock_mono(), DIAL_MS);
	struct tls *tls = tls_new(d->self, name);
	const char *reason = NULL;
	uint8_t octet;

	while (tls_state(tls) == TLS_HANDSHAKE && dial_step(fd, tls, end))
		;
	if (tls_state(tls) == TLS_OPEN) {
		end = mono_after(clock_mono(), HEAR_MS);
		while (
		    tls_state(tls) == TLS_OPEN && tls_read(tls, &octet, 1) == 0)
			if (!dial_step(fd, tls, end)) {
				reason = "closed";
				break;
			}
	} else if (tls_state(tls) == TLS_HANDSHAKE) {
		reason = "closed";
	}
	if (tls_state(tls) == TLS_FAILED)
		reason = tls_reason(tls);
	else if (tls_state(tls) == TLS_ENDED)
		reason = "refuses-us";
	tls_free(tls);
	return reason;
}

static int
dial_connect(const struct dialling *d, const struct addr *to)
{
	const struct addr *source = NULL;

	for (size_t i = 0; i < d->conf->nlisten && source == NULL; i++)
		if (d->conf->listen[i].family == to->family)
			source = &d->conf->listen[i];
	return sock_connect(to, source);
}

/* One address of a peer; true: it is reached, and authenticated or not. */
static bool
peer_dial(
    struct ports_peer *peer, const struct dialling *d, const struct addr *to)
{
	struct mono end = mono_after(clock_mono(), DIAL_MS);
	int fd = dial_connect(d, to), error = fd < 0 ? errno : 0;
	const char *reason;

	if (fd >= 0 && !dial_wait(fd, POLLOUT, end))
		error = ETIMEDOUT;
	else if (fd >= 0)
		error = sock_error(fd);
	if (error == 0 && d->self != NULL)
		reason = dial_judge(fd, d, peer->name);
	else
		reason =
		    error == 0 ? "keys cannot be read" : sock_reason(error);
	if (fd >= 0)
		close(fd);
	peer->reached = error == 0;
	peer->authenticated = peer->reached && reason == NULL;
	mem_free(peer->reason);
	peer->reason = mem_str(reason == NULL ? "" : reason);
	return peer->reached;
}

static void
peers_dial(struct ports_peers *out, const struct conf *conf)
{
	struct dialling d;

	dialling_begin(&d, conf);
	for (size_t i = 0; i < conf->setup.npeers && i < DIALLED_MAX; i++) {
		const struct setup_peer *is = &conf->setup.peers[i];
		struct ports_peer peer = { .name = mem_str(is->name),
			.resolved = is->naddrs > 0,
			.reason = mem_str("no address: it dials us") };

		for (size_t k = 0; k < is->naddrs; k++)
			vec_push(&peer.addrs, is->addrs[k]);
		for (size_t k = 0; k < is->naddrs; k++)
			if (peer_dial(&peer, &d, &is->addrs[k]))
				break;
		vec_push(&out->list, peer);
	}
	dialling_end(&d);
}

void
ports_peers_find(struct ports_peers *out, const struct call *call)
{
	const char *path = call->config != NULL ? call->config : CONF_FILE;
	struct complaints complaints = { 0 };
	struct conf *conf = NULL;

	*out = (struct ports_peers){ 0 };
	out->by_daemon = out->known = peers_by_daemon(out, call);
	if (out->known)
		return;
	if (conf_load(path, NULL, &conf, &complaints) == RC_OK) {
		out->known = true;
		peers_dial(out, conf);
	}
	complaints_done(&complaints);
	conf_free(conf);
}

void
ports_peers_done(struct ports_peers *peers)
{
	for (size_t i = 0; i < peers->list.n; i++) {
		mem_free(peers->list.v[i].name);
		mem_free(peers->list.v[i].reason);
		vec_done(&peers->list.v[i].addrs);
	}
	vec_done(&peers->list);
}
