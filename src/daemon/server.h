/*
 * server.h - the daemon as one thing: the engine, the shells around it, and
 * the configuration that is in force.
 *
 *     server_new() --> server_start() --> server_run() --> server_free()
 *                          |                  ^   |
 *                   IN_CONF, IN_RESTORE       +---+ reload, confirm
 */

#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "cfg/conf.h"
#include "io/loop.h"
#include "io/sink.h"
#include "sys/notify.h"

struct evp_pkey_st;
struct server;

/*
 * `conf` is taken over, `path` (where it came from), `sink` and `notify` are
 * lent. To be made when privileges are gone: what it opens is ours.
 */
struct server *server_new(struct conf *conf, const char *path,
    struct sink *sink, struct notify *notify);

/* Takes over listening sockets for peers. */
void server_listen(struct server *server, const int *fds, size_t n);

/*
 * Reads the key, opens the control socket, restores what was saved and
 * begins. RC_OK, or why not; the reason is logged then.
 */
int server_start(struct server *server);

/* Until it is told to stop; then sessions are closed in order. */
void server_run(struct server *server);

void server_free(struct server *server);

#endif
