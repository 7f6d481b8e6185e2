/*
 * helper.h - what lsrd asks lsrd-probe(8), and what that answers: a connection
 * each, a line each.
 *
 *     modem gw.example.org        run the command `modem` for this bridgehead
 *     up | down                   by its exit status
 *     silent REASON               it cannot tell
 *
 * Both are names that our own configuration has, of a strict form (asks.h,
 * str.h): no path, no argument and nothing of an LSA.
 */

#ifndef CORE_HELPER_H
#define CORE_HELPER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "core/lsa/asks.h"

#define HELPER_LINE_MAX 320 /* octets of either line, with its end */

struct helper_question {
	char name[ASKS_NAME_MAX + 1];
	char server[STR_HOST_MAX + 1];
};

enum helper_word { HELPER_UP, HELPER_DOWN, HELPER_SILENT };

/* Why it cannot tell. */
enum helper_why {
	HELPER_MISSING, /* there is no such command, or it cannot be started */
	HELPER_UNSAFE,  /* others may write it, or it is no file */
	HELPER_TIMEOUT, /* it was ended at its deadline */
	HELPER_STATUS,  /* neither 0 nor 1, or a signal */
	HELPER_REFUSED, /* the question was none */
	HELPER_WHYS
};

struct helper_answer {
	enum helper_word word;
	enum helper_why why; /* of HELPER_SILENT */
};

void helper_ask(struct buf *out, const char *name, const char *server);

/* One line, with its end. RC_OK; RC_FORMAT. */
int helper_question_read(
    struct helper_question *out, const uint8_t *p, size_t n);

void helper_say(struct buf *out, const struct helper_answer *answer);

/* One line, with its end. RC_OK; RC_FORMAT. */
int helper_answer_read(struct helper_answer *out, const uint8_t *p, size_t n);

/* "command-missing", ...: of lines of the log, and of `lsrctl links`. */
const char *helper_why_word(enum helper_why why);

#endif
