#include "sys/installed.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* Debian's, upstream's, and where its own makefile puts it. */
static const char *const exim[] = { "/usr/sbin/exim4", "/usr/sbin/exim",
	"/usr/exim/bin/exim", NULL };
static const char *const postfix[] = { "/usr/sbin/postconf",
	"/usr/local/sbin/postconf", NULL };

static bool
any_is_there(const char *root, const char *const *programs)
{
	char path[4096];

	for (; *programs != NULL; programs++) {
		snprintf(path, sizeof(path), "%s%s", root, *programs);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

const char *
installed_mta(const char *root)
{
	return any_is_there(root, exim) && !any_is_there(root, postfix)
	           ? "exim"
	           : "postfix";
}
