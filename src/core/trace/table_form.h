/*
 * table_form.h - numbers of the table's file, for table.c and table_write.c
 * alone; its form stands in table.h.
 */

#ifndef CORE_TABLE_FORM_H
#define CORE_TABLE_FORM_H

#include "core/trace/table.h"

#define TABLE_MAGIC 0x4c535254u /* "LSRT" */
#define TABLE_FORMAT 2
#define TABLE_FORMAT_BEFORE 1 /* without the MTA: of a writer before ours */
#define TABLE_SUMMED 24       /* where the octets begin that are summed */
#define TABLE_SINCE 24        /* octets of an entry of the history */
#define TABLE_KEY (SEAL_DIGEST + SEAL_PUBLIC + 4)

/* Flags of the MTA. */
enum { TABLE_FILTERS_SMTP = 1, TABLE_FILTERS_LOCAL = 2, TABLE_COPIES = 4 };

/* Reads what stands of the MTA; what it does not know stays as none. RC_OK,
 * RC_SHORT, RC_RANGE. */
int table_mta_get(struct cur *in, struct table_mta *out);

/* Flags of a record: those of route_encode(). */
enum { TABLE_RELAY = 1, TABLE_LAST_RESORT = 2, TABLE_FLAGS = 3 };

#endif
