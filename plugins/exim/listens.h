/*
 * listens.h - where Exim's daemon takes mail by SMTP, out of what `exim -bP`
 * shows of three options:
 *
 *     local_interfaces = <; 127.0.0.1 ; [192.0.2.1]:2525 ; ::1.587
 *     daemon_smtp_ports = smtp : 587      for those that name no port
 *     tls_on_connect_ports = 465          these talk TLS first: left out
 */

#ifndef EXIM_LISTENS_H
#define EXIM_LISTENS_H

#include <stddef.h>

#include "core/lsa/mta.h"

/* Fills in smtp and nsmtp of `out`, at most MTA_SMTP; what cannot be read is
 * left out. An option may be NULL: nothing was shown of it. */
void listens_read(struct mta *out, const char *interfaces, const char *ports,
    const char *tls_ports);

#endif
