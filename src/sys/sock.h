/*
 * sock.h - addresses and sockets: between struct addr and the system's.
 */

#ifndef SYS_SOCK_H
#define SYS_SOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#include "base/addr.h"

/* Into *out; returns its length, 0 for an address of no family. */
socklen_t sock_of_addr(const struct addr *addr, struct sockaddr_storage *out);

/* Family 0 for what is neither IPv4 nor IPv6. An IPv4 address in IPv6's
 * clothes (RFC 4291 2.5.5.2) becomes IPv4. */
struct addr sock_addr(const struct sockaddr *sa);

/* As many descriptors as the system lets us have, at most `most`. */
void sock_room(uint64_t most);

/* A listening socket, non-blocking, for IPv6 without IPv4; -1: errno tells. */
int sock_listen(const struct addr *addr);

/*
 * A socket that is being connected, non-blocking; -1: errno tells: ENETUNREACH
 * also where this host has no address of that family. With
 * `source` (may be NULL) it comes from that address, if that is ours to use.
 */
int sock_connect(const struct addr *to, const struct addr *source);

/* What became of a connection that was being made: 0 or an errno. */
int sock_error(int fd);

/* A word for the usual reasons why nobody could be reached. */
const char *sock_reason(int error);

/* Small messages go at once, a silent host is noticed, and what the kernel
 * keeps unsent is little, so that what matters is not queued behind it. */
void sock_tune(int fd);

/* The round trip of a connection in microseconds, as the kernel has measured it
 * by what was confirmed; 0: not known, or this is no TCP. */
uint32_t sock_round_trip(int fd);

#endif
