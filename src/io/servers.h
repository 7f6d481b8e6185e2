/*
 * servers.h - the table of own servers that may send on by this one: a
 * cidr_table(5) beside the MTA's other tables, SETUP_SERVERS.
 *
 *     192.0.2.20 permit
 *
 * It holds the addresses that this server's own configuration gives its peers
 * and the bridgeheads of its connectors, and nothing that an LSA or DNS says:
 * an LSA alone opens no relay. Whatever fails, the table that is there stays.
 */

#ifndef IO_SERVERS_H
#define IO_SERVERS_H

#include "core/lsa/setup.h"

/* Writes it when it is another: RC_OK, or RC_IO with errno. */
int servers_write(const char *directory, const struct setup *setup);

#endif
