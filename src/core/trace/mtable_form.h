/*
 * mtable_form.h - numbers of the table's file, for table.c and table_write.c
 * alone; its form stands in table.h.
 */

#ifndef CORE_MTABLE_FORM_H
#define CORE_MTABLE_FORM_H

#include "core/trace/mtable.h"

#define MTABLE_MAGIC 0x4c535254u      /* "LSRT" */
#define MTABLE_NEWS_MAGIC 0x4c53524eu /* "LSRN" */
/* Files of writers before ours are read as well. */
#define MTABLE_FORMAT_PLAIN 1 /* without the MTA */
#define MTABLE_FORMAT_MTA 2   /* with it, without what routes are unchanged */
#define MTABLE_FORMAT_SINCE 3 /* with that, and whole always */
#define MTABLE_FORMAT 4       /* news may stand beside it */

#define MTABLE_SUM 16    /* where the checksum stands, */
#define MTABLE_SUMMED 24 /* where the octets begin that are summed */
#define MTABLE_SINCE 24  /* octets of an entry of the history */
#define MTABLE_KEY (CRYPTO_DIGEST + CRYPTO_PUBLIC + 4)

/* Flags of the MTA. */
enum { MTABLE_FILTERS_SMTP = 1, MTABLE_FILTERS_LOCAL = 2, MTABLE_COPIES = 4 };

/* Reads what stands of the MTA; what it does not know stays as none. RC_OK,
 * RC_SHORT, RC_RANGE. */
int mtable_mta_get(struct cur *in, struct mtable_mta *out);

/* Flags of a record: those of route_encode(). */
enum { MTABLE_RELAY = 1, MTABLE_LAST_RESORT = 2, MTABLE_FLAGS = 3 };

#endif
