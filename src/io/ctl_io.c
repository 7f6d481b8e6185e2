#include "io/ctl_io.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/tree.h"
#include "core/lsa/limits.h"
#include "io/ctl_said.h"
#include "io/door.h"
#include "io/local.h"
#include "io/peer_cred.h"
#include "sys/clock.h"
#include "sys/spare.h"

#define IDLE_MS 250 /* who asks does so at once */

struct ctl_client {
	struct tree_node node;
	struct ctl_io *io;
	uint32_t number;
	enum peer_cred_right right;
	uint32_t uid;
	char login[CTL_IO_LOGIN + 1]; /* as he says; empty: he does not */
	struct bufferevent *bev;      /* NULL: the answer goes to the log */
	struct buf log;
	bool asked, told, answered;
	char *question; /* waits for its turn, or asks for the rest; or NULL */
	struct mono came;
	bool heard; /* all that he had to say */
	bool shut;  /* all that we had to say is written */
};

struct ctl_io {
	struct loop *loop;
	struct sink *sink;
	ctl_io_own *own;
	void *ctx;
	char *path;
	struct door *door;
	struct tree clients;
	uint32_t numbers;
	uint32_t guests; /* of them those who are not root */
	struct event *turn;
	struct mono rested; /* from then on a guest is answered again */
};

/* What may be asked. What changes something is for root and ourselves. */
static const struct ctl_io_verb {
	const char *word;
	bool changes;
	bool own; /* the shell's, not the engine's */
} verbs[] = {
	{ "status", false, false },
	{ "peers", false, false },
	{ "links", false, false },
	{ "routes", false, false },
	{ "db", false, false },
	{ "transit", false, false },
	{ "metrics", false, false },
	{ "counters", false, true },
	{ "explain", false, false },
	{ "export", false, false },
	{ "inject", true, false },
	{ "confirm", true, true },
	{ "undo", true, true },
	{ "config", false, true },
	{ "drain", true, false },
	{ "ready", true, false },
	{ "cost", true, false },
	{ "uncost", true, false },
	{ "pin", true, false },
	{ "unpin", true, false },
	{ "freeze", true, false },
	{ "unfreeze", true, false },
	{ "overrides", false, false },
	{ "reload", true, true },
};

static int
ctl_io_by_number(const void *key, const struct tree_node *node)
{
	const uint32_t *number = key;
	uint32_t other = tree_entry(node, struct ctl_client, node)->number;

	return *number < other ? -1 : *number > other;
}

static void
client_free(void *arg)
{
	struct ctl_client *client = arg;

	if (client->bev != NULL)
		bufferevent_free(client->bev);
	buf_done(&client->log);
	mem_free(client->question);
	mem_free(client);
}

static void
turn_at(struct ctl_io *io, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	evtimer_add(io->turn, &tv);
}

/* Our own user may change what root may, and is one of the many all the same:
 * what runs as it and asks without end must not keep root out. */
static bool
is_root(const struct ctl_client *client)
{
	return client->bev == NULL || client->uid == 0;
}

static void
client_end(struct ctl_client *client)
{
	tree_remove(&client->io->clients, &client->node);
	client->io->guests -= !is_root(client);
	if (client->bev != NULL) {
		bufferevent_disable(client->bev, EV_READ | EV_WRITE);
		bufferevent_setcb(client->bev, NULL, NULL, NULL, NULL);
	}
	loop_later(client->io->loop, client_free, client);
	turn_at(client->io, 0);
}

static struct ctl_client *
client_new(struct ctl_io *io)
{
	struct ctl_client *client = mem_new(sizeof(*client), 0, 0);

	client->io = io;
	client->came = clock_mono();
	client->number = ++io->numbers;
	CHECK(client->number != 0);
	tree_insert(
	    &io->clients, &client->node, &client->number, ctl_io_by_number);
	return client;
}

static void
log_lines(struct ctl_client *client)
{
	char *text = buf_string(&client->log), *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			sink_say(
			    client->io->sink, SINK_NOTICE, "dump", "%s", line);
	mem_free(text);
}

