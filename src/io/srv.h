/*
 * srv.h - what DNS knows: peers at _lsrd._tcp.DOMAIN (RFC 2782), and the
 * addresses of ways out that are named. Asynchronous, by c-ares.
 *
 *     SRV --> each target's addresses --> differs? --> changed()
 *      ^                                                  |
 *      +------- five minutes, or half a one after --------+
 *                        a failure
 *
 * DNS is not believed: it only says where to dial whom, and who answers must
 * prove the target's name. All targets are peers, whatever their weight; of more
 * than SRV_TARGETS those of the least priority, then by name. What was found stays when DNS fails; a resolv.conf
 * that has changed is read with the next question. A build
 * without c-ares (srv_none.c) finds nothing.
 */

#ifndef IO_SRV_H
#define IO_SRV_H

#include <stddef.h>

#include <event2/event.h>

#include "base/addr.h"
#include "cfg/conf.h"
#include "core/lsa/setup.h"
#include "io/resolv.h"
#include "io/sink.h"

#define SRV_AGAIN_MS 300000
#define SRV_FAILED_MS 30000
#define SRV_TARGETS 256 /* of one answer; more are left out */
#define SRV_ADDRESSES 8 /* of one name */

struct srv;

/* False in a build without c-ares. */
bool srv_is_built(void);

/* All are lent for its life. `changed` is told when something was found
 * that was not known before. */
struct srv *srv_new(struct event_base *base, struct sink *sink,
    void (*changed)(void *ctx), void *ctx);

/* Asks by this from now on; at first as the system does. Copied. False: it is
 * as before. What was asked and not answered yet gets no answer, so it is for
 * one that looks for nothing by itself (srv_look). */
bool srv_by(struct srv *srv, const struct resolv *resolv);

/* From now on looks for what this configuration wants: srv_domain and
 * lookups; copied. Where that is something else than before, what was found
 * is forgotten; else it is only asked for anew. */
void srv_look(struct srv *srv, const struct conf *conf);

/* Peers, sorted by name; lent until changed() or srv_look(). */
const struct setup_peer *srv_peers(const struct srv *srv, size_t *n);

/* The address of conf->lookups[i]; family 0 while it is not known. */
struct addr srv_way(const struct srv *srv, size_t i);

enum srv_answer { SRV_ANSWERED, SRV_NO_ANSWER };

/* The addresses of a name; answered, and none: there is no such name, or it has
 * none. The addresses are lent for the call. */
typedef void srv_done(
    void *ctx, enum srv_answer answer, const struct addr *addrs, size_t n);

/* Asks once. `done` comes later or at once, at the latest in srv_free(). */
void srv_resolve(struct srv *srv, const char *name, srv_done *done, void *ctx);

void srv_free(struct srv *srv);

#endif
