#include "daemon/server.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"
#include "daemon/change.h"
#include "daemon/counters.h"
#include "daemon/kept.h"
#include "daemon/merge.h"
#include "daemon/reload.h"
#include "daemon/signals.h"
#include "daemon/watchdog.h"
#include "io/ahead.h"
#include "io/beside.h"
#include "io/ctl_io.h"
#include "io/front_io.h"
#include "io/helper_io.h"
#include "io/history.h"
#include "io/names.h"
#include "io/peer_io.h"
#include "io/probe_io.h"
#include "io/publishers.h"
#include "io/report_io.h"
#include "io/servers.h"
#include "io/srv.h"
#include "io/store_io.h"
#include "plugins/plugin.h"

#define MTA_PROGRAMS "/usr/sbin"
#define STOP_MS 1500 /* for the sessions' orderly ends */

struct server {
	struct sink *sink;
	struct notify *notify;
	struct conf *conf;       /* in force */
	struct setup *setup;     /* that and what DNS adds; the engine's */
	struct evp_pkey_st *key; /* ours, as `crypto` has it */
	struct change *change;   /* of the configuration */
	struct setup_standing standing;
	bool refused;      /* by the engine, in this step */
	struct buf *moves; /* where it tells what would move; or NULL */

	struct event_base *base;
	struct crypto crypto;
	struct ahead *ahead;
	struct engine *engine;
	struct loop *loop;
	struct peer_io *peers;
	struct front_io *front;
	struct probe_io *probes;
	struct store_io *store;
	struct history *history;
	struct ctl_io *ctl;
	struct report_io *reports;
	bool exim_reports; /* that of Exim is open, or cannot be */
	struct publishers *publishers;
	const struct rib *rib; /* that was published last; lent */
	struct beside *beside;
	struct srv *srv;
	struct srv *as_mta; /* looks names up as the MTA does */
	struct names *names;
	struct signals *signals;
	struct event *watchdog;
};

static void
do_event(void *ctx, const struct effect *fx)
{
	struct server *server = ctx;

	sink_event(server->sink, fx->event);
	history_event(server->history, fx->event);
}

static void
do_routes(void *ctx, const struct effect *fx)
{
	struct server *server = ctx;

	publishers_table(
	    server->publishers, &(struct publish_news){ .rib = fx->rib,
				    .changes = fx->changes,
				    .annex = fx->bytes,
				    .n = fx->len,
				    .kept = fx->kept });
	if (!fx->changes->whole && fx->changes->list.n == 0)
		return;
	server->rib = fx->rib;
	beside_table(server->beside, fx->rib);
}

static void
do_waiting(void *ctx, const struct effect *fx)
{
	struct server *server = ctx;

	(void)fx;
	server->refused = true;
}

static void
do_tried(void *ctx, const struct effect *fx)
{
	struct server *server = ctx;

	server->refused = true;
	if (server->moves != NULL)
		buf_bytes(server->moves, fx->bytes, fx->len);
}

static void
on_published(void *ctx, uint64_t generation, bool made)
{
	struct input in = {
		.kind = IN_PUBLISHED, .value = generation, .made = made
	};

	loop_step(ctx, &in);
}

static void
on_file(void *ctx, enum file_what what, const char *reason)
{
	struct input in = { .kind = IN_FILE, .value = what, .reason = reason };

	loop_step(ctx, &in);
}

static enum sink_level
server_level_of(const struct conf *conf)
{
	static const enum sink_level levels[] = {
		[CONF_LOG_ERROR] = SINK_ERROR,
		[CONF_LOG_WARNING] = SINK_WARNING,
		[CONF_LOG_REMOTE] = SINK_REMOTE,
		[CONF_LOG_NOTICE] = SINK_NOTICE,
		[CONF_LOG_DEBUG] = SINK_DEBUG,
	};

	return levels[conf->log_level];
}

static bool
on_brought(void *ctx, int fd, const struct addr *from)
{
	return peer_io_brought(ctx, fd, from);
}

static uint64_t
seed(void)
{
	uint64_t s;

	CHECK(getrandom(&s, sizeof(s), 0) == (ssize_t)sizeof(s));
	return s;
}

