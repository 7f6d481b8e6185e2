/*
 * db.h - `db`: the link state database, or what one server says of itself in
 * words.
 */

#ifndef CTL_DB_H
#define CTL_DB_H

#include "ctl/verbs.h"

int db_show(const struct call *call);

#endif
