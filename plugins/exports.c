/* exports.c - which exports this build contains. */

#include "plugins/plugin.h"

#include <string.h>

#ifdef HAVE_CDB
#include "plugins/exim/tables.h"
#endif
#include "plugins/postfix/tables.h"

static const struct plugin_export *const exports[] = {
	&tables_postfix,
#ifdef HAVE_CDB
	&tables_exim,
#endif
	NULL,
};

const struct plugin_export *
plugin_export_to(const char *mta)
{
	for (size_t i = 0; exports[i] != NULL; i++)
		if (strcmp(exports[i]->name, mta) == 0)
			return exports[i];
	return NULL;
}