/* To the shells what concerns them. */
static void
apply(struct server *server)
{
	const struct conf *conf = server->conf;

	sink_level(server->sink, server_level_of(conf));
	peer_io_name(server->peers, conf->setup.server);
	peer_io_open(server->peers, conf->by_certificate, seed());
	peer_io_sources(server->peers, conf->setup.announced.listen,
	    conf->setup.announced.nlisten);
	probe_io_conf(
	    server->probes, conf->setup.server, conf->probe_timeout_ms);
	probe_io_helper(server->probes, conf->probe_socket, HELPER_IO_MS);
	publishers_conf(server->publishers, conf);
	beside_conf(server->beside, conf);
	servers_write(conf, server->sink);
}

/* Gives the engine its setup; false: it holds it until it is confirmed. */
static bool
server_give(struct server *server, const struct conf *conf, unsigned how)
{
	struct setup *setup = merge_setup(conf, server->srv);
	struct input in = { .kind = IN_CONF, .setup = setup, .value = how };

	server->refused = false;
	setup->standing = server->standing;
	loop_step(server->loop, &in);
	if (server->refused) {
		merge_free(setup);
		return false;
	}
	merge_free(server->setup);
	server->setup = setup;
	return true;
}

/* DNS knows more than before. */
static void
on_server_found(void *ctx)
{
	struct server *server = ctx;

	CHECK(server_give(server, server->conf, 2));
}

/*
 * What was loaded comes into force, and *fresh is what was before; or the
 * engine holds it, or was only asked: then all is as it was.
 */
static bool
put_in_force(
    void *ctx, struct reload *fresh, enum change_how how, struct buf *moves)
{
	struct server *server = ctx;
	struct reload before = { .conf = server->conf, .key = server->key };

	reload_rekey(&server->crypto, server->ahead, fresh->key, fresh->conf);
	srv_look(server->srv, fresh->conf);
	server->moves = moves;
	if (!server_give(server, fresh->conf, how)) {
		srv_look(server->srv, server->conf);
		reload_rekey(
		    &server->crypto, server->ahead, server->key, server->conf);
		return false;
	}
	server->conf = fresh->conf;
	server->key = fresh->key;
	store_io_key(server->store, fresh->key);
	peer_io_self(server->peers, fresh->self);
	*fresh = before;
	apply(server);
	return true;
}

static const struct conf *
conf_in_force(void *ctx)
{
	return ((struct server *)ctx)->conf;
}

/* For `status`, once there is somebody to show it. */
static void
on_standing(void *ctx, const struct setup_standing *standing)
{
	struct server *server = ctx;

	server->standing = *standing;
	if (server->setup != NULL)
		CHECK(server_give(server, server->conf, 2));
}

static void
on_server_request(void *ctx, const char *line, struct buf *answer)
{
	struct server *server = ctx;
	struct counters_of all = { server->loop, server->sink,
		server->publishers, server->front };

	if (strcmp(line, "counters") == 0)
		counters_show(&all, answer);
	else
		change_request(server->change, line, answer);
}

static void
on_reload(void *ctx)
{
	struct buf answer = { 0 };

	on_server_request(ctx, "reload", &answer);
	buf_done(&answer);
}

static void
on_server_stop(void *ctx)
{
	struct server *server = ctx;

	event_base_loopbreak(server->base);
}

static void
on_dump(void *ctx)
{
	struct server *server = ctx;

	ctl_io_dump(server->ctl, "status");
	ctl_io_dump(server->ctl, "peers");
	ctl_io_dump(server->ctl, "links");
}

static void
on_debug(void *ctx)
{
	struct server *server = ctx;
	bool on = !sink_is_debug(server->sink);

	sink_debug(server->sink, on);
	sink_say(
	    server->sink, SINK_NOTICE, "debug", "state=%s", on ? "on" : "off");
}

static const struct signals_hands hands = {
	.reload = on_reload,
	.stop = on_server_stop,
	.dump = on_dump,
	.debug = on_debug,
};

/* What counts: the file, or what is kept in its place. */
static struct conf *
configuration_begin(struct server *server, struct conf *file, const char *path)
{
	static const struct change_hands changing = { put_in_force,
		conf_in_force, on_standing };
	struct change_world world = { server->base, path, server->sink,
		server->notify, &server->crypto, &changing, server };
	bool kept;

	server->conf = kept_start(file, &server->crypto, server->sink, &kept);
	server->change = change_new(&world, kept);
	return server->conf;
}

