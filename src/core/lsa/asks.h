/*
 * asks.h - how a bridgehead is probed, as `probe` of a connector has it:
 *
 *     smtp              a dialogue, up to EHLO (the default)
 *     lmtp [ADDRESS]    the same, up to LHLO; there in place of its mail service
 *     tcp ADDRESS       whether somebody takes a connection there
 *     none              nothing is asked: its mail tells
 *     command NAME      a program of this host, which lsrd-probe(8) runs
 */

#ifndef CORE_ASKS_H
#define CORE_ASKS_H

#include <stdbool.h>

#include "base/addr.h"

enum asks_kind { ASKS_SMTP, ASKS_LMTP, ASKS_TCP, ASKS_NONE, ASKS_COMMAND };

#define ASKS_NAME_MAX 32

struct asks {
	enum asks_kind kind;
	struct addr at;               /* family 0: where its mail service is */
	char name[ASKS_NAME_MAX + 1]; /* of the command */
};

/* NULL is smtp. RC_OK; RC_FORMAT. */
int asks_read(struct asks *out, const char *text);

/* What a command may be called: a-z and 0-9, then - and _ as well. It is a file
 * in a folder, so no dot and no slash. */
bool asks_is_name(const char *name);

/* "smtp", "lmtp", "tcp", "none", "command": of the plugin, where one asks. */
const char *asks_word(enum asks_kind kind);

#endif
