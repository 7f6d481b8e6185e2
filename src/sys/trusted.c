#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rc.h"

static bool
trusted_is_ours(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
	       (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int
trusted_file(int folder, const char *name)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return RC_NONE;
	if (!S_ISREG(st.st_mode))
		return RC_FORMAT;
	if (!trusted_is_ours(&st))
		return RC_PERMISSION;
	return (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0 ? RC_NONE
	                                                         : RC_OK;
}

int
trusted_judge(const char *directory, const char *name)
{
	int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int rc;

	if (folder < 0 || fstat(folder, &st) != 0)
		rc = RC_NONE;
	else if (!trusted_is_ours(&st))
		rc = RC_PERMISSION;
	else
		rc = trusted_file(folder, name);
	if (folder >= 0)
		close(folder);
	return rc;
}

const char *
trusted_text(int rc)
{
	return rc == RC_NONE         ? "is not there, or not executable"
	       : rc == RC_PERMISSION ? "may be changed by others than root"
	                             : "is no file of its own";
}
