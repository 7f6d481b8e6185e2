#include "io/peer_cred.h"

#include <stdbool.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/mem.h"

#ifndef SO_PEERGROUPS /* Linux 4.13; the C library may be older */
#define SO_PEERGROUPS 59
#endif

#define PEER_CRED_GROUPS 65536

static bool
has_group(int fd, gid_t group)
{
	socklen_t n = PEER_CRED_GROUPS * sizeof(gid_t);
	gid_t *groups = mem_new(0, PEER_CRED_GROUPS, sizeof(gid_t));
	bool found = false;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) == 0)
		for (size_t i = 0; i < n / sizeof(gid_t) && !found; i++)
			found = groups[i] == group;
	mem_free(groups);
	return found;
}

enum peer_cred_right
peer_cred_of(int fd, uint32_t *uid)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	*uid = UINT32_MAX;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return PEER_CRED_NONE;
	*uid = cred.uid;
	if (cred.uid == 0 || cred.uid == geteuid())
		return PEER_CRED_CHANGE;
	if (cred.gid == getegid() || has_group(fd, getegid()))
		return PEER_CRED_READ;
	return PEER_CRED_NONE;
}
