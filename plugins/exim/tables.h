/*
 * tables.h - the export to Exim: transport.cdb, default.cdb and domains.cdb in
 * one directory, as values.h has them.
 *
 * Names leave last: a new key comes into `transport` and `default` before
 * it comes into `domains`, and goes from `domains` before it goes from the
 * others, so that Exim never accepts mail that it cannot route.
 */

#ifndef EXIM_TABLES_H
#define EXIM_TABLES_H

#include "plugins/exim/cdb_file.h"
#include "plugins/plugin.h"
#include "plugins/table/rows.h"

extern const struct plugin_export tables_exim;

/* RC_OK, or RC_FORMAT: a key or a value is none of ours, or of this version. */
int exim_tables_judge(const struct cdb_file *file, enum rows_table table);

#endif
