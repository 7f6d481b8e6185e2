/*
 * asks.h - how a bridgehead is probed, as `probe` of a connector has it:
 *
 *     smtp              a dialogue, up to EHLO (the default)
 *     lmtp [ADDRESS]    the same, up to LHLO; there in place of its mail service
 *     tcp ADDRESS       whether somebody takes a connection there
 *     none              nothing is asked: its mail tells
 */

#ifndef CORE_ASKS_H
#define CORE_ASKS_H

#include "base/addr.h"

enum asks_kind { ASKS_SMTP, ASKS_LMTP, ASKS_TCP, ASKS_NONE };

struct asks {
	enum asks_kind kind;
	struct addr at; /* family 0: where its mail service is */
};

/* NULL is smtp. RC_OK; RC_FORMAT. */
int asks_read(struct asks *out, const char *text);

/* "smtp", "lmtp", "tcp", "none": of the plugin, too. */
const char *asks_word(enum asks_kind kind);

#endif
