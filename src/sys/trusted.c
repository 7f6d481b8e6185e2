#include "sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rc.h"
#include "sys/file.h"

#define GROUPS 64

enum { MAY_READ = 4, MAY_RUN = 1 };

struct trusting {
	const struct passwd *as;
	gid_t groups[GROUPS];
	int ngroups;
	bool may_run;
};

static bool
trusted_is_ours(const struct trusting *t, const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid() ||
	       (t->as != NULL && st->st_uid == t->as->pw_uid);
}

static bool
trusted_is_closed(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static void
trusted_run_by(struct trusting *t, const struct stat *st, mode_t bits)
{
	unsigned shift = 0;

	if (t->as == NULL || t->as->pw_uid == 0)
		return;
	for (int i = 0; i < t->ngroups; i++)
		if (t->groups[i] == st->st_gid)
			shift = 3;
	if (st->st_uid == t->as->pw_uid)
		shift = 6;
	if ((st->st_mode >> shift & bits) != bits)
		t->may_run = false;
}

/* What its interpreter has to read. */
static bool
is_script(int folder, const char *name)
{
	char begin[2] = "";
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return false;
	if (read(fd, begin, sizeof(begin)) != sizeof(begin))
		begin[0] = 0;
	file_close(fd);
	return memcmp(begin, "#!", sizeof(begin)) == 0;
}

static int
trusted_file(struct trusting *t, int folder, const char *name)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return RC_NONE;
	if (!S_ISREG(st.st_mode))
		return RC_FORMAT;
	if (!trusted_is_ours(t, &st) || !trusted_is_closed(&st))
		return RC_PERMISSION;
	if ((st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
		return RC_NONE;
	if (t->as != NULL)
		trusted_run_by(t, &st,
		    is_script(folder, name) ? MAY_READ | MAY_RUN : MAY_RUN);
	return RC_OK;
}

/* Where all may write but none may move what is another's, as in /tmp, what is
 * ours stays where it is. */
static int
folder_judge(struct trusting *t, const struct stat *st, bool above)
{
	bool sticky = above && (st->st_mode & S_ISVTX) != 0;

	trusted_run_by(t, st, MAY_RUN);
	return trusted_is_ours(t, st) && (trusted_is_closed(st) || sticky)
	           ? RC_OK
	           : RC_PERMISSION;
}

/* One and all above it; takes it over. */
static int
trusted_folders(struct trusting *t, int folder)
{
	struct stat st = { 0 }, last;
	int up, rc = RC_OK;

	for (bool above = false; rc == RC_OK; above = true) {
		last = st;
		if (folder < 0 || fstat(folder, &st) != 0)
			rc = RC_NONE;
		else if (above && st.st_ino == last.st_ino &&
			 st.st_dev == last.st_dev)
			break; /* the root is above itself */
		else
			rc = folder_judge(t, &st, above);
		up = openat(folder, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		file_close(folder);
		folder = up;
	}
	file_close(folder);
	return rc;
}

int
trusted_judge(const char *directory, const char *name, const struct passwd *as)
{
	struct trusting t = { .as = as, .ngroups = GROUPS, .may_run = true };
	int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = folder < 0 ? RC_NONE : RC_OK;

	if (as != NULL &&
	    getgrouplist(as->pw_name, as->pw_gid, t.groups, &t.ngroups) < 0)
		t.ngroups = GROUPS;
	if (rc == RC_OK)
		rc = trusted_folders(&t, dup(folder));
	if (rc == RC_OK)
		rc = trusted_file(&t, folder, name);
	if (folder >= 0)
		close(folder);
	return rc == RC_OK && !t.may_run ? RC_STATE : rc;
}

const char *
trusted_text(int rc)
{
	return rc == RC_NONE         ? "is not there, or not executable"
	       : rc == RC_PERMISSION ? "may be changed by others than root"
	       : rc == RC_STATE      ? "may not be run by lsrd-probe's user"
	                             : "is no file of its own";
}