struct server *
server_new(struct conf *conf, const char *path, struct sink *sink,
    struct notify *notify)
{
	struct server *server = mem_new(sizeof(*server), 0, 0);

	server->sink = sink;
	server->notify = notify;
	server->base = event_base_new();
	CHECK(server->base != NULL);
	crypto_init(&server->crypto, NULL, conf->setup.authority.key);
	conf = configuration_begin(server, conf, path);
	server->ahead =
	    ahead_new(server->base, &server->crypto, ahead_threads());
	server->engine = engine_new(seed(), ahead_crypto(server->ahead));
	server->loop = loop_new(server->base, server->engine);
	server->peers = peer_io_new(server->loop, sink);
	peer_io_ahead(server->peers, server->ahead);
	server->front =
	    front_io_new(server->loop, sink, on_brought, server->peers);
	server->probes = probe_io_new(server->loop, plugin_probe("smtp"));
	server->store = store_io_new(
	    server->loop, sink, conf->state_directory, &server->crypto);
	store_io_fork(server->store, ahead_fork, server->ahead);
	server->ctl = ctl_io_new(server->loop, sink, on_server_request, server);
	server->reports = report_io_new(server->loop);
	server->publishers = publishers_new(server->base, sink, conf,
	    &(struct publish_calls){ on_published, on_file, server->loop });
	loop_carry(server->loop, FX_ROUTES, do_routes, server);
	server->srv = srv_new(server->base, sink, on_server_found, server);
	server->as_mta = srv_new(server->base, sink, on_server_found, server);
	server->names = names_new(server->as_mta);
	if (srv_is_built())
		probe_io_names(server->probes, server->names);
	server->beside =
	    beside_new(server->loop, sink, conf, server->names, MTA_PROGRAMS);
	server->history =
	    history_new(server->loop, sink, conf->state_directory);
	loop_carry(server->loop, FX_EVENT, do_event, server);
	loop_carry(server->loop, FX_WAITING, do_waiting, server);
	loop_carry(server->loop, FX_TRIED, do_tried, server);
	return server;
}

void
server_listen(struct server *server, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		peer_io_listen(server->peers, fds[i]);
}

static void
restore(struct server *server, enum save_what what)
{
	struct input in = { .kind = IN_RESTORE, .who = (uint32_t)what };
	uint8_t *octets;

	(void)store_io_load(server->store, what, &octets, &in.len);
	in.bytes = octets;
	loop_step(server->loop, &in);
	mem_free(octets);
}

/* The publisher's copy: a key that is published must not be forgotten. */
static void
restore_table(struct server *server)
{
	struct input in = { .kind = IN_RESTORE, .who = SAVE_TABLE };
	struct buf table = { 0 };

	publishers_saved(server->conf, &table);
	in.bytes = table.p;
	in.len = table.n;
	loop_step(server->loop, &in);
	buf_done(&table);
}

static void
say_report_socket(struct server *server, const char *ending, int rc)
{
	if (rc != RC_OK)
		sink_say(server->sink, SINK_WARNING, "report-socket",
		    "path=%s%s, reason=%s, error=%s",
		    server->conf->report_socket, ending, rc_word(rc),
		    rc == RC_IO ? strerror(errno) : "none");
}

/* That of Exim, for the group of its queue; false: where that is has yet to be
 * read. */
static bool
reports_open_exim(struct server *server, const char *queue)
{
	int rc = report_io_open_for(
	    server->reports, server->conf->report_socket, queue);

	if (rc == RC_NONE)
		return false;
	say_report_socket(server, REPORT_IO_EXIM, rc);
	server->exim_reports = true;
	return true;
}

/* Reports may be lost: without their sockets everything else goes on. */
static void
reports_open(struct server *server)
{
	struct mta mta;

	say_report_socket(server, "",
	    report_io_open(server->reports, server->conf->report_socket));
	if (!conf_writes(server->conf, "exim"))
		return;
	mta_init(&mta);
	plugin_queue_of("exim")->look(&mta, NULL);
	reports_open_exim(server, mta.queue_directory);
}

