/*
 * reading.h - what Postfix's own configuration says: whether it asks our
 * tables, and the facts of core/lsa/mta.h. By postconf(1) and postmap(1), which
 * any user may run; main.cf and master.cf are readable by all.
 *
 *     postconf -x NAME...      parameters, expanded
 *     postconf -M              services
 *     postmap -q - TYPE:NAME   for each map in Postfix's local classes: which
 *                              of our own domains it has
 *
 * A table of ours is asked where a value names its file, however deep in
 * other maps and under whatever name that file has. "No" is said only where
 * everything that decides was read: a list that continues in a file which is
 * not ours to read is no "no". What master.cf lays down for a service of its
 * own counts before main.cf.
 */

#ifndef POSTFIX_READING_H
#define POSTFIX_READING_H

#include "plugins/plugin.h"

extern const struct plugin_mta reading_postfix;

#endif
