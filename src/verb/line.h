/*
 * line.h - the lines of X-LSA-2 (lsrd-protocol(7) 9), read and written.
 *
 *     C: X-LSA-2 base64      some octets; without base64: none (a poll)
 *     S: 250-base64          the octets of an answer, continued
 *     S: 250 base64          its last line; without base64: no more
 *
 * Base64 is that of base/base64.h. The verb's letters count in either case,
 * blanks at the end of a line do not count (RFC 5321 2.4, 4.1.1). A line,
 * either way, has at most LINE_OCTETS octets with its CR LF. Lines end in
 * CR LF and nothing else.
 */

#ifndef VERB_LINE_H
#define VERB_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define LINE_OCTETS 1000
#define LINE_KEYWORD "X-LSA-2"
#define LINE_VERB_DATA 741  /* octets that one command line carries */
#define LINE_REPLY_DATA 744 /* and one line of an answer */

/* The commands that are told apart; every other one is the MTA's. */
enum line_kind {
	LINE_MORE, /* undecided: the word has not ended */
	LINE_OTHER,
	LINE_EHLO,
	LINE_HELO,
	LINE_NOOP,
	LINE_RSET,
	LINE_QUIT,
	LINE_VERB,
	LINE_LEGACY /* X-LINK2STATE, the ancestor's: refused */
};

/* Which command the first octets of a line, not yet ended maybe, begin. */
enum line_kind line_kind(const uint8_t *p, size_t n);

enum line_end {
	LINE_OPEN, /* no line has ended yet */
	LINE_WHOLE,
	LINE_BARE, /* a CR or an LF that is not part of a CR LF */
	LINE_LONG  /* more than LINE_OCTETS octets */
};

/*
 * Looks for the end of the first line in p. *length is what belongs to it
 * with its CR LF; with LINE_BARE and LINE_LONG, for which there is no next
 * line, what was looked at.
 */
enum line_end line_end(const uint8_t *p, size_t n, size_t *length);

/*
 * What is behind the verb in a whole line of kind LINE_VERB, appended to
 * *octets. Returns the code to answer with: 250; 500 for an octet that no
 * command has (NUL, other controls, 8 bit); 501 for what is not base64, or
 * more than one word. *octets is as before unless it is 250.
 */
int line_verb(const uint8_t *p, size_t n, struct buf *octets);

struct line_reply {
	int code;
	bool last;
	const uint8_t *text; /* what is behind the code, lent from the line */
	size_t length;       /* without blanks at the end and CR LF */
};

/* Reads one whole line of an answer; false when it is none. */
bool line_reply(const uint8_t *p, size_t n, struct line_reply *reply);

/* Appends a command line with n octets, at most LINE_VERB_DATA; 0: a poll. */
void line_put_verb(struct buf *out, const uint8_t *octets, size_t n);

/* Appends a whole answer that carries n octets, in as many lines as needed. */
void line_put_reply(struct buf *out, const uint8_t *octets, size_t n);

/* Appends a refusal, its enhanced code (RFC 3463) and its text. */
void line_put_refusal(struct buf *out, int code);

#endif
