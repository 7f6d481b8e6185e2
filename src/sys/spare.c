#include "sys/spare.h"

#include <errno.h>
#include <stddef.h>

#include <sys/resource.h>

bool
spare_reached(int fd)
{
	struct rlimit limit;
	rlim_t spare;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return false;
	spare = limit.rlim_cur / 8;
	if (spare > SPARE_DESCRIPTORS)
		spare = SPARE_DESCRIPTORS;
	return (rlim_t)fd + spare >= limit.rlim_cur;
}

const char *
spare_word(int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
		return "no-descriptors";
	case ENOBUFS:
	case ENOMEM:
		return "no-memory";
	case EADDRNOTAVAIL:
	case EADDRINUSE:
	case EAGAIN:
		return "no-ports";
	case ENETDOWN:
	case ENETUNREACH:
		return "no-network";
	case EACCES:
	case EPERM:
		return "forbidden";
	default:
		return NULL;
	}
}
