/*
 * merge.h - the configuration and what DNS and the MTA add to it, as one setup
 * for the engine: further peers, further addresses of peers, the addresses of
 * ways out that are named, and how long the MTA keeps a message.
 */

#ifndef DAEMON_MERGE_H
#define DAEMON_MERGE_H

#include "cfg/conf.h"
#include "core/lsa/setup.h"
#include "io/srv.h"

/* The caller's; it lends from `conf`, which must outlive it. */
struct setup *merge_setup(const struct conf *conf, const struct srv *srv);
void merge_free(struct setup *setup);

#endif
