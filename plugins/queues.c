/* queues.c - which queue readers this build contains. */

#include "plugins/plugin.h"

#include "plugins/postfix/showq.h"

const struct plugin_queue *const plugin_queues[] = { &showq_postfix, NULL };
