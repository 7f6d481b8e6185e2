/* mtas.c - which readers of an MTA's configuration this build contains. */

#include "plugins/plugin.h"

#include "plugins/postfix/reading.h"

const struct plugin_mta *const plugin_mtas[] = { &reading_postfix, NULL };
