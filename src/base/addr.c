#include "base/addr.h"

#include <stdio.h>
#include <string.h>

bool
addr_same_ip(const struct addr *a, const struct addr *b)
{
	size_t n = a->family == 4 ? 4 : 16;

	return a->family == b->family && memcmp(a->ip, b->ip, n) == 0;
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_same_ip(a, b) && a->port == b->port;
}

int
addr_order(const struct addr *a, const struct addr *b)
{
	int c;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	c = memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16);
	if (c != 0)
		return c;
	return a->port < b->port ? -1 : a->port > b->port;
}

static bool
all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static bool
is_v6_loopback(const struct addr *a)
{
	return a->family == 6 && all_zero(a->ip, 15) && a->ip[15] == 1;
}

bool
addr_is_loopback(const struct addr *a)
{
	return is_v6_loopback(a) || (a->family == 4 && a->ip[0] == 127);
}

static bool
is_hop4(const uint8_t *ip)
{
	if (ip[0] == 0 || ip[0] >= 224) /* "this", multicast, reserved */
		return false;
	return !(ip[0] == 169 && ip[1] == 254); /* link-local */
}

static bool
is_hop6(const uint8_t *ip)
{
	if (all_zero(ip, 10)) /* unspecified, mapped, compatible */
		return false;
	if (ip[0] == 0xff) /* multicast */
		return false;
	return !(ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80); /* link-local */
}

bool
addr_is_hop(const struct addr *a, bool lab)
{
	if (a->port == 0)
		return false;
	if (addr_is_loopback(a))
		return lab;
	if (a->family == 4)
		return is_hop4(a->ip);
	return a->family == 6 && is_hop6(a->ip);
}

/* Finds the longest run of two or more zero groups (RFC 5952, 4.2). */
static void
longest_zeros(const uint16_t *group, int *start, int *len)
{
	*start = -1;
	*len = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && group[i + n] == 0)
			n++;
		if (n > *len) {
			*start = i;
			*len = n;
		}
	}
}

static void
ip6_text(const uint8_t *ip, char *out)
{
	uint16_t group[8];
	int start, len;
	size_t n = 0;

	for (int i = 0; i < 8; i++)
		group[i] = (uint16_t)(ip[2 * i] << 8 | ip[2 * i + 1]);
	longest_zeros(group, &start, &len);
	for (int i = 0; i < 8; i++) {
		const char *colon = i > 0 ? ":" : "";

		if (i == start) {
			n += (size_t)snprintf(out + n, ADDR_TEXT - n, "::");
			i += len - 1;
			continue;
		}
		if (start >= 0 && i == start + len)
			colon = "";
		n += (size_t)snprintf(
		    out + n, ADDR_TEXT - n, "%s%x", colon, group[i]);
	}
}

const char *
addr_ip_text(const struct addr *a, char *out)
{
	if (a->family == 4)
		snprintf(out, ADDR_TEXT, "%d.%d.%d.%d", a->ip[0], a->ip[1],
		    a->ip[2], a->ip[3]);
	else if (a->family == 6)
		ip6_text(a->ip, out);
	else
		snprintf(out, ADDR_TEXT, "none");
	return out;
}

const char *
addr_text(const struct addr *a, char *out)
{
	char ip[ADDR_TEXT];

	addr_ip_text(a, ip);
	snprintf(out, ADDR_TEXT, a->family == 6 ? "[%.45s]:%u" : "%.45s:%u", ip,
	    (unsigned)a->port);
	return out;
}
