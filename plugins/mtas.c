/* mtas.c - which readers of an MTA's configuration this build contains. */

#include "plugins/plugin.h"

#include <string.h>

#include "plugins/exim/reading.h"
#include "plugins/postfix/reading.h"

static const struct plugin_mta *const mtas[] = { &reading_postfix,
	&reading_exim, NULL };

const struct plugin_mta *
plugin_mta_of(const char *mta)
{
	for (size_t i = 0; mtas[i] != NULL; i++)
		if (strcmp(mtas[i]->name, mta) == 0)
			return mtas[i];
	return NULL;
}
