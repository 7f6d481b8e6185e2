/*
 * own.h - `lsrctl import ldap`: servers, connectors and address spaces that a
 * directory has in the schema of conf/ldap/lsrd.schema.
 */

#ifndef CTL_IMPORT_OWN_H
#define CTL_IMPORT_OWN_H

#include "ctl/verbs.h"

extern const struct verb_option import_ldap_options[];

int import_ldap(const struct call *call);

#endif
