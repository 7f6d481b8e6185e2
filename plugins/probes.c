/*
 * probes.c - the probes that this build contains.
 */

#include <string.h>

#include "plugins/plugin.h"
#include "plugins/probe/smtp.h"

static const struct plugin_probe *const probes[] = { &smtp_probe, &lmtp_probe,
	&tcp_probe };

const struct plugin_probe *
plugin_probe(const char *word)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (strcmp(probes[i]->word, word) == 0)
			return probes[i];
	return NULL;
}
