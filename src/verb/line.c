#include "verb/line.h"

#include <string.h>

#include "base/base64.h"
#include "base/check.h"

#define WORD_MAX 12 /* X-LINK2STATE */

static const struct {
	const char *word;
	enum line_kind kind;
} words[] = {
	{ "EHLO", LINE_EHLO },
	{ "HELO", LINE_HELO },
	{ "NOOP", LINE_NOOP },
	{ "RSET", LINE_RSET },
	{ "QUIT", LINE_QUIT },
	{ LINE_KEYWORD, LINE_VERB },
	{ "X-LINK2STATE", LINE_LEGACY },
};

static const struct {
	int code;
	const char *text;
} refusals[] = {
	{ 421, "421 4.3.0 Service not available, closing\r\n" },
	{ 454, "454 4.3.0 Link state routing not available now\r\n" },
	{ 500, "500 5.5.2 Line not understood\r\n" },
	{ 501, "501 5.5.4 Syntax: " LINE_KEYWORD " [base64]\r\n" },
	{ 502, "502 5.5.1 Command not implemented\r\n" },
	{ 503, "503 5.5.1 Send EHLO first\r\n" },
};

static uint8_t
upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Where the first word ends: at a blank, a control or an 8-bit octet. */
static size_t
word_length(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && i <= WORD_MAX && p[i] > ' ' && p[i] < 0x7f)
		i++;
	return i;
}

static bool
same_letters(const uint8_t *p, const char *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (upper(p[i]) != (uint8_t)word[i])
			return false;
	return true;
}

enum line_kind
line_kind(const uint8_t *p, size_t n)
{
	size_t length = word_length(p, n);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t full = strlen(words[i].word);

		if (length > full || !same_letters(p, words[i].word, length))
			continue;
		if (length == n)
			return LINE_MORE;
		if (length == full)
			return words[i].kind;
	}
	return LINE_OTHER;
}

enum line_end
line_end(const uint8_t *p, size_t n, size_t *length)
{
	size_t most = n < LINE_OCTETS ? n : LINE_OCTETS;

	for (size_t i = 0; i < most; i++) {
		*length = i + 1;
		if (p[i] == '\n')
			return i > 0 && p[i - 1] == '\r' ? LINE_WHOLE
			                                 : LINE_BARE;
		if (i > 0 && p[i - 1] == '\r')
			return LINE_BARE;
	}
	*length = most;
	return most == LINE_OCTETS ? LINE_LONG : LINE_OPEN;
}

/* The length of the line without its CR LF and the blanks before it. */
static size_t
trimmed(const uint8_t *p, size_t n)
{
	CHECK(n >= 2 && p[n - 2] == '\r' && p[n - 1] == '\n');
	for (n -= 2; n > 0 && is_blank(p[n - 1]);)
		n--;
	return n;
}

int
line_verb(const uint8_t *p, size_t n, struct buf *octets)
{
	size_t word = strlen(LINE_KEYWORD), end = trimmed(p, n);

	for (size_t i = 0; i < end; i++)
		if ((p[i] < ' ' && p[i] != '\t') || p[i] > '~')
			return 500;
	if (end <= word)
		return 250;
	if (p[word] != ' ')
		return 501;
	return base64_decode(p + word + 1, end - word - 1, octets) ? 250 : 501;
}

bool
line_reply(const uint8_t *p, size_t n, struct line_reply *reply)
{
	size_t end = trimmed(p, n);

	memset(reply, 0, sizeof(*reply));
	for (size_t i = 0; i < 3; i++) {
		if (i >= end || p[i] < '0' || p[i] > '9')
			return false;
		reply->code = 10 * reply->code + p[i] - '0';
	}
	if (p[0] < '2' || p[0] > '5' || (end > 3 && p[3] != ' ' && p[3] != '-'))
		return false;
	reply->last = end == 3 || p[3] == ' ';
	reply->text = p + (end > 3 ? 4 : 3);
	reply->length = end > 4 ? end - 4 : 0;
	return true;
}

void
line_put_verb(struct buf *out, const uint8_t *octets, size_t n)
{
	CHECK(n <= LINE_VERB_DATA);
	buf_text(out, LINE_KEYWORD);
	if (n > 0)
		buf_u8(out, ' ');
	base64_encode(out, octets, n);
	buf_text(out, "\r\n");
}

void
line_put_reply(struct buf *out, const uint8_t *octets, size_t n)
{
	size_t part;

	do {
		part = n < LINE_REPLY_DATA ? n : LINE_REPLY_DATA;
		buf_text(out, part < n ? "250-" : "250 ");
		base64_encode(out, octets, part);
		buf_text(out, "\r\n");
		octets = part < n ? octets + part : octets;
		n -= part;
	} while (n > 0);
}

void
line_put_refusal(struct buf *out, int code)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].code == code) {
			buf_text(out, refusals[i].text);
			return;
		}
	}
	CHECK(false);
}
