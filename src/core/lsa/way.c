#include "core/lsa/way.h"

#include <string.h>

#include "base/rc.h"

static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{ "", 0 },
	{ ":smtp", 25 },
	{ ":submission", 587 },
	{ ":lmtp", 24 },
};

bool
way_port(const char *text, uint16_t *port)
{
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strcmp(text, services[i].name) == 0) {
			*port = services[i].port;
			return true;
		}
	if (text[0] != ':' || text[1] < '1' || text[1] > '9')
		return false;
	for (text++; *text >= '0' && *text <= '9' && n <= UINT16_MAX; text++)
		n = n * 10 + (unsigned)(*text - '0');
	*port = (uint16_t)n;
	return *text == '\0' && n <= UINT16_MAX;
}

static bool
way_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool
way_is_driver(const char *name)
{
	size_t n = 0;

	if (*name == '_' || (*name >= '0' && *name <= '9'))
		return false;
	while (name[n] != '-' && way_is_letter(name[n]))
		n++;
	return n > 0 && n <= STR_WORD_MAX && name[n] == '\0';
}

/* Up to its colon; NULL: no transport. */
static const char *
way_transport(struct way *out, const char *text)
{
	size_t n = 0;

	while (way_is_letter(text[n]))
		n++;
	if (n == 0 || n >= sizeof(out->transport) || text[n] != ':')
		return NULL;
	memcpy(out->transport, text, n);
	return text + n + 1;
}

/* Behind its bracket; NULL: no host. */
static const char *
way_host(struct way *out, const char *text)
{
	const char *end = strchr(text, ']');
	size_t n = end == NULL ? 0 : (size_t)(end - text) - 1;

	if (text[0] != '[' || end == NULL || n >= sizeof(out->host))
		return NULL;
	memcpy(out->host, text + 1, n);
	out->host[n] = '\0';
	if (addr_read(&out->addr, out->host) && out->addr.port == 0) {
		out->host[0] = '\0';
		return end + 1;
	}
	out->addr = (struct addr){ 0 };
	str_lower(out->host);
	return str_is_host(out->host) ? end + 1 : NULL;
}

size_t
way_by_name(const char *text)
{
	return strcspn(text, ":");
}

/* They end a message, or look for its recipient on this host. */
static const char *const no_ways[] = { "error", "discard", "retry", "bounce",
	"defer", "trace", "verify", "local", "virtual", "lsrd-hold", NULL };

int
way_by(const char *text)
{
	size_t name = way_by_name(text);
	const char *hop = text + name;

	if (name == 0 || name > STR_WORD_MAX || *text == '-')
		return RC_FORMAT;
	for (size_t i = 0; i < name; i++)
		if (!way_is_letter(text[i]))
			return RC_FORMAT;
	for (size_t i = 0; no_ways[i] != NULL; i++)
		if (strlen(no_ways[i]) == name &&
		    memcmp(text, no_ways[i], name) == 0)
			return RC_CLAIM;
	if (*hop == '\0')
		return RC_OK;
	if (!way_is_letter(hop[1]) && hop[1] != '[')
		return RC_FORMAT;
	for (hop++; *hop != '\0'; hop++)
		if (!way_is_letter(*hop) && strchr(".:/[]", *hop) == NULL)
			return RC_FORMAT;
	return strlen(text) <= WAY_BY_MAX && text[name + 1] != '-' ? RC_OK
	                                                           : RC_FORMAT;
}

int
way_read(struct way *out, const char *text)
{
	*out = (struct way){ 0 };
	text = way_transport(out, text);
	if (text == NULL)
		return RC_FORMAT;
	if (*text == '\0')
		return RC_OK;
	text = way_host(out, text);
	if (text == NULL || !way_port(text, &out->port))
		return RC_FORMAT;
	return RC_OK;
}
