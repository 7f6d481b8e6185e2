/*
 * servers.h - the table of own servers that may send on by this one, beside
 * the MTA's other tables: for Postfix a cidr_table(5), for Exim a file that
 * stands in a host list.
 *
 *     192.0.2.20 permit          (servers.cidr)
 *     192.0.2.20                 (servers)
 *
 * It holds the addresses that this server's own configuration gives its peers
 * and the bridgeheads of its connectors, and nothing that an LSA or DNS says:
 * an LSA alone opens no relay. Whatever fails, the table that is there stays.
 */

#ifndef IO_SERVERS_H
#define IO_SERVERS_H

#include "cfg/conf.h"
#include "io/sink.h"

/* Writes those of all MTAs of the configuration, where they are others than
 * they were; what cannot be written is said. */
void servers_write(const struct conf *conf, struct sink *sink);

#endif
