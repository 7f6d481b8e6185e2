#include "plugins/exim/listens.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_MAX 64 /* octets of one, and its NUL: longer ones are none */
#define PORTS_MAX 16

/* An Exim list: `<;` in front says what separates, else it is a colon; one
 * that stands twice is one of the text. */
struct listens_list {
	const char *at;
	char separator;
};

static struct listens_list
listens_list_of(const char *text)
{
	struct listens_list list = { text == NULL ? "" : text, ':' };

	list.at += strspn(list.at, " \t");
	if (list.at[0] == '<' && list.at[1] != '\0' &&
	    strchr(";:,/|!%&+", list.at[1]) != NULL) {
		list.separator = list.at[1];
		list.at += 2;
	}
	return list;
}

/* The next item without the blanks around it, "" one that is too long; false:
 * there is none. */
static bool
listens_item(struct listens_list *list, char out[ITEM_MAX])
{
	const char *at = list->at + strspn(list->at, " \t");
	size_t n = 0, all = 0;

	if (*at == '\0')
		return false;
	for (; *at != '\0'; at++, all++) {
		if (*at == list->separator && *++at != list->separator)
			break;
		if (*at == '\0')
			break;
		if (n < ITEM_MAX - 1)
			out[n++] = *at;
	}
	list->at = at;
	while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\t'))
		n--;
	out[all < ITEM_MAX ? n : 0] = '\0';
	return true;
}

/* 0: it is none. */
static uint16_t
listens_port(const char *text)
{
	static const struct {
		const char *name;
		uint16_t port;
	} names[] = { { "smtp", 25 }, { "submission", 587 },
		{ "submissions", 465 }, { "smtps", 465 } };
	unsigned long n;
	char *end;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i].name) == 0)
			return names[i].port;
	n = strtoul(text, &end, 10);
	return *text == '\0' || *end != '\0' || n > 65535 ? 0 : (uint16_t)n;
}

static size_t
listens_ports(const char *text, uint16_t out[PORTS_MAX])
{
	struct listens_list list = listens_list_of(text);
	char item[ITEM_MAX];
	size_t n = 0;

	while (n < PORTS_MAX && listens_item(&list, item)) {
		out[n] = listens_port(item);
		n += out[n] != 0;
	}
	return n;
}

/* `[192.0.2.1]:25`, which is 192.0.2.1:25 here, or an address alone. */
static bool
listens_bracketed(struct addr *out, char *item)
{
	char *end = strchr(item, ']');

	if (*item != '[' || end == NULL)
		return addr_read(out, item) && out->port == 0;
	*end = '\0';
	if (!addr_read(out, item + 1) || out->port != 0)
		return false;
	if (end[1] == ':')
		out->port = listens_port(end + 2);
	return end[1] == '\0' || out->port != 0;
}

/* `192.0.2.1.25` and `::1.25`: the last dot of four, or of one. */
static bool
listens_dotted(struct addr *out, char *item)
{
	char *dot = strrchr(item, '.');
	uint16_t port = dot == NULL ? 0 : listens_port(dot + 1);

	if (port == 0)
		return false;
	*dot = '\0';
	if (!addr_read(out, item) || out->port != 0)
		return false;
	out->port = port;
	return true;
}

static bool
listens_address(struct addr *out, const char *item)
{
	char copy[ITEM_MAX];

	memcpy(copy, item, strlen(item) + 1);
	if (listens_bracketed(out, copy))
		return true;
	memcpy(copy, item, strlen(item) + 1);
	return listens_dotted(out, copy);
}

struct listens_tls {
	uint16_t port[PORTS_MAX];
	size_t n;
};

static void
listens_add(struct mta *out, const struct listens_tls *tls, struct addr addr,
    uint16_t port)
{
	for (size_t i = 0; i < tls->n; i++)
		if (tls->port[i] == port)
			return;
	addr.port = port;
	if (out->nsmtp < MTA_SMTP)
		out->smtp[out->nsmtp++] = addr;
}

void
listens_read(struct mta *out, const char *interfaces, const char *ports,
    const char *tls_ports)
{
	struct listens_list list = listens_list_of(interfaces);
	struct listens_tls tls;
	uint16_t usual[PORTS_MAX];
	size_t n = listens_ports(ports, usual);
	char item[ITEM_MAX];
	struct addr addr;

	tls.n = listens_ports(tls_ports, tls.port);
	out->nsmtp = 0;
	memset(out->smtp, 0, sizeof(out->smtp));
	while (listens_item(&list, item)) {
		if (!listens_address(&addr, item))
			continue;
		if (addr.port != 0)
			listens_add(out, &tls, addr, addr.port);
		for (size_t i = 0; i < n && addr.port == 0; i++)
			listens_add(out, &tls, addr, usual[i]);
	}
}
