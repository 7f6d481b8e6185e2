/*
 * table_form.h - numbers of the table's file, for table.c and table_write.c
 * alone; its form stands in table.h.
 */

#ifndef CORE_TABLE_FORM_H
#define CORE_TABLE_FORM_H

#include "core/seal.h"

#define TABLE_MAGIC 0x4c535254u /* "LSRT" */
#define TABLE_FORMAT 1
#define TABLE_SUMMED 24 /* where the octets begin that are summed */
#define TABLE_SINCE 24  /* octets of an entry of the history */
#define TABLE_KEY (SEAL_DIGEST + SEAL_PUBLIC + 4)

/* Flags of a record: those of route_encode(). */
enum { TABLE_RELAY = 1, TABLE_LAST_RESORT = 2, TABLE_FLAGS = 3 };

#endif
