/*
 * judge.h - which of an export's tables are sound, asked of a process of
 * its own for each: the map's library may crash or hang on a broken file.
 */

#ifndef PUBLISH_JUDGE_H
#define PUBLISH_JUDGE_H

#include "plugins/plugin.h"

struct judge {
	unsigned broken;  /* a bit for each that is there and of no use */
	unsigned missing; /* for each that is not there */
};

/* RC_OK, or RC_IO when no process could be had. */
int judge_tables(const struct plugin_export *plugin,
    const struct plugin_setup *setup, struct judge *out);

#endif
