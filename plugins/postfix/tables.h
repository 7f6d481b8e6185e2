/*
 * tables.h - the export to Postfix: transport.lmdb, default.lmdb and
 * domains.lmdb in one directory (lsrd-postfix(7)).
 *
 * Names leave last: a new key comes into `transport` and `default` before
 * it comes into `domains`, and goes from `domains` before it goes from the
 * others, so that Postfix never accepts mail that it cannot route.
 */

#ifndef POSTFIX_TABLES_H
#define POSTFIX_TABLES_H

#include "plugins/plugin.h"

extern const struct plugin_export tables_postfix;

#endif
