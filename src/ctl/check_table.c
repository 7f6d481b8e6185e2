/* check_table.c - the part of `check` that looks at the file of a table. */

#include "ctl/check.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

bool
check_table(struct check_list *list, const char *path, struct stat *st)
{
	if (stat(path, st) != 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_CRITICAL, "table",
			errno == ENOENT ? "systemctl start lsrd-tables lsrd"
					: NULL),
		    "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st->st_mode) || st->st_size == 0)
		check_find(list,
		    CHECK_ABOUT(
			CHECK_CRITICAL, "table", "systemctl restart lsrd"),
		    "%s: is no table", path);
	else
		return true;
	return false;
}
