#include "cfg/setting.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/asks.h"
#include "core/lsa/limits.h"
#include "core/lsa/lsa_position.h"
#include "core/lsa/policy.h"
#include "core/lsa/way.h"
#include "idn/labels.h"

/* Decimal digits alone; *rest is what follows them. */
static int
setting_number(const char *text, uint64_t *out, const char **rest)
{
	uint64_t n = 0;

	*out = 0;
	if (*text < '0' || *text > '9')
		return RC_FORMAT;
	for (; *text >= '0' && *text <= '9'; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return RC_RANGE;
		n = n * 10 + digit;
	}
	*out = n;
	*rest = text;
	return RC_OK;
}

struct unit {
	const char *word;
	uint64_t times;
};

static const struct unit durations[] = { { "h", 3600000 }, { "m", 60000 },
	{ "s", 1000 }, { "ms", 1 }, { NULL, 0 } };
static const struct unit sizes[] = { { "G", 1 << 30 }, { "M", 1 << 20 },
	{ "k", 1 << 10 }, { "", 1 }, { NULL, 0 } };
static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };
static const struct unit percent[] = { { "%", 1 }, { NULL, 0 } };

/* A number and one of the units, within the option's range. */
static int
quantity(const struct schema *option, const char *text,
    const struct unit *units, uint64_t *out)
{
	const char *rest;
	int rc = setting_number(text, out, &rest);

	if (rc != RC_OK)
		return rc;
	/* 010 is eight to some and ten to others. */
	if (text[0] == '0' && rest - text > 1)
		return RC_FORMAT;
	while (units->word != NULL && strcmp(units->word, rest) != 0)
		units++;
	if (units->word == NULL)
		return RC_FORMAT;
	if (*out > (uint64_t)INT64_MAX / units->times)
		return RC_RANGE;
	*out *= units->times;
	if ((int64_t)*out < option->min || (int64_t)*out > option->max)
		return RC_RANGE;
	return RC_OK;
}

static void
quantity_write(struct buf *out, const struct unit *units, uint64_t value)
{
	while (units[1].word != NULL &&
	       (value < units->times || value % units->times != 0))
		units++;
	buf_printf(out, "%" PRIu64 "%s", value / units->times, units->word);
}

void
setting_duration(struct buf *out, uint32_t ms)
{
	quantity_write(out, durations, ms);
}

void
setting_size(struct buf *out, uint64_t octets)
{
	quantity_write(out, sizes, octets);
}

int
setting_address(const char *text, struct addr *out)
{
	const char *colon = strrchr(text, ':'), *rest;
	char ip[ADDR_TEXT];
	size_t n = colon == NULL ? 0 : (size_t)(colon - text);
	bool brackets = n > 2 && text[0] == '[' && text[n - 1] == ']';
	uint64_t port;

	memset(out, 0, sizeof(*out));
	if (n == 0 || n >= sizeof(ip) ||
	    setting_number(colon + 1, &port, &rest) != 0)
		return RC_FORMAT;
	if (*rest != '\0' || port == 0 || port > 65535 || colon[1] == '0')
		return RC_FORMAT;
	memcpy(ip, text + brackets, n - 2 * brackets);
	ip[n - 2 * brackets] = '\0';
	if (inet_pton(brackets ? AF_INET6 : AF_INET, ip, out->ip) != 1)
		return RC_FORMAT;
	out->family = brackets ? 6 : 4;
	out->port = (uint16_t)port;
	return RC_OK;
}

static bool
only_of(const char *text, const char *also)
{
	for (; *text != '\0'; text++) {
		bool word = (*text >= 'a' && *text <= 'z') ||
		            (*text >= 'A' && *text <= 'Z') ||
		            (*text >= '0' && *text <= '9');

		if (!word && strchr(also, *text) == NULL)
			return false;
	}
	return true;
}

static bool
is_transport(const char *text)
{
	return text[0] != '\0' && text[0] != '-' && strlen(text) <= 63 &&
	       only_of(text, "-_");
}

