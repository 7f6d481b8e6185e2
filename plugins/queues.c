/* queues.c - which queue readers this build contains. */

#include "plugins/plugin.h"

#include <string.h>

#include "plugins/exim/spool.h"
#include "plugins/postfix/showq.h"

static const struct plugin_queue *const queues[] = { &showq_postfix,
	&spool_exim, NULL };

const struct plugin_queue *
plugin_queue_of(const char *mta)
{
	for (size_t i = 0; queues[i] != NULL; i++)
		if (strcmp(queues[i]->name, mta) == 0)
			return queues[i];
	return NULL;
}
