#include "ctl/eyes.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/check.h"

void
eyes_own(const struct eyes *eyes)
{
	CHECK(seteuid(0) == 0 && setegid(0) == 0 &&
	      setgroups((size_t)eyes->n, eyes->groups) == 0);
}

bool
eyes_of(struct eyes *eyes, const char *user)
{
	const struct passwd *pw = geteuid() == 0 ? getpwnam(user) : NULL;

	if (pw == NULL || pw->pw_uid == 0)
		return false;
	eyes->n = getgroups(NGROUPS_MAX, eyes->groups);
	if (eyes->n < 0 || initgroups(user, pw->pw_gid) != 0)
		return false;
	if (setegid(pw->pw_gid) == 0 && seteuid(pw->pw_uid) == 0)
		return true;
	eyes_own(eyes);
	return false;
}
