/*
 * own.h - the addresses that are this host's own: no next hop is one of them.
 */

#ifndef IO_OWN_H
#define IO_OWN_H

#include "core/lsa/setup.h"
#include "plugins/plugin.h"

/* Adds what we announce first, then what the interfaces have, as many as there
 * is room for; in a lab, where hosts share loopback, the mail service alone. */
void own_find(struct plugin_setup *setup, const struct setup *core);

#endif
