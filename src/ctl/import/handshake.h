/*
 * handshake.h - TLS with a directory, in time.
 *
 * libldap knows no end of a TLS handshake, and with GnuTLS asks for it again and
 * again: a directory that takes the connection and says nothing would have us
 * busy for ever. A child shares the socket, and ends it when its time is over.
 */

#ifndef CTL_IMPORT_HANDSHAKE_H
#define CTL_IMPORT_HANDSHAKE_H

#include <stdbool.h>

struct ldap; /* libldap calls it LDAP */

/* Connects, with TLS from the beginning or by StartTLS; each connection has so
 * many seconds for it. A result code of libldap: LDAP_TIMEOUT if they are over. */
int handshake(struct ldap *ld, bool starttls, unsigned seconds);

#endif
