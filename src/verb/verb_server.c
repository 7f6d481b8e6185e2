#include "verb/verb_server.h"

#include <string.h>

#include "base/check.h"
#include "verb/line.h"

_Static_assert(
    sizeof(((struct verb_server *)NULL)->line) == LINE_OCTETS, "one line");

void
verb_server_init(struct verb_server *server, const char *own_name)
{
	memset(server, 0, sizeof(*server));
	server->own_name = own_name;
	server->poll = MONO_NEVER;
}

void
verb_server_greet(struct verb_server *server)
{
	buf_printf(&server->say, "220 %s ESMTP link state routing only\r\n",
	    server->own_name);
}

void
verb_server_greeted(struct verb_server *server)
{
	CHECK(server->state == VERB_SERVER_GREET);
	server->state = VERB_SERVER_READY;
}

static void
verb_server_end(struct verb_server *server, int code)
{
	line_put_refusal(&server->say, code);
	server->state = VERB_SERVER_ENDED;
	server->poll = MONO_NEVER;
}

static void
verb_server_say_no(struct verb_server *server, int code)
{
	server->refused++;
	if (server->refused > VERB_SERVER_REFUSALS)
		verb_server_end(server, 421);
	else
		line_put_refusal(&server->say, code);
}

/* Answers a verb with all there is; ends when no more can come. */
static void
verb_server_answer(struct verb_server *server)
{
	line_put_reply(&server->say, server->pending.p, server->pending.n);
	buf_reset(&server->pending);
	server->poll = MONO_NEVER;
	if (server->closed)
		verb_server_end(server, 421);
}

static bool
waiting(const struct verb_server *server)
{
	return server->poll.ms != MONO_NEVER.ms;
}

/* The verb, in state READY or CARRYING. False: ASKING, not used. */
static bool
on_verb_server_verb(struct verb_server *server, size_t n, struct mono now)
{
	struct buf octets = { 0 };
	int code = line_verb(server->line, n, &octets);

	if (code != 250) {
		verb_server_say_no(server, code);
	} else if (server->state == VERB_SERVER_READY) {
		server->state = VERB_SERVER_ASKING;
	} else if (octets.n > 0) {
		buf_bytes(&server->tls, octets.p, octets.n);
		verb_server_answer(server);
	} else if (server->pending.n > 0) {
		verb_server_answer(server);
	} else {
		server->poll = mono_after(now, VERB_SERVER_POLL_MS);
	}
	buf_done(&octets);
	return server->state != VERB_SERVER_ASKING;
}

static void
on_verb_server_ehlo(struct verb_server *server, enum line_kind kind)
{
	buf_text(&server->say, kind == LINE_EHLO ? "250-" : "250 ");
	buf_text(&server->say, server->own_name);
	buf_text(&server->say, "\r\n");
	if (kind == LINE_EHLO)
		buf_text(
		    &server->say, "250-PIPELINING\r\n250 " LINE_KEYWORD "\r\n");
	if (server->state != VERB_SERVER_CARRYING)
		server->state =
		    kind == LINE_EHLO ? VERB_SERVER_READY : VERB_SERVER_GREET;
}

static void
on_other(struct verb_server *server, enum line_kind kind)
{
	server->legacy += kind == LINE_LEGACY;
	if (server->state == VERB_SERVER_CARRYING)
		verb_server_end(server, 421);
	else
		verb_server_say_no(server, 502);
}

/* A whole line of n octets. False: ASKING, to be given again. */
static bool
on_verb_server_line(struct verb_server *server, size_t n, struct mono now)
{
	enum line_kind kind = line_kind(server->line, n);

	if (waiting(server))
		verb_server_answer(
		    server); /* it is no longer the last: overtaken */
	server->courtesies = kind == LINE_VERB ? 0 : server->courtesies + 1;
	if (server->courtesies > VERB_SERVER_COURTESIES) {
		verb_server_end(server, 421);
		return true;
	}
	switch (kind) {
	case LINE_VERB:
		if (server->state != VERB_SERVER_GREET)
			return on_verb_server_verb(server, n, now);
		verb_server_say_no(server, 503);
		break;
	case LINE_EHLO:
	case LINE_HELO:
		on_verb_server_ehlo(server, kind);
		break;
	case LINE_NOOP:
	case LINE_RSET:
		buf_text(&server->say, "250 2.0.0 Ok\r\n");
		break;
	case LINE_QUIT:
		buf_text(&server->say, "221 2.0.0 Bye\r\n");
		server->state = VERB_SERVER_ENDED;
		break;
	case LINE_MORE:
	case LINE_OTHER:
	case LINE_LEGACY:
		on_other(server, kind);
		break;
	}
	return true;
}

/* What is in `line` now; n octets of it are new. */
static size_t
on_verb_server_octets(struct verb_server *server, size_t n, struct mono now)
{
	size_t before = server->length - n, length;

	switch (line_end(server->line, server->length, &length)) {
	case LINE_OPEN:
		return n;
	case LINE_BARE:
	case LINE_LONG:
		server->refused++;
		if (waiting(server))
			verb_server_answer(server);
		verb_server_end(server, 500);
		return length > before ? length - before : 0;
	case LINE_WHOLE:
		break;
	}
	server->length = 0;
	if (!on_verb_server_line(server, length, now))
		server->length = length;
	return length - before;
}

size_t
verb_server_feed(struct verb_server *server, const uint8_t *octets, size_t n,
    struct mono now)
{
	size_t used = 0;

	while (used < n && server->state != VERB_SERVER_ASKING &&
	       server->state != VERB_SERVER_ENDED) {
		size_t room = LINE_OCTETS - server->length;
		size_t part = n - used < room ? n - used : room;

		memcpy(server->line + server->length, octets + used, part);
		server->length += part;
		used += on_verb_server_octets(server, part, now);
	}
	return used;
}

/*
 * The line that asked is kept whole, and is read a second time. ASKING is
 * answered without the time at hand, so a poll that asks is answered empty:
 * there is nothing to carry yet.
 */
void
verb_server_attach(struct verb_server *server)
{
	CHECK(server->state == VERB_SERVER_ASKING);
	server->state = VERB_SERVER_CARRYING;
	line_verb(server->line, server->length, &server->tls);
	server->length = 0;
	verb_server_answer(server);
}

void
verb_server_refuse(struct verb_server *server)
{
	CHECK(server->state == VERB_SERVER_ASKING);
	server->state = VERB_SERVER_READY;
	server->length = 0;
	line_put_refusal(&server->say, 454);
}

size_t
verb_server_room(const struct verb_server *server)
{
	if (server->state != VERB_SERVER_CARRYING || server->closed)
		return 0;
	return VERB_SERVER_PENDING - server->pending.n;
}

void
verb_server_carry(struct verb_server *server, const uint8_t *octets, size_t n)
{
	CHECK(n <= verb_server_room(server));
	buf_bytes(&server->pending, octets, n);
	if (waiting(server) && n > 0)
		verb_server_answer(server);
}

void
verb_server_closed(struct verb_server *server)
{
	server->closed = true;
	if (server->state == VERB_SERVER_CARRYING && server->pending.n == 0)
		verb_server_end(server, 421);
}

struct mono
verb_server_wake(const struct verb_server *server)
{
	return server->poll;
}

void
verb_server_tick(struct verb_server *server, struct mono now)
{
	if (waiting(server) && mono_due(server->poll, now))
		verb_server_answer(server);
}

void
verb_server_done(struct verb_server *server)
{
	buf_done(&server->say);
	buf_done(&server->tls);
	buf_done(&server->pending);
}
