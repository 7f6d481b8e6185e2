#include "verb/verb_client.h"

#include <string.h>

#include "base/base64.h"
#include "base/check.h"
#include "verb/line.h"

_Static_assert(
    sizeof(((struct verb_client *)NULL)->line) == LINE_OCTETS, "one line");

void
verb_client_init(struct verb_client *client, const char *own_name)
{
	memset(client, 0, sizeof(*client));
	client->own_name = own_name;
}

static void
verb_client_end(struct verb_client *client, enum verb_client_why why, int code)
{
	if (client->state == VERB_CLIENT_ENDED)
		return;
	client->state = VERB_CLIENT_ENDED;
	client->why = why;
	client->code = code;
}

/* The service is well, but not for us. */
static void
verb_client_part(struct verb_client *client, enum verb_client_why why, int code)
{
	buf_text(&client->say, "QUIT\r\n");
	verb_client_end(client, why, code);
}

/* Says as much as may be unanswered. */
static void
say_pending(struct verb_client *client)
{
	size_t at = 0;

	while (
	    at < client->pending.n && client->outstanding < VERB_CLIENT_LINES) {
		size_t n = client->pending.n - at;

		n = n < LINE_VERB_DATA ? n : LINE_VERB_DATA;
		line_put_verb(&client->say, client->pending.p + at, n);
		at += n;
		client->outstanding++;
		client->polling = false;
	}
	if (at > 0)
		memmove(client->pending.p, client->pending.p + at,
		    client->pending.n - at);
	client->pending.n -= at;
}

static bool
has_said_all(const struct verb_client *client)
{
	return client->pending.n == 0 &&
	       client->outstanding < VERB_CLIENT_LINES;
}

static void
verb_client_leave(struct verb_client *client)
{
	say_pending(client);
	if (has_said_all(client))
		verb_client_part(client, VERB_CLIENT_WELL, 0);
}

/* A poll may follow, as the last line unanswered. */
static bool
may_poll(const struct verb_client *client)
{
	return client->state == VERB_CLIENT_CARRYING && !client->polling &&
	       has_said_all(client);
}

/* Says what there is to say, and that we listen. */
static void
flow(struct verb_client *client, struct mono now)
{
	if (client->quitting) {
		verb_client_leave(client);
		return;
	}
	say_pending(client);
	if (!may_poll(client) || !mono_due(client->poll_at, now))
		return;
	line_put_verb(&client->say, NULL, 0);
	client->outstanding++;
	client->polling = true;
	client->polled = now;
}

static void
on_verb_client_greeting(
    struct verb_client *client, const struct line_reply *reply)
{
	if (reply->code != 220) {
		verb_client_part(client, VERB_CLIENT_NO_MAIL, reply->code);
	} else if (reply->last) {
		buf_printf(&client->say, "EHLO %s\r\n", client->own_name);
		client->state = VERB_CLIENT_EHLO;
		client->lines = 0;
	}
}

static bool
is_keyword(const struct line_reply *reply)
{
	static const uint8_t crlf[] = "\r\n";
	size_t n = strlen(LINE_KEYWORD);
	uint8_t line[sizeof(LINE_KEYWORD) + 1];

	if (reply->length != n)
		return false;
	memcpy(line, reply->text, n);
	memcpy(line + n, crlf, 2);
	return line_kind(line, n + 2) == LINE_VERB;
}

/* Some firewalls write X over keywords that they do not know, or `*`. */
static bool
is_blanked(const struct line_reply *reply)
{
	if (reply->length + 1 < strlen(LINE_KEYWORD))
		return false;
	for (size_t i = 0; i + 1 < strlen(LINE_KEYWORD); i++)
		if (reply->text[i] != reply->text[0])
			return false;
	return reply->text[0] == 'X' || reply->text[0] == '*';
}

static void
on_verb_client_ehlo(struct verb_client *client, const struct line_reply *reply)
{
	if (reply->code != 250) {
		verb_client_part(client, VERB_CLIENT_NO_MAIL, reply->code);
		return;
	}
	if (client->lines > 1) {
		client->keyword = client->keyword || is_keyword(reply);
		client->blanked = client->blanked || is_blanked(reply);
	}
	if (!reply->last)
		return;
	if (client->keyword) {
		client->state = VERB_CLIENT_CARRYING;
		client->lines = 0;
	} else {
		verb_client_part(client,
		    client->blanked ? VERB_CLIENT_BLANKED : VERB_CLIENT_NO_VERB,
		    0);
	}
}

/* The answer to the oldest line is whole. */
static void
verb_client_answered(struct verb_client *client, struct mono now)
{
	bool poll = client->outstanding == 1 && client->polling;

	if (poll && !client->carried &&
	    mono_since(client->polled, now) < VERB_CLIENT_PAUSE_MS)
		client->poll_at =
		    mono_after(client->polled, VERB_CLIENT_PAUSE_MS);
	client->lines = 0;
	client->carried = false;
	client->outstanding--;
	if (client->outstanding == 0)
		client->polling = false;
	flow(client, now);
}

