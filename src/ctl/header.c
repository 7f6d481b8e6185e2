#include "ctl/header.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "core/lsa/limits.h"

/* Behind the line that begins at `at`, its end included. */
static size_t
line_behind(const char *p, size_t n, size_t at)
{
	const char *end = memchr(p + at, '\n', n - at);

	return end == NULL ? n : (size_t)(end - p) + 1;
}

static bool
line_is_empty(const char *p, size_t n, size_t at)
{
	return p[at] == '\n' ||
	       (p[at] == '\r' && at + 1 < n && p[at + 1] == '\n');
}

/* Behind the field that begins at `at`: its lines, and those that go on with
 * it (RFC 5322 2.2.3). */
static size_t
field_behind(const char *p, size_t n, size_t at)
{
	at = line_behind(p, n, at);
	while (at < n && (p[at] == ' ' || p[at] == '\t'))
		at = line_behind(p, n, at);
	return at;
}

static bool
header_is_named(const char *name, const char *p, size_t n)
{
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--; /* RFC 5322 4.5 has blanks before the colon */
	return strlen(name) == n && strncasecmp(name, p, n) == 0;
}

/* As much of a value as tells messages apart, without the blank behind the
 * colon: blanks do not count, but what they displace would. */
static char *
value_keep(const char *p, size_t n)
{
	while (n > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	return mem_dup(p, n < LIMIT_ID_OCTETS ? n : LIMIT_ID_OCTETS);
}

static void
field_take(struct header *h, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);
	size_t len = (size_t)(colon - p), rest = n - len - 1;

	if (header_is_named(MARK_FIELD, p, len)) {
		h->traces++;
		mark_trace_add(&h->trace, colon + 1, rest);
	} else if (header_is_named("Received", p, len)) {
		h->received++;
		mem_free(h->oldest);
		h->oldest = value_keep(colon + 1, rest);
	} else if (h->id == NULL && header_is_named("Message-ID", p, len)) {
		h->id = value_keep(colon + 1, rest);
	}
}

void
header_read(const char *p, size_t n, struct header *out)
{
	size_t at = 0, end;

	*out = (struct header){ 0 };
	if (n > 5 && memcmp(p, "From ", 5) == 0)
		at = line_behind(p, n, 0);
	for (; at < n && !line_is_empty(p, n, at); at = end) {
		end = field_behind(p, n, at);
		if (memchr(p + at, ':', line_behind(p, n, at) - at) == NULL)
			return; /* no field */
		field_take(out, p + at, end - at);
	}
}

bool
header_message(const struct header *header, const struct crypto *crypto,
    uint8_t message[CRYPTO_DIGEST])
{
	const char *name = header->id != NULL ? header->id : header->oldest;

	if (name == NULL)
		return false;
	mark_message(name, strlen(name), crypto, message);
	return true;
}

void
header_done(struct header *header)
{
	mark_trace_done(&header->trace);
	mem_free(header->id);
	mem_free(header->oldest);
	*header = (struct header){ 0 };
}