/*
 * All is written. What he still says is read and forgotten: a close with
 * something unread would be a reset, and he might lose the answer.
 */
static void
finish(struct ctl_client *client)
{
	if (client->heard) {
		client_end(client);
		return;
	}
	client->shut = true;
	shutdown(bufferevent_getfd(client->bev), SHUT_WR);
}

static void
ctl_io_answer(struct ctl_client *client, const void *octets, size_t n)
{
	client->told |= n > 0;
	if (client->bev == NULL)
		buf_bytes(&client->log, octets, n);
	else
		CHECK(bufferevent_write(client->bev, octets, n) == 0);
}

/* The answer is whole. */
static void
ctl_io_answered(struct ctl_client *client)
{
	if (!client->told)
		ctl_io_answer(client, "\n", 1);
	client->answered = true;
	if (client->bev == NULL) {
		log_lines(client);
		client_end(client);
	} else if (evbuffer_get_length(bufferevent_get_output(client->bev)) ==
		   0) {
		finish(client);
	}
}

static void
ctl_io_refuse(struct ctl_client *client, const char *why)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };

	json_open(&json, NULL, '{');
	json_str(&json, "error", why);
	json_close(&json, '}');
	json_line(&json);
	ctl_io_answer(client, out.p, out.n);
	buf_done(&out);
	ctl_io_answered(client);
}

/* By its name, where he may ask at all. */
static void
ctl_io_refuse_verb(struct ctl_client *client, const struct ctl_io_verb *verb)
{
	char why[80] = "not permitted";

	if (verb != NULL)
		snprintf(why, sizeof(why),
		    "%s: not permitted: root alone may change something",
		    verb->word);
	ctl_io_refuse(client, why);
}

static void
do_own(struct ctl_client *client, const char *line)
{
	struct ctl_io *io = client->io;
	struct buf out = { 0 };

	io->own(io->ctx, line, &out);
	buf_u8(&out, '\n');
	ctl_io_answer(client, out.p, out.n);
	buf_done(&out);
	ctl_io_answered(client);
}

static size_t
unread(const struct ctl_client *client)
{
	return client->bev == NULL
	           ? 0
	           : evbuffer_get_length(bufferevent_get_output(client->bev));
}

/* The first in the order of coming, root before others, that waits for an
 * answer and has read what it got of it; of others too much may be unread. */
static struct ctl_client *
first_waiting(const struct ctl_io *io)
{
	struct tree_node *n = tree_first(&io->clients);
	struct ctl_client *guest = NULL;
	size_t all = 0;

	for (; n != NULL; n = tree_next(n)) {
		struct ctl_client *client =
		    tree_entry(n, struct ctl_client, node);
		bool waits = client->question != NULL && unread(client) == 0;

		if (waits && is_root(client))
			return client;
		if (waits && guest == NULL)
			guest = client;
		all += unread(client);
	}
	return all > LIMIT_ANSWERS_UNREAD ? NULL : guest;
}

/*
 * One question, or one part of an answer. The others' turn comes when the
 * loop has had time for what it is there for.
 */
static void
ctl_io_turn(struct ctl_io *io)
{
	struct ctl_client *client = first_waiting(io);
	struct mono now = clock_mono();
	struct input in = { .kind = IN_QUERY };
	char *line, who[16];

	if (client == NULL)
		return;
	if (!is_root(client) && !mono_due(io->rested, now)) {
		turn_at(io, mono_since(now, io->rested));
		return;
	}
	line = client->question;
	client->question = NULL;
	in.who = client->number;
	in.bytes = (const uint8_t *)line;
	in.len = strlen(line);
	snprintf(who, sizeof(who), "uid-%u", (unsigned)client->uid);
	in.name = who;
	loop_step(io->loop, &in); /* it may be gone now */
	mem_free(line);
	io->rested = mono_after(
	    clock_mono(), LIMIT_ANSWER_REST * mono_since(now, clock_mono()));
	turn_at(io, 0);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ctl_io_turn(arg);
}