static void
on_verb_client_answer(
    struct verb_client *client, const struct line_reply *reply, struct mono now)
{
	if (reply->code == 421)
		verb_client_end(client, VERB_CLIENT_CLOSED, 421);
	else if (reply->code >= 400)
		verb_client_end(client,
		    reply->code < 500 ? VERB_CLIENT_AWAY : VERB_CLIENT_REFUSED,
		    reply->code);
	else if (reply->code != 250 || client->outstanding == 0 ||
		 !base64_decode(reply->text, reply->length, &client->tls))
		verb_client_end(client, VERB_CLIENT_GARBLED, reply->code);
	client->carried = client->carried || reply->length > 0;
	if (client->state != VERB_CLIENT_ENDED && reply->last)
		verb_client_answered(client, now);
}

static void
on_verb_client_line(struct verb_client *client, size_t n, struct mono now)
{
	struct line_reply reply;

	client->lines++;
	if (!line_reply(client->line, n, &reply))
		verb_client_end(client, VERB_CLIENT_GARBLED, 0);
	else if (client->state == VERB_CLIENT_CARRYING)
		on_verb_client_answer(client, &reply, now);
	else if (client->lines > VERB_CLIENT_REPLY)
		verb_client_end(client, VERB_CLIENT_GARBLED, 0);
	else if (client->state == VERB_CLIENT_GREETING)
		on_verb_client_greeting(client, &reply);
	else
		on_verb_client_ehlo(client, &reply);
}

/* Takes octets until a line has ended; returns how many. */
static size_t
verb_client_take(struct verb_client *client, const uint8_t *octets, size_t n,
    struct mono now)
{
	size_t room = LINE_OCTETS - client->length, before = client->length;
	size_t length;

	n = n < room ? n : room;
	memcpy(client->line + client->length, octets, n);
	client->length += n;
	switch (line_end(client->line, client->length, &length)) {
	case LINE_OPEN:
		return n;
	case LINE_BARE:
	case LINE_LONG:
		verb_client_end(client, VERB_CLIENT_GARBLED, 0);
		return n;
	case LINE_WHOLE:
		break;
	}
	client->length = 0;
	on_verb_client_line(client, length, now);
	return length - before;
}

void
verb_client_feed(struct verb_client *client, const uint8_t *octets, size_t n,
    struct mono now)
{
	if (n == 0)
		verb_client_end(client, VERB_CLIENT_CLOSED, 0);
	for (size_t at = 0; at < n && client->state != VERB_CLIENT_ENDED;)
		at += verb_client_take(client, octets + at, n - at, now);
}

size_t
verb_client_room(const struct verb_client *client)
{
	if (client->state != VERB_CLIENT_CARRYING || client->quitting ||
	    client->pending.n > VERB_CLIENT_PENDING)
		return 0;
	return VERB_CLIENT_PENDING - client->pending.n;
}

void
verb_client_send(struct verb_client *client, const uint8_t *octets, size_t n,
    struct mono now)
{
	CHECK(n <= verb_client_room(client));
	buf_bytes(&client->pending, octets, n);
	if (n > 0)
		flow(client, now);
}

struct mono
verb_client_wake(const struct verb_client *client)
{
	return may_poll(client) ? client->poll_at : MONO_NEVER;
}

void
verb_client_tick(struct verb_client *client, struct mono now)
{
	if (client->state == VERB_CLIENT_CARRYING)
		flow(client, now);
}

void
verb_client_quit(struct verb_client *client)
{
	client->quitting = true;
	if (client->state == VERB_CLIENT_CARRYING)
		verb_client_leave(client);
	else if (client->state == VERB_CLIENT_EHLO)
		verb_client_part(client, VERB_CLIENT_WELL, 0);
	else
		verb_client_end(client, VERB_CLIENT_WELL, 0);
}

const char *
verb_client_word(enum verb_client_why why)
{
	static const char *const word_of[] = {
		[VERB_CLIENT_WELL] = "well",
		[VERB_CLIENT_NO_MAIL] = "no-mail-service",
		[VERB_CLIENT_NO_VERB] = "no-x-lsa-2",
		[VERB_CLIENT_BLANKED] = "x-lsa-2-blanked",
		[VERB_CLIENT_REFUSED] = "x-lsa-2-refused",
		[VERB_CLIENT_AWAY] = "no-lsrd-behind",
		[VERB_CLIENT_CLOSED] = "smtp-closed",
		[VERB_CLIENT_GARBLED] = "not-smtp",
	};

	return word_of[why];
}

void
verb_client_done(struct verb_client *client)
{
	buf_done(&client->say);
	buf_done(&client->tls);
	buf_done(&client->pending);
}
