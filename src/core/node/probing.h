/*
 * probing.h - the condition of mail services: probes and their verdicts.
 *
 *                two probes fail, or one that a lost session asked for,
 *                or find that it takes no mail; or there is no session
 *                that our MTA would use, again and again
 *          up  -------------------------------------------------------> down
 *              <-------------------------------------------------------
 *                three probes in a row succeed, and there was no failure
 *                for as long as the damping demands
 *
 * Down fast, up slow: each time it goes down again it must be well for longer
 * (damp.h). After mail was refused probes alone prove little: so it is a
 * minute at least, and what comes back is on trial. (HACKING 6, Evidence)
 *
 * A probe is a line in somebody's log and a client in his count, so there are
 * no more than it takes:
 *
 *     up        every `probe-interval`. Where the server's own lsrd watches its
 *               MTA and would tell us at once, all who probe it do so about as
 *               often together
 *     down      ever more seldom, until something says that it may be back
 *     busy      it has said that it has no time: half as often each time
 *
 * What could not be asked here has no verdict: all stays as it is.
 */

#ifndef CORE_PROBING_H
#define CORE_PROBING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "core/node/service.h"

struct engine;
struct input;
struct service;

void probing_verdict(struct engine *e, const struct input *in);
void probing_tick(struct engine *e);
/* Asks for a probe of this server's mail service at once. */
void probing_urgent(struct engine *e, const char *name);
/* A server says that its MTA is down, or that it is not. */
void probing_learnt(struct engine *e, const char *name, bool mta_down);
/* It may be back: a service that is down is probed soon. */
void probing_back(struct engine *e, const char *name);
/* The MTA has delivered mail there. */
void probing_alive(struct engine *e, struct service *service);
/* The dead time is over: an urgent probe that is not connected has failed. */
void probing_deadline(struct engine *e, const char *name);
bool probing_connectors_tried(struct engine *e);
/* Our MTA cannot connect to it, or can again. */
void probing_bar(struct engine *e, struct service *service, bool barred);
/* It is in this state from now on, whatever follows from that. */
void probing_turn(
    struct engine *e, struct service *service, enum service_state to);
/* Milliseconds for which it must be well before it is up again. */
uint64_t probing_hold_off(const struct service *service);

#endif