static void
ctl_io_ask(struct ctl_client *client, const char *line)
{
	client->question = mem_str(line);
	ctl_io_turn(client->io);
}

/* The row of what is asked for, or NULL. */
static const struct ctl_io_verb *
verb_of(const char *line)
{
	size_t n = strcspn(line, " ");

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strlen(verbs[i].word) == n &&
		    strncmp(verbs[i].word, line, n) == 0)
			return &verbs[i];
	return NULL;
}

/* Somebody changes something: who, and what, until when and why. */
static void
say_control(struct ctl_client *client, const char *verb, const char *line)
{
	struct buf said = { 0 };
	char who[CTL_SAID_WHO];

	ctl_said(&said, line, clock_wall());
	sink_say(client->io->sink, SINK_NOTICE, "control", "request=%s, %s%s",
	    verb, ctl_said_who(client->uid, client->login, who),
	    (const char *)said.p);
	buf_done(&said);
}

/* One whole line has come. */
static void
asked(struct ctl_client *client, const char *line)
{
	const struct ctl_io_verb *verb = verb_of(line);
	bool none = client->right == PEER_CRED_NONE;
	char who[CTL_SAID_WHO];

	client->asked = true;
	ctl_said_by(line, client->login, sizeof(client->login));
	if (none || (verb != NULL && verb->changes &&
			client->right < PEER_CRED_CHANGE)) {
		sink_say(client->io->sink, SINK_WARNING, "control-refused",
		    "request=%s, %s", verb == NULL ? "unknown" : verb->word,
		    ctl_said_who(client->uid, client->login, who));
		ctl_io_refuse_verb(client, none ? NULL : verb);
		return;
	}
	if (verb == NULL) {
		ctl_io_refuse(client, "unknown request");
		return;
	}
	if (verb->changes)
		say_control(client, verb->word, line);
	if (verb->own)
		do_own(client, line);
	else
		ctl_io_ask(client, line);
}

static bool
is_inject(struct evbuffer *in)
{
	char head[7];

	return evbuffer_copyout(in, head, sizeof(head)) == sizeof(head) &&
	       memcmp(head, "inject ", sizeof(head)) == 0;
}

static void
on_ctl_io_read(struct bufferevent *bev, void *arg)
{
	struct ctl_client *client = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t limit = is_inject(in) ? CTL_IO_INJECT : CTL_IO_LINE, n;
	char *line;

	if (client->asked) {
		evbuffer_drain(in, evbuffer_get_length(in));
		return;
	}
	line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF);
	if (line == NULL) {
		if (evbuffer_get_length(in) > limit)
			client->asked = true;
		if (client->asked)
			ctl_io_refuse(client, "request too long");
		return;
	}
	if (n > limit || strlen(line) != n) {
		client->asked = true;
		ctl_io_refuse(client, "bad request");
	} else {
		asked(client, line);
	}
	free(line);
}

static void
on_ctl_io_written(struct bufferevent *bev, void *arg)
{
	struct ctl_client *client = arg;

	(void)bev;
	if (client->answered && !client->shut)
		finish(client);
	turn_at(client->io, 0);
}

/* While an answer is made, his silence and his end of file are nothing. */
static void
on_ctl_io_event(struct bufferevent *bev, short what, void *arg)
{
	struct ctl_client *client = arg;
	bool waits = client->asked && !client->shut;

	if (waits && (what & BEV_EVENT_EOF)) {
		client->heard = true;
		bufferevent_disable(bev, EV_READ);
	} else if (waits && (what & BEV_EVENT_TIMEOUT) &&
		   (what & BEV_EVENT_READING)) {
		bufferevent_enable(bev, EV_READ);
	} else {
		client_end(client);
	}
}

static bool
has_place(const struct ctl_io *io, uint32_t uid)
{
	return io->clients.n < CTL_IO_CLIENTS &&
	       (uid == 0 || io->guests < CTL_IO_CLIENTS - CTL_IO_KEPT);
}

