/*
 * reading.h - what Exim's own configuration says: whether it asks our tables,
 * and the facts of core/lsa/mta.h. By exim(8), which tells anybody who may read
 * its configuration, without its rights of root: on Debian that can take the
 * group Debian-exim.
 *
 *     exim -bP config          all of it, as it is in force for new processes
 *     exim -bP                 options of the main section, with defaults
 *     exim -brt DOMAIN         the retry rule of remote mail
 *     exim -be                 which of our own domains are in +local_domains
 *
 * A table of ours is asked where a router names its file, whatever the router
 * is called, and no router before it takes all the mail of others. "No" is
 * said only of a configuration that was read whole.
 */

#ifndef EXIM_READING_H
#define EXIM_READING_H

#include "plugins/plugin.h"

extern const struct plugin_mta reading_exim;

#endif
