/*
 * milter_table.h - writes mark keys, and the table that lsrd-publish would
 * write for lsrd-milter: for tests of marks alone. A program; who links it
 * instead has its words as an argv, and is ended where they fail.
 *
 *     milter_table new KEYFILE...
 *     milter_table FILE EPOCH GENERATION WORD...
 *         since EPOCH GENERATION MS     was in force from then on
 *         key NAME KEYFILE              a server, and its mark key
 *         route PATTERN NAME ADDRESS    to one next hop, 192.0.2.1:25
 *         mta DELIMITERS FLAGS          of addresses; s, l: a content filter
 *                                       of SMTP, sendmail(1); c: copies
 *         limits SELF NAME PATTERN ADDRESS SIZE SCHEDULE ADDRESS SIZE
 *                                       two connectors lead there: a cheap
 *                                       one and another; "": no schedule.
 *                                       Again: to another server
 *
 * The file is replaced by rename.
 */

#ifndef T_SYSTEM_MILTER_TABLE_H
#define T_SYSTEM_MILTER_TABLE_H

int milter_table(int argc, char **argv);

#endif