/* A client that has asked nothing for a while makes room. */
static void
ctl_io_make_room(void *ctx)
{
	struct ctl_io *io = ctx;
	struct tree_node *n = tree_first(&io->clients), *next;

	for (; n != NULL; n = next) {
		struct ctl_client *client =
		    tree_entry(n, struct ctl_client, node);

		next = tree_next(n);
		if (!client->asked &&
		    mono_since(client->came, clock_mono()) >= IDLE_MS)
			client_end(client);
	}
}

/* What was asked is taken first: a close with it unread would be a reset. */
static void
send_away(int fd)
{
	static const char busy[] =
	    "{\"error\":\"too many ask at once; try again\"}\n";
	char question[CTL_IO_LINE];

	shutdown(fd, SHUT_RD);
	while (recv(fd, question, sizeof(question), MSG_DONTWAIT) > 0)
		;
	(void)send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void
on_ctl_io_came(void *ctx, int fd, const struct sockaddr *from)
{
	struct ctl_io *io = ctx;
	struct timeval patience = { CTL_IO_PATIENCE_S, 0 };
	struct ctl_client *client;
	uint32_t uid;
	enum peer_cred_right right = peer_cred_of(fd, &uid);

	(void)from;
	if (spare_reached(fd))
		ctl_io_make_room(io);
	if (!has_place(io, uid)) {
		send_away(fd);
		return;
	}
	io->guests += uid != 0;
	client = client_new(io);
	client->right = right;
	client->uid = uid;
	client->bev = bufferevent_socket_new(
	    loop_base(io->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	CHECK(client->bev != NULL);
	bufferevent_setcb(client->bev, on_ctl_io_read, on_ctl_io_written,
	    on_ctl_io_event, client);
	bufferevent_set_timeouts(client->bev, &patience, &patience);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
}

static void
do_reply(void *ctx, const struct effect *fx)
{
	struct ctl_io *io = ctx;
	struct tree_node *n =
	    tree_find(&io->clients, &fx->who, ctl_io_by_number);
	struct ctl_client *client;

	if (n == NULL)
		return;
	client = tree_entry(n, struct ctl_client, node);
	ctl_io_answer(client, fx->bytes, fx->len);
	client->question = mem_str(fx->name);
	if (fx->last)
		ctl_io_answered(client);
}

struct ctl_io *
ctl_io_new(struct loop *loop, struct sink *sink, ctl_io_own *own, void *ctx)
{
	struct ctl_io *io = mem_new(sizeof(*io), 0, 0);

	io->loop = loop;
	io->sink = sink;
	io->own = own;
	io->ctx = ctx;
	io->turn = evtimer_new(loop_base(loop), on_turn, io);
	CHECK(io->turn != NULL);
	loop_carry(loop, FX_REPLY, do_reply, io);
	return io;
}

int
ctl_io_listen(struct ctl_io *io, const char *path)
{
	struct door_house house = { path, on_ctl_io_came, ctl_io_make_room,
		io };
	int fd, rc = local_listen(path, NULL, &fd);

	if (rc != RC_OK)
		return rc;
	io->path = mem_str(path);
	io->door = door_new(io->loop, io->sink, fd, &house);
	return RC_OK;
}

void
ctl_io_dump(struct ctl_io *io, const char *request)
{
	struct ctl_client *client = client_new(io);

	client->asked = true;
	client->right = PEER_CRED_CHANGE;
	ctl_io_ask(client, request);
}

void
ctl_io_free(struct ctl_io *io)
{
	struct tree_node *n;

	if (io == NULL)
		return;
	loop_carry(io->loop, FX_REPLY, NULL, NULL);
	if (io->door != NULL)
		(void)unlink(io->path);
	door_free(io->door);
	while ((n = tree_first(&io->clients)) != NULL)
		client_end(tree_entry(n, struct ctl_client, node));
	event_free(io->turn);
	mem_free(io->path);
	mem_free(io);
}
