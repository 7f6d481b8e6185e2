/*
 * peer_cred.h - what the process at the other end of a local socket may do:
 * the kernel says who it is (unix(7), SO_PEERCRED and SO_PEERGROUPS).
 */

#ifndef IO_PEER_CRED_H
#define IO_PEER_CRED_H

#include <stdint.h>

enum peer_cred_right {
	PEER_CRED_NONE,  /* a stranger */
	PEER_CRED_READ,  /* a member of our group */
	PEER_CRED_CHANGE /* root, or our own user */
};

enum peer_cred_right peer_cred_of(int fd, uint32_t *uid);

#endif