static void
on_mta_read(void *ctx, const char *name, const struct mta *mta)
{
	struct server *server = ctx;

	if (strcmp(name, "exim") != 0 || server->exim_reports)
		return;
	if (!reports_open_exim(server, mta->queue_directory))
		say_report_socket(server, REPORT_IO_EXIM, RC_NONE);
	server->exim_reports = true; /* it is said once */
}

/* The sockets in the file system without which we do not start. */
static int
sockets_open(struct server *server)
{
	const char *word = "control-socket";
	const char *path = server->conf->control_socket;
	int rc = ctl_io_listen(server->ctl, path);

	if (rc == RC_OK && server->conf->front_socket != NULL) {
		word = "front-socket";
		path = server->conf->front_socket;
		rc = front_io_listen(server->front, path);
	}
	if (rc != RC_OK)
		sink_say(server->sink, SINK_ERROR, "start-failed",
		    "%s=%s, reason=%s, error=%s", word, path, rc_word(rc),
		    rc == RC_IO ? strerror(errno) : "none");
	return rc;
}

int
server_start(struct server *server)
{
	struct reload own;
	int rc = reload_keys_of(server->conf, &server->crypto, &own);

	if (rc != RC_OK) {
		sink_say(server->sink, SINK_ERROR, "start-failed",
		    "key=%s, reason=%s", server->conf->key, rc_word(rc));
		return rc;
	}
	server->key = own.key;
	reload_rekey(&server->crypto, server->ahead, own.key, server->conf);
	peer_io_self(server->peers, own.self);
	store_io_key(server->store, own.key);
	rc = sockets_open(server);
	if (rc != RC_OK)
		return rc;
	reports_open(server);
	beside_watch(server->beside, on_mta_read, server);
	apply(server);
	server->signals = signals_new(server->base, &hands, server);
	server->watchdog = watchdog_new(server->base, server->notify);
	srv_look(server->srv, server->conf);
	CHECK(server_give(server, server->conf, true));
	restore(server, SAVE_EPOCH);
	restore(server, SAVE_OVERRIDES);
	restore_table(server);
	store_io_parts(server->store);
	restore(server, SAVE_STATE);
	return RC_OK;
}

/* Sessions end in order: what was said is written, and the peers know; what
 * is not saved yet is saved. */
static void
stop(struct server *server)
{
	struct timeval tv = { STOP_MS / 1000, STOP_MS % 1000 * 1000 };
	struct input in = { .kind = IN_STOP };

	notify_say(server->notify, "STOPPING=1");
	front_io_free(server->front);
	server->front = NULL;
	peer_io_stop(server->peers);
	event_base_loopexit(server->base, &tv);
	while (peer_io_busy(server->peers) > 0 &&
	       !event_base_got_exit(server->base))
		event_base_loop(server->base, EVLOOP_ONCE);
	loop_step(server->loop, &in);
}

void
server_run(struct server *server)
{
	sink_say(server->sink, SINK_NOTICE, "start",
	    "server=%s, routing-group=%s, organization=%s, version=%s",
	    server->conf->setup.server, server->conf->setup.group,
	    server->conf->setup.organization, PACKAGE_VERSION);
	notify_say(
	    server->notify, "READY=1\nSTATUS=%s", server->conf->setup.server);
	event_base_dispatch(server->base);
	stop(server);
	sink_say(server->sink, SINK_NOTICE, "stop", "server=%s",
	    server->conf->setup.server);
}

void
server_free(struct server *server)
{
	if (server == NULL)
		return;
	if (server->watchdog != NULL)
		event_free(server->watchdog);
	signals_free(server->signals);
	ctl_io_free(server->ctl);
	report_io_free(server->reports);
	front_io_free(server->front);
	peer_io_free(server->peers);
	probe_io_free(server->probes);
	store_io_free(server->store);
	history_free(server->history);
	publishers_free(server->publishers);
	beside_free(server->beside);
	srv_free(server->srv);
	srv_free(server->as_mta);
	names_free(server->names);
	loop_free(server->loop);
	engine_free(server->engine);
	ahead_free(server->ahead);
	crypto_done(&server->crypto);
	keys_free(server->key);
	change_free(server->change);
	merge_free(server->setup);
	conf_free(server->conf);
	event_base_free(server->base);
	mem_free(server);
}
