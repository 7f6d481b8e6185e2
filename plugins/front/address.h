/*
 * address.h - addresses: from text, and to and from the system's form.
 */

#ifndef PLUGINS_FRONT_ADDRESS_H
#define PLUGINS_FRONT_ADDRESS_H

#include <sys/socket.h>

#include "base/addr.h"

/* `192.0.2.1` or `2001:db8::1`, a literal; RC_NAME for anything else. */
int address_of_ip(const char *text, struct addr *out);

/* `192.0.2.1:25` or `[2001:db8::1]:25`; RC_NAME for anything else. */
int address_of_text(const char *text, struct addr *out);

socklen_t address_to_system(
    const struct addr *addr, struct sockaddr_storage *out);

/* Family 0 for what is neither IPv4 nor IPv6. An IPv4 address in IPv6's
 * clothes (RFC 4291 2.5.5.2) becomes IPv4. */
struct addr address_of_system(const struct sockaddr_storage *from);

#endif
