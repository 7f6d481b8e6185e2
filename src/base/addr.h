/*
 * addr.h - an IP address with a port, as data: compared, judged, written, and
 * read in the forms that it is written in. The texts of a configuration are
 * read by cfg/, which is stricter.
 */

#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct cur;

struct addr {
	uint8_t family; /* 0 (none), 4 or 6 */
	uint8_t ip[16]; /* network order; the first 4 octets for IPv4 */
	uint16_t port;
};

#define ADDR_TEXT 56 /* room for "[" 45 "]:65535" and a NUL */

bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_same_ip(const struct addr *a, const struct addr *b);
int addr_order(const struct addr *a, const struct addr *b);

/*
 * True for what may be announced or published as a next hop: not
 * unspecified, loopback, multicast, broadcast, link-local or IPv4-mapped,
 * and a port other than 0. With `lab` loopback is allowed (the small show
 * on 127.x addresses, where there are no network namespaces).
 */
bool addr_is_hop(const struct addr *a, bool lab);
bool addr_is_loopback(const struct addr *a);

/*
 * Into out[ADDR_TEXT]: `192.0.2.1` or `2001:db8::1` in the form of RFC 5952 4.
 * Returns out.
 */
const char *addr_ip_text(const struct addr *a, char *out);

/* The same with port: `192.0.2.1:691`, `[2001:db8::1]:691`. */
const char *addr_text(const struct addr *a, char *out);

/* Reads what addr_text() or addr_ip_text() has written (port 0 then), and any
 * other way to write an IPv6 address but with IPv4 in it; false: neither. */
bool addr_read(struct addr *out, const char *text);

/* As it goes over wires and into files: family, 4 or 16 octets, port. What is
 * read is no more than well-formed; `bad` of the cursor tells where it ended. */
void addr_encode(struct buf *out, const struct addr *a);
void addr_decode(struct cur *in, struct addr *out);

#endif
