/* exports.c - which exports this build contains. */

#include "plugins/plugin.h"

#include "plugins/postfix/tables.h"

const struct plugin_export *const plugin_exports[] = { &tables_postfix, NULL };
