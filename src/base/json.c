#include "base/json.h"

#include "base/utf8.h"

/* Beyond the first 65 536 a character is a pair (RFC 8259 7). */
static void
escape(struct buf *out, uint32_t c)
{
	if (c > 0xffff) {
		buf_printf(
		    out, "\\u%04x", (unsigned)(0xd800 + ((c - 0x10000) >> 10)));
		c = 0xdc00 + ((c - 0x10000) & 0x3ff);
	}
	buf_printf(out, "\\u%04x", (unsigned)c);
}

/* Only what is printable ASCII is written as it is: who prints the JSON to a
 * terminal is not steered by it. An octet that is no UTF-8 becomes U+FFFD. */
static void
escaped(struct buf *out, const char *s)
{
	buf_u8(out, '"');
	while (*s != '\0') {
		const char *plain = s;
		uint32_t c;

		while (*s >= ' ' && *s < 0x7f && *s != '"' && *s != '\\')
			s++;
		buf_bytes(out, plain, (size_t)(s - plain));
		if (*s == '\0')
			break;
		s += utf8_read(s, &c);
		if (c == '"' || c == '\\')
			buf_u8(out, '\\');
		if (c >= 0x20 && c < 0x7f)
			buf_u8(out, (uint8_t)c);
		else
			escape(out, c == UTF8_NONE ? 0xfffd : c);
	}
	buf_u8(out, '"');
}

static void
lead(struct json *j, const char *key)
{
	if (j->comma)
		buf_u8(j->out, ',');
	j->comma = true;
	if (key != NULL) {
		escaped(j->out, key);
		buf_u8(j->out, ':');
	}
}

void
json_open(struct json *j, const char *key, char bracket)
{
	lead(j, key);
	buf_u8(j->out, (uint8_t)bracket);
	j->comma = false;
}

void
json_close(struct json *j, char bracket)
{
	buf_u8(j->out, (uint8_t)bracket);
	j->comma = true;
}

void
json_str(struct json *j, const char *key, const char *value)
{
	lead(j, key);
	escaped(j->out, value);
}

void
json_list(struct json *j, const char *key, char *const *texts, size_t n)
{
	json_open(j, key, '[');
	for (size_t i = 0; i < n; i++)
		json_str(j, NULL, texts[i]);
	json_close(j, ']');
}

/* A database in JSON is digits for the most part: printf would be most of what
 * that takes. */
static void
json_digits(struct buf *out, uint64_t value)
{
	char text[20];
	size_t at = sizeof(text);

	do
		text[--at] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	buf_bytes(out, text + at, sizeof(text) - at);
}

void
json_int(struct json *j, const char *key, int64_t value)
{
	lead(j, key);
	if (value < 0)
		buf_u8(j->out, '-');
	json_digits(j->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void
json_uint(struct json *j, const char *key, uint64_t value)
{
	lead(j, key);
	json_digits(j->out, value < INT64_MAX ? value : INT64_MAX);
}

void
json_bool(struct json *j, const char *key, bool value)
{
	lead(j, key);
	buf_text(j->out, value ? "true" : "false");
}

void
json_hex(struct json *j, const char *key, const uint8_t *p, size_t n)
{
	lead(j, key);
	buf_u8(j->out, '"');
	buf_hex(j->out, p, n);
	buf_u8(j->out, '"');
}

void
json_line(struct json *j)
{
	buf_u8(j->out, '\n');
	j->comma = false;
}
