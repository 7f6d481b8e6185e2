#include "t/io/service.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "plugins/probe/smtp.h"
#include "sys/clock.h"
#include "sys/sock.h"
#include "t/tap.h"

static const char *const words[] = {
	[PROBE_CONNECTED] = "connected",
	[PROBE_OK] = "ok",
	[PROBE_BUSY] = "busy",
	[PROBE_FAILED] = "failed",
	[PROBE_LATE] = "late",
	[PROBE_SLOW] = "slow",
	[PROBE_UNABLE] = "unable",
	[PROBE_TAKES] = "takes",
	[PROBE_REFUSED] = "refused",
	[PROBE_SILENT] = "silent",
};

struct effects
engine_step(struct engine *e, const struct input *in)
{
	struct effects effects = { MONO_NEVER, e->act ? 1 : 0, &e->fx, false };
	size_t n = strlen(e->told);

	e->act = false;
	e->value = in->value;
	if (in->kind == IN_PROBE)
		snprintf(e->said, sizeof(e->said), "%s",
		    in->name != NULL ? in->name : "");
	if (in->kind == IN_PROBE)
		snprintf(e->told + n, sizeof(e->told) - n, "%u %s%s%s; ",
		    in->who, words[in->verdict], in->reason ? " " : "",
		    in->reason ? in->reason : "");
	return effects;
}

struct event_base *base;
struct engine engine;
static struct loop *loop;
struct probe_io *probes;
struct addr addr;
int listener;

void
setup(void)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);

	base = event_base_new();
	memset(&engine, 0, sizeof(engine));
	loop = loop_new(base, &engine);
	probes = probe_io_new(loop, &smtp_probe);
	probe_io_conf(probes, "me.example.org", PATIENCE_MS);
	addr = (struct addr){ 4, { 127, 0, 1, 3 }, 0 };
	listener = sock_listen(&addr);
	ck_assert_int_ge(listener, 0);
	getsockname(listener, (struct sockaddr *)&sa, &n);
	addr = sock_addr((struct sockaddr *)&sa);
}

void
be_impatient(void)
{
	probe_io_conf(probes, "me.example.org", 300);
}

void
teardown(void)
{
	close(listener);
	probe_io_free(probes);
	loop_free(loop);
	event_base_free(base);
}

void
probe(uint32_t number, const struct addr *to)
{
	struct input in = { .kind = IN_QUERY };

	engine.fx.kind = FX_PROBE;
	engine.fx.who = number;
	engine.fx.name = "mx.example.org";
	engine.fx.addrs = to;
	engine.fx.naddrs = to != NULL;
	engine.act = true;
	loop_step(loop, &in);
}

void
until(const char *told)
{
	struct mono begin = clock_mono();

	while (strstr(engine.told, told) == NULL &&
	       mono_since(begin, clock_mono()) < PATIENCE_MS)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_msg(strstr(engine.told, told) != NULL, "%s", engine.told);
}

int
taken(void)
{
	int fd;

	until("connected");
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* Says something and waits for what is said to it; NULL: for nothing. */
void
say(int fd, const char *text, const char *answer)
{
	char got[256];
	struct mono begin = clock_mono();
	ssize_t n = -1;

	ck_assert_int_eq(send(fd, text, strlen(text), 0), (int)strlen(text));
	if (answer == NULL)
		return;
	while (n < 0 && mono_since(begin, clock_mono()) < PATIENCE_MS) {
		event_base_loop(base, EVLOOP_ONCE);
		n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	}
	ck_assert_int_ge(n, 0);
	got[n] = '\0';
	ck_assert_str_eq(got, answer);
}
