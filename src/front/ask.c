#include "front/ask.h"

#include <errno.h>
#include <string.h>

#include <sys/un.h>

#include "front/front.h"
#include "front/side.h"
#include "sys/clock.h"

static const char yes[] = "ok\n";
#define YES (sizeof(yes) - 1)

void
ask_init(struct ask *ask, struct front *front, const struct addr *from)
{
	ask->front = front;
	ask->from = from;
	ask->since = MONO_NEVER;
	ask->n = 0;
}

static void
say_away(const struct ask *ask, const char *why)
{
	char from[ADDR_TEXT];

	say_limited(&ask->front->say, LOG_WARNING, clock_mono(),
	    "lsrd-away: from=%s, error=%s", addr_ip_text(ask->from, from), why);
}

bool
ask_begin(struct ask *ask, struct side *side)
{
	const char *path = ask->front->set.lsrd;
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct buf line = { 0 };
	char from[ADDR_TEXT];

	memcpy(to.sun_path, path, strlen(path)); /* options.c has looked */
	if (!side_connect(
		side, ask->front->base, (struct sockaddr *)&to, sizeof(to))) {
		say_away(ask, strerror(errno));
		return false;
	}
	buf_printf(&line, "lsrd-front/1 %s %u\n", addr_ip_text(ask->from, from),
	    (unsigned)ask->from->port);
	side_write(side, line.p, line.n);
	buf_done(&line);
	ask->since = clock_mono();
	ask->n = 0;
	return true;
}

bool
ask_is_open(const struct ask *ask)
{
	return ask->since.ms != MONO_NEVER.ms;
}

bool
ask_is_late(const struct ask *ask, struct mono now)
{
	return ask_is_open(ask) && mono_since(ask->since, now) >= ASK_MS;
}

size_t
ask_wants(const struct ask *ask)
{
	return YES - ask->n;
}

bool
ask_octets(struct ask *ask, const uint8_t *p, size_t n, const char **why_not)
{
	bool same = memcmp(yes + ask->n, p, n) == 0;

	ask->n += n;
	*why_not = same ? NULL : "not understood";
	return !same || ask->n == YES;
}

void
ask_end(struct ask *ask, const char *why_not)
{
	char from[ADDR_TEXT];

	ask->since = MONO_NEVER;
	if (why_not != NULL) {
		say_away(ask, why_not);
		return;
	}
	ask->front->verbs++;
	say_limited(&ask->front->say, LOG_INFO, clock_mono(), "verb: from=%s",
	    addr_ip_text(ask->from, from));
}
