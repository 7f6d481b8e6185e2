#include "t/io/side.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "sys/sock.h"
#include "t/tap.h"

struct effects
engine_step(struct engine *engine, const struct input *in)
{
	struct effects effects = { MONO_NEVER, engine->act ? 1 : 0, &engine->fx,
		false };
	size_t n = strlen(engine->told), room = sizeof(engine->told) - n;
	char *end = engine->told + n;

	engine->act = false;
	if (in->kind == IN_OPEN) {
		engine->session = in->who;
		engine->carrier = in->carrier;
		snprintf(end, room, "open %s%s; ", in->name,
		    in->dialled ? " dialled" : "");
	} else if (in->kind == IN_NO_DIAL) {
		snprintf(end, room, "no-dial %s %s; ", in->name,
		    in->reason == NULL ? "-" : in->reason);
	} else if (in->kind == IN_CLOSED) {
		snprintf(end, room, "closed; ");
	} else if (in->kind == IN_BYTES) {
		engine->bytes += in->len;
	} else if (in->kind == IN_DRAINED) {
		engine->drained++;
	}
	return effects;
}

static void
collect(void *ctx, int priority, const char *line)
{
	(void)priority;
	buf_printf(ctx, "%s\n", line);
}

void
side_act(struct side *side, const struct effect *fx)
{
	struct input in = { .kind = IN_QUERY };

	side->engine.fx = *fx;
	side->engine.act = true;
	loop_step(side->loop, &in);
}

void
side_up(struct side *side, struct event_base *base, struct pki *pki,
    const char *name, uint8_t last)
{
	struct addr addr = { 4, { 127, 0, 1, last }, 0 };
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);
	int fd = sock_listen(&addr);

	memset(side, 0, sizeof(*side));
	ck_assert_int_ge(fd, 0);
	getsockname(fd, (struct sockaddr *)&sa, &n);
	side->addr = sock_addr((struct sockaddr *)&sa);
	side->base = base;
	side->sink = sink_new(collect, &side->log);
	side->loop = loop_new(base, &side->engine);
	side->io = peer_io_new(side->loop, side->sink);
	peer_io_self(side->io, pki_self(pki, name));
	peer_io_name(side->io, name);
	peer_io_sources(side->io, &addr, 1);
	peer_io_listen(side->io, fd);
}

void
side_down(struct side *side)
{
	peer_io_free(side->io);
	loop_free(side->loop);
	sink_free(side->sink);
	buf_done(&side->log);
}

void
side_allow(struct side *side, const struct addr *addr)
{
	struct effect fx = {
		.kind = FX_ALLOW, .addrs = addr, .naddrs = addr != NULL
	};

	side_act(side, &fx);
}

void
side_send(struct side *side, size_t n)
{
	uint8_t *octets = mem_new(0, n, 1);
	struct effect fx = { .kind = FX_SEND,
		.who = side->engine.session,
		.bytes = octets,
		.len = n };

	side_act(side, &fx);
	mem_free(octets);
}

bool
side_was_told(const struct side *side, const char *what)
{
	return strstr(side->engine.told, what) != NULL;
}

bool
side_has_logged(const struct side *side, const char *what)
{
	return side->log.n > 0 &&
	       memmem(side->log.p, side->log.n, what, strlen(what)) != NULL;
}

size_t
side_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}