static bool
is_text(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* Transports that end a message, and our own, which would bring it back. */
static const char *const no_ways[] = { "error", "discard", "retry", "lsrd",
	"lsrd-hold", NULL };

/* transport:nexthop, nothing that main.cf would expand or a shell run. */
static int
way_check(const char *text)
{
	const char *colon = strchr(text, ':');
	char name[64];
	size_t n;

	if (colon == NULL || strlen(text) > 255)
		return RC_FORMAT;
	n = (size_t)(colon - text);
	if (n >= sizeof(name))
		return RC_FORMAT;
	memcpy(name, text, n);
	name[n] = '\0';
	if (!is_transport(name) || !only_of(colon + 1, ".:/[]_@-"))
		return RC_FORMAT;
	for (size_t i = 0; no_ways[i] != NULL; i++)
		if (strcmp(name, no_ways[i]) == 0)
			return RC_CLAIM;
	return RC_OK;
}

int
setting_way_host(const char *way, struct addr *addr, char **host)
{
	const char *open = strchr(way, '['), *shut;
	char ip[STR_HOST_MAX + 1];
	size_t n;

	*host = NULL;
	memset(addr, 0, sizeof(*addr));
	shut = open == NULL ? NULL : strchr(open, ']');
	if (shut == NULL || open[-1] != ':' || shut - open > STR_HOST_MAX)
		return RC_FORMAT;
	n = (size_t)(shut - open) - 1;
	memcpy(ip, open + 1, n);
	ip[n] = '\0';
	if (!way_port(shut + 1, &addr->port))
		return RC_FORMAT;
	if (addr->port == 0)
		addr->port = 25;
	if (inet_pton(AF_INET, ip, addr->ip) == 1) {
		addr->family = 4;
	} else if (inet_pton(AF_INET6, ip, addr->ip) == 1) {
		addr->family = 6;
	} else {
		str_lower(ip);
		if (!str_is_host(ip))
			return RC_FORMAT;
		*host = mem_str(ip);
	}
	return RC_OK;
}

/* A field of `base`: memcpy'd, so that no cast has to lie of alignment. */
static void
field_set(const struct schema *option, void *base, const void *v, size_t n)
{
	memcpy((char *)base + option->at, v, n);
}

static int
string_check(enum schema_type type, char *copy)
{
	struct asks asks;

	if (type == SCHEMA_HOST || type == SCHEMA_WORD)
		str_lower(copy);
	if (type == SCHEMA_HOST)
		return str_is_host(copy) ? RC_OK : RC_NAME;
	if (type == SCHEMA_WORD)
		return str_is_word(copy) ? RC_OK : RC_NAME;
	if (type == SCHEMA_PATH || type == SCHEMA_INCLUDE)
		return copy[0] == '/' && is_text(copy) ? RC_OK : RC_FORMAT;
	if (type == SCHEMA_TRANSPORT || type == SCHEMA_USER)
		return is_transport(copy) ? RC_OK : RC_NAME;
	if (type == SCHEMA_WAY)
		return way_check(copy);
	if (type == SCHEMA_BY)
		return way_by(copy);
	if (type == SCHEMA_ASKS)
		return asks_read(&asks, copy);
	if (type == SCHEMA_SCHEDULE)
		return policy_schedule_check(copy);
	/* A reason is shown by others: it cannot end a string of theirs. */
	if (!is_text(copy) || strpbrk(copy, "\"\\") != NULL)
		return RC_FORMAT;
	return strlen(copy) <= LIMIT_REASON_OCTETS ? RC_OK : RC_FORMAT;
}

static int
string_set(const struct schema *option, void *base, const char *text)
{
	char *copy = mem_str(text), *old;
	int rc;

	if (option->type == SCHEMA_WAY && strcmp(text, "here") == 0) {
		mem_free(copy);
		copy = NULL;
	}
	rc = copy == NULL ? RC_OK : string_check(option->type, copy);
	if (rc != RC_OK) {
		mem_free(copy);
		return rc;
	}
	memcpy(&old, (char *)base + option->at, sizeof(old));
	mem_free(old);
	field_set(option, base, &copy, sizeof(copy));
	return RC_OK;
}

static int
word_set(const struct schema *option, void *base, const char *text)
{
	static const char *const yes_no[] = { "no", "yes", NULL };
	static const char *const none_any[] = { "", "any", NULL };
	const char *const *words = option->type == SCHEMA_BOOLEAN ? yes_no
	                           : option->type == SCHEMA_ANY   ? none_any
	                                                        : option->words;
	int i = 0;
	bool flag;

	while (words[i] != NULL && strcmp(words[i], text) != 0)
		i++;
	if (words[i] == NULL)
		return RC_FORMAT;
	flag = i != 0;
	if (option->type == SCHEMA_CHOICE)
		field_set(option, base, &i, sizeof(i));
	else
		field_set(option, base, &flag, sizeof(flag));
	return RC_OK;
}

static int
number_set(const struct schema *option, void *base, const char *text)
{
	const struct unit *units = plain;
	uint64_t v;
	uint32_t small;
	int rc;

	if (option->type == SCHEMA_DURATION)
		units = durations;
	else if (option->type == SCHEMA_SIZE)
		units = sizes;
	else if (option->type == SCHEMA_PERCENT)
		units = percent;
	rc = quantity(option, text, units, &v);
	if (rc != RC_OK)
		return rc;
	small = (uint32_t)v;
	if (option->type == SCHEMA_SIZE)
		field_set(option, base, &v, sizeof(v));
	else
		field_set(option, base, &small, sizeof(small));
	return RC_OK;
}

static int
address_add(const struct schema *option, void *base, const char *text)
{
	struct addr one, *list;
	size_t n;
	int rc = setting_address(text, &one);

	if (rc != RC_OK)
		return rc;
	if (option->type == SCHEMA_ADDRESS) {
		field_set(option, base, &one, sizeof(one));
		return RC_OK;
	}
	memcpy(&n, (char *)base + option->n_at, sizeof(n));
	if (option->type == SCHEMA_FOUR)
		list = (void *)((char *)base + option->at);
	else
		memcpy(&list, (char *)base + option->at, sizeof(list));
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&list[i], &one))
			return RC_TWICE;
	if (n >= (option->type == SCHEMA_FOUR ? 4u : 16u))
		return RC_LIMIT;
	if (option->type == SCHEMA_ADDRESSES) {
		list = mem_grow(list, n + 1, sizeof(*list));
		field_set(option, base, &list, sizeof(list));
	}
	list[n++] = one;
	memcpy((char *)base + option->n_at, &n, sizeof(n));
	return RC_OK;
}

