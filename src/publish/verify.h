/*
 * verify.h - before the MTA starts: are the tables there, and whole?
 *
 *   copy good                     all tables are made anew from it
 *   copy bad, tables sound        they stay as they are
 *   copy bad, a table broken      it is made anew from the copy before
 *   nothing to make it from       it is put aside: the MTA answers 451
 *                                 until somebody acts, where an empty
 *                                 table would bounce
 *   never published               empty tables
 */

#ifndef PUBLISH_VERIFY_H
#define PUBLISH_VERIFY_H

#include "plugins/plugin.h"
#include "publish/owner.h"

/* Returns a code of sysexits.h, having said what it found and did. */
int verify(const struct plugin_export *plugin, const struct owner *owner);

#endif
