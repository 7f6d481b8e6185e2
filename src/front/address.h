/*
 * address.h - addresses as options and lists write them.
 */

#ifndef FRONT_ADDRESS_H
#define FRONT_ADDRESS_H

#include "base/addr.h"

/* `192.0.2.1` or `2001:db8::1`, a literal; RC_NAME for anything else. */
int address_of_ip(const char *text, struct addr *out);

/* `192.0.2.1:25` or `[2001:db8::1]:25`; RC_NAME for anything else. */
int address_of_text(const char *text, struct addr *out);

#endif
