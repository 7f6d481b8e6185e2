#include "plugins/postfix/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lsa/match.h"

#define MAIN_CF "/etc/postfix"
#define LIFETIME_MAX 8640000u /* 100 days: maximal_queue_lifetime is no more */

static void
read_families(struct mta *out, const char *value)
{
	bool all = strstr(value, "all") != NULL;
	bool v4 = strstr(value, "ipv4") != NULL;
	bool v6 = strstr(value, "ipv6") != NULL;

	if (!all && !v4 && !v6)
		return;
	out->ipv4 = all || v4;
	out->ipv6 = all || v6;
}

/* An address as main.cf has it, with brackets or without. */
static bool
read_address(struct addr *out, const char *value, size_t n)
{
	char text[ADDR_TEXT];
	bool brackets = n > 2 && *value == '[';

	if (n >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)(n - (brackets ? 2 : 0)),
	    value + brackets);
	return addr_read(out, text);
}

/*
 * Where Postfix has one address alone of a family, it connects from there, as
 * what it calls a virtual host: with smtp_bind_address unset.
 */
static void
read_interfaces(struct mta *out, const char *value)
{
	struct addr only[2] = { { 0 } };
	size_t count[2] = { 0 };
	struct addr addr;

	out->bind4 = out->bind6 = (struct addr){ 0 };
	while (*(value += strspn(value, ", ")) != '\0') {
		size_t n = strcspn(value, ", ");

		if (!read_address(&addr, value, n))
			return; /* all, or a name: nobody knows how many */
		count[addr.family == 6]++;
		only[addr.family == 6] = addr;
		value += n;
	}
	if (count[0] == 1 && !addr_is_loopback(&only[0]))
		out->bind4 = only[0];
	if (count[1] == 1 && !addr_is_loopback(&only[1]))
		out->bind6 = only[1];
}

static void
read_bind(struct addr *out, const char *value, uint8_t family)
{
	struct addr addr;

	if (*value == '\0')
		return; /* what inet_interfaces says, read before */
	*out = (struct addr){ 0 };
	if (read_address(&addr, value, strlen(value)) && addr.family == family)
		*out = addr;
}

/* A time as Postfix writes it: a number and one of s, m, h, d, w; days
 * without. 0 when it is none, or longer than Postfix takes. */
static uint32_t
read_time(const char *value)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 }, { '\0', 86400 } };
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end > value && *end == units[i].unit &&
		    (*end == '\0' || end[1] == '\0') &&
		    n <= LIFETIME_MAX / units[i].seconds)
			return (uint32_t)n * units[i].seconds;
	return 0;
}

static void
facts_read_text(char *out, size_t room, const char *value)
{
	if (strlen(value) < room)
		snprintf(out, room, "%s", value);
}

/* Behind the delimiters that it is about. */
static void
read_owners(struct mta *out, const char *value)
{
	size_t n = strlen(out->delimiters);

	if (strcmp(value, "no") != 0 || n + 1 >= sizeof(out->delimiters) ||
	    strchr(out->delimiters, '-') == NULL ||
	    out->delimiters[0] == MATCH_NO_OWNERS)
		return;
	memmove(out->delimiters + 1, out->delimiters, n + 1);
	out->delimiters[0] = MATCH_NO_OWNERS;
}

/* A word that is not known lays nothing down: what was there stays. */
static void
read_lookup(struct mta *out, const char *value)
{
	bool dns = strstr(value, "dns") != NULL;
	bool native = strstr(value, "native") != NULL;

	if (!dns && !native)
		return;
	out->dns = dns;
	out->native = native;
}

void
facts_read(struct mta *out, const char *name, const char *value)
{
	if (strcmp(name, "inet_protocols") == 0)
		read_families(out, value);
	else if (strcmp(name, "inet_interfaces") == 0)
		read_interfaces(out, value);
	else if (strcmp(name, "smtp_bind_address") == 0)
		read_bind(&out->bind4, value, 4);
	else if (strcmp(name, "smtp_bind_address6") == 0)
		read_bind(&out->bind6, value, 6);
	else if (strcmp(name, "smtp_host_lookup") == 0)
		read_lookup(out, value);
	else if ((strcmp(name, "smtp_dns_support_level") == 0 &&
		     strcmp(value, "disabled") == 0) ||
		 (strcmp(name, "disable_dns_lookups") == 0 &&
		     strcmp(value, "yes") == 0))
		read_lookup(out, "native"); /* whatever was said before */
	else if (strcmp(name, "recipient_delimiter") == 0)
		facts_read_text(
		    out->delimiters, sizeof(out->delimiters), value);
	else if (strcmp(name, "owner_request_special") == 0)
		read_owners(out, value);
	else if (strcmp(name, "queue_directory") == 0 && *value == '/')
		facts_read_text(
		    out->queue_directory, sizeof(out->queue_directory), value);
	else if (strcmp(name, "maximal_queue_lifetime") == 0)
		out->lifetime_s = read_time(value);
	else if (strcmp(name, "smtputf8_enable") == 0)
		out->utf8 = strcmp(value, "no") != 0;
}

/* The value of a line `name = value`, lent from it; NULL: another line. */
static char *
facts_value_of(char *line, const char *name)
{
	size_t n = strlen(name);
	char *value = line + n;

	if (strncmp(line, name, n) != 0)
		return NULL;
	value += strspn(value, " \t");
	if (*value++ != '=')
		return NULL;
	value += strspn(value, " \t");
	value[strcspn(value, " \t\r\n")] = '\0';
	return value;
}

/* Of two lines that say the same the last one counts, as Postfix has it. */
void
facts_look(struct mta *out, const char *configuration)
{
	static const char *const names[] = { "queue_directory",
		"maximal_queue_lifetime" };
	char path[512], line[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/main.cf",
	    configuration == NULL ? MAIN_CF : configuration);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			char *value = facts_value_of(line, names[i]);

			if (value != NULL)
				facts_read(out, names[i], value);
		}
	}
	if (f != NULL)
		fclose(f);
}
