/*
 * orginfo_import.h - `lsrctl import orginfo`: servers, routing groups, connectors
 * and their states of an Exchange 2000 or 2003 organization.
 */

#ifndef CTL_IMPORT_ORGINFO_IMPORT_H
#define CTL_IMPORT_ORGINFO_IMPORT_H

#include "ctl/verbs.h"

extern const struct verb_option import_orginfo_options[];

int import_orginfo(const struct call *call);

#endif
