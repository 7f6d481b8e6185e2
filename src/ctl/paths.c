#include "ctl/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/rc.h"

char *
paths_join(const char *directory, const char *name)
{
	size_t n = strlen(directory) + strlen(name) + 2;
	char *path = mem_new(n, 0, 0);

	snprintf(path, n, "%s/%s", directory, name);
	return path;
}

int
paths_make(const char *directory)
{
	char *path = mem_str(directory);
	int status = CALL_OK;

	for (char *at = path; status == CALL_OK; at++) {
		char was = *at;

		if (at == path || (was != '/' && was != '\0'))
			continue;
		*at = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			status = call_usage("%s: %s", path, strerror(errno));
		*at = was;
		if (was == '\0')
			break;
	}
	mem_free(path);
	return status;
}

bool
paths_is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

int
paths_refuse(const char *path, int rc)
{
	switch (rc) {
	case RC_IO:
		return call_usage("%s: %s", path, strerror(errno));
	case RC_TWICE:
		return call_usage(
		    "%s: exists; --force replaces it, and what was made with "
		    "it no longer holds",
		    path);
	case RC_PERMISSION:
		return call_usage(
		    "%s: others may read this key; chmod 600 %s", path, path);
	case RC_SIGNATURE:
		return call_usage(
		    "%s: not signed by the organization's authority", path);
	default:
		return call_usage(
		    "%s: not a PEM file of the right kind (Ed25519)", path);
	}
}
