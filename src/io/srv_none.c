/*
 * srv_none.c - srv.h in a build without c-ares: nothing is ever found.
 */

#include "base/mem.h"
#include "io/srv.h"

struct srv {
	struct sink *sink;
};

bool
srv_is_built(void)
{
	return false;
}

struct srv *
srv_new(struct event_base *base, struct sink *sink, void (*changed)(void *ctx),
    void *ctx)
{
	struct srv *srv = mem_new(sizeof(*srv), 0, 0);

	(void)base;
	(void)changed;
	(void)ctx;
	srv->sink = sink;
	return srv;
}

bool
srv_by(struct srv *srv, const struct resolv *resolv)
{
	(void)srv;
	(void)resolv;
	return false;
}

void
srv_look(struct srv *srv, const struct conf *conf)
{
	if (conf->srv_domain != NULL)
		sink_say(srv->sink, SINK_WARNING, "dns-failed",
		    "name=%s, reason=\"built without it\"", conf->srv_domain);
}

const struct setup_peer *
srv_peers(const struct srv *srv, size_t *n)
{
	(void)srv;
	*n = 0;
	return NULL;
}

struct addr
srv_way(const struct srv *srv, size_t i)
{
	(void)srv;
	(void)i;
	return (struct addr){ 0 };
}

void
srv_resolve(struct srv *srv, const char *name, srv_done *done, void *ctx)
{
	(void)srv;
	(void)name;
	done(ctx, SRV_NO_ANSWER, NULL, 0);
}

void
srv_free(struct srv *srv)
{
	mem_free(srv);
}
