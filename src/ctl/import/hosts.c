#include "ctl/import/hosts.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"

#define BLANKS " \t\r\n"
#define SMTP_PORT 25
#define PEER_PORT 691

/* ADDRESS NAME..., cut in place. False: not that. */
static bool
host_line_take(struct import_hosts *hosts, char *line, unsigned number)
{
	struct import_host host = { .line = number };
	char *rest = NULL, *word;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, BLANKS, &rest);
	if (word == NULL)
		return true;
	if (!addr_read(&host.addr, word) || host.addr.port != 0)
		return false;
	word = strtok_r(NULL, BLANKS, &rest);
	if (word == NULL)
		return false;
	for (; word != NULL; word = strtok_r(NULL, BLANKS, &rest)) {
		str_lower(word);
		if (!str_is_host(word))
			continue; /* a short name, as such files have them */
		host.name = mem_str(word);
		vec_push(&hosts->list, host);
	}
	return true;
}

int
import_hosts_load(const struct call *call, struct import_hosts *hosts)
{
	char line[4096];
	FILE *in;
	int status = CALL_OK;

	hosts->file = call_option(call, "hosts");
	if (hosts->file == NULL)
		return CALL_OK;
	in = fopen(hosts->file, "re");
	if (in == NULL)
		return call_usage("%s: %s", hosts->file, strerror(errno));
	for (unsigned n = 1; fgets(line, sizeof(line), in) != NULL; n++)
		if (!host_line_take(hosts, line, n))
			status = call_usage(
			    "%s:%u: write ADDRESS NAME, as hosts(5) has it",
			    hosts->file, n);
	fclose(in);
	return status;
}

void
import_hosts_done(struct import_hosts *hosts)
{
	for (size_t i = 0; i < hosts->list.n; i++)
		mem_free(hosts->list.v[i].name);
	vec_done(&hosts->list);
}

const char *
import_hosts_name(const struct import_hosts *hosts, const struct addr *addr)
{
	for (size_t i = 0; i < hosts->list.n; i++)
		if (addr_same_ip(&hosts->list.v[i].addr, addr))
			return hosts->list.v[i].name;
	return NULL;
}

static void
reach_add(struct import_server *server, const struct addr *addr)
{
	struct addr at = *addr;

	at.port = SMTP_PORT;
	if (!addr_is_hop(&at, false))
		return;
	import_server_reach(server, &at, false);
	at.port = PEER_PORT;
	import_server_reach(server, &at, true);
}

static void
reach_by_dns(struct import_server *server)
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM }, *list = NULL;

	if (getaddrinfo(server->name, NULL, &want, &list) != 0)
		return;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		struct addr addr = { 0 };
		struct sockaddr_in four;
		struct sockaddr_in6 six;

		if (a->ai_family == AF_INET) {
			memcpy(&four, a->ai_addr, sizeof(four));
			addr.family = 4;
			memcpy(addr.ip, &four.sin_addr, 4);
		} else if (a->ai_family == AF_INET6) {
			memcpy(&six, a->ai_addr, sizeof(six));
			addr.family = 6;
			memcpy(addr.ip, &six.sin6_addr, 16);
		}
		reach_add(server, &addr);
	}
	freeaddrinfo(list);
}

void
import_hosts_reach(
    const struct import_hosts *hosts, struct import *im, bool dns)
{
	for (size_t i = 0; i < im->servers.n; i++) {
		struct import_server *server = &im->servers.v[i];

		for (size_t k = 0; server->smtp.n == 0 && k < hosts->list.n;
		     k++)
			if (strcmp(hosts->list.v[k].name, server->name) == 0)
				for (size_t m = k; m < hosts->list.n; m++)
					if (strcmp(hosts->list.v[m].name,
						server->name) == 0)
						reach_add(server,
						    &hosts->list.v[m].addr);
		if (server->smtp.n == 0 && dns)
			reach_by_dns(server);
	}
}