static int
sender_add(const struct schema *option, void *base, const char *text)
{
	char **list, *copy = labels_to_a(text);
	int rc = RC_OK;
	size_t n;

	memcpy(&n, (char *)base + option->n_at, sizeof(n));
	memcpy(&list, (char *)base + option->at, sizeof(list));
	if (strcmp(copy, "<>") != 0 && !str_is_pattern(copy))
		rc = RC_NAME;
	else if ((int64_t)n >= option->max)
		rc = RC_LIMIT;
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (strcmp(list[i], copy) == 0)
			rc = RC_TWICE;
	if (rc != RC_OK) {
		mem_free(copy);
		return rc;
	}
	list = mem_grow(list, n + 1, sizeof(*list));
	list[n++] = copy;
	field_set(option, base, &list, sizeof(list));
	memcpy((char *)base + option->n_at, &n, sizeof(n));
	return RC_OK;
}

static int
priority_add(const struct schema *option, void *base, const char *text)
{
	uint8_t *set = (uint8_t *)base + option->at,
		bit = policy_priority(text);

	if (bit == 0)
		return RC_FORMAT;
	if ((*set & bit) != 0)
		return RC_TWICE;
	*set |= bit;
	return RC_OK;
}

/* Degrees with at most six places: no exponent, and nothing that is no
 * number. */
static int
degrees_read(const char *text, int64_t *out)
{
	const char *rest, *from;
	bool minus = *text == '-';
	uint64_t whole, part = 0;
	int rc = setting_number(text + minus, &whole, &rest);

	if (rc != RC_OK || (*rest != '\0' && *rest != '.'))
		return rc != RC_OK ? rc : RC_FORMAT;
	if (whole > 180)
		return RC_RANGE;
	if (*rest == '.') {
		from = rest + 1;
		rc = setting_number(from, &part, &rest);
		if (rc != RC_OK || *rest != '\0' || rest - from > 6)
			return RC_FORMAT;
		for (long i = rest - from; i < 6; i++)
			part *= 10;
	}
	*out = (int64_t)(whole * 1000000 + part) * (minus ? -1 : 1);
	return RC_OK;
}

static int
degrees_add(const struct schema *option, void *base, const char *text)
{
	struct lsa_position position;
	int64_t v;
	int rc = degrees_read(text, &v);

	memcpy(&position, (char *)base + option->at, sizeof(position));
	if (rc != RC_OK)
		return rc;
	if (position.n >= 2)
		return RC_LIMIT;
	if (!lsa_position_fits(position.n, v))
		return RC_RANGE;
	position.at[position.n++] = (int32_t)v;
	field_set(option, base, &position, sizeof(position));
	return RC_OK;
}

int
setting_set(const struct schema *option, void *base, const char *text)
{
	switch (option->type) {
	case SCHEMA_DURATION:
	case SCHEMA_SIZE:
	case SCHEMA_INTEGER:
	case SCHEMA_PERCENT:
		return number_set(option, base, text);
	case SCHEMA_BOOLEAN:
	case SCHEMA_CHOICE:
	case SCHEMA_FLAG:
	case SCHEMA_ANY:
		return word_set(option, base, text);
	case SCHEMA_ADDRESS:
	case SCHEMA_ADDRESSES:
	case SCHEMA_FOUR:
		return address_add(option, base, text);
	case SCHEMA_SENDERS:
		return sender_add(option, base, text);
	case SCHEMA_PRIORITIES:
		return priority_add(option, base, text);
	case SCHEMA_POSITION:
		return degrees_add(option, base, text);
	case SCHEMA_PROBE:
		return setting_address(
		    text, (void *)((char *)base + option->at));
	case SCHEMA_TEXT:
	case SCHEMA_HOST:
	case SCHEMA_WORD:
	case SCHEMA_USER:
	case SCHEMA_PATH:
	case SCHEMA_TRANSPORT:
	case SCHEMA_WAY:
	case SCHEMA_BY:
	case SCHEMA_ASKS:
	case SCHEMA_SCHEDULE:
	case SCHEMA_INCLUDE:
	default:
		return string_set(option, base, text);
	}
}
