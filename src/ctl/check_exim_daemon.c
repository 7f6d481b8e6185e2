/*
 * check_exim_daemon.c - the part of `check` that looks at Exim's processes: its
 * daemon, what runs its queue, whether they have read what is on the disk, and
 * who may read what of whom.
 */

#include "ctl/check_exim.h"

#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/procs.h"

#define DEBIAN "/etc/exim4"
#define MARKS "lsrd-mark"

struct newest {
	struct timespec at;
	char path[512];
};

struct exim_seen {
	const struct exim *x;
	pid_t daemon; /* 0: none */
	bool runner, lsrd, reads;
	gid_t group; /* Exim's */
};

/* The name of a program without its folder. */
static const char *
base_name(const struct buf *args)
{
	const char *name = (const char *)args->p;
	const char *slash = strrchr(name, '/');

	return slash == NULL ? name : slash + 1;
}

/* `-q30m`, `-qff1h`; `-q` alone is one run. */
static bool
runs_queue(const struct buf *args)
{
	for (size_t i = 0; i < args->n;) {
		const char *is = (const char *)args->p + i;

		if (strncmp(is, "-q", 2) == 0 &&
		    strpbrk(is, "123456789") != NULL)
			return true;
		i += strlen(is) + 1;
	}
	return false;
}

static bool
on_exim_process(void *ctx, pid_t pid, const struct buf *args)
{
	struct exim_seen *seen = ctx;
	const char *name = base_name(args);

	if (strcmp(name, "lsrd") == 0) {
		seen->lsrd = true;
		seen->reads = procs_in_group(pid, seen->group);
	}
	if (strcmp(name, "exim4") != 0 && strcmp(name, "exim") != 0)
		return true;
	if (procs_has(args, "-bd", false) &&
	    (seen->daemon == 0 || pid < seen->daemon))
		seen->daemon = pid;
	seen->runner = seen->runner || runs_queue(args);
	return true;
}

/* --- what is running ----------------------------------------------------------- */

static void
check_exim_running(const struct exim_seen *seen)
{
	const struct exim *x = seen->x;
	bool debian = x->form != EXIM_PLAIN;

	if (seen->daemon == 0)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "exim",
			debian ? "systemctl start exim4" : "exim -bd -q5m"),
		    "Exim's daemon does not run: no mail comes in");
	if (!seen->runner)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "exim",
			debian ? "/etc/default/exim4: QUEUEINTERVAL='5m', and "
				 "QUEUERUNNER='combined'; then systemctl "
				 "restart exim4"
			       : "start it as exim -bd -q5m"),
		    "nothing runs Exim's queue (-q): what waits is never tried "
		    "again");
}

/* --- what it has read ------------------------------------------------------------ */

static int64_t
changed_at(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_mtime : 0;
}

/* A signal has the daemon begin anew as the same process: then it has written
 * its number anew. */
static int64_t
daemon_began(const struct exim_seen *seen)
{
	char *path = exim_option(seen->x, "pid_file_path");
	int64_t began = procs_began(seen->daemon), written = 0;

	if (path != NULL && *path == '/')
		written = changed_at(path);
	mem_free(path);
	return began == 0 ? 0 : written > began ? written : began;
}

static void
check_exim_read(const struct exim_seen *seen)
{
	const struct shown *s = &seen->x->shown;
	int64_t began = seen->daemon == 0 ? 0 : daemon_began(seen);
	const char *last = "";

	for (size_t i = 0; began != 0 && i < s->lines.n; i++) {
		const char *file = s->lines.v[i].file;

		if (strcmp(file, last) == 0)
			continue;
		last = file;
		if (changed_at(file) <= began + 1)
			continue;
		check_find(seen->x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			seen->x->form == EXIM_PLAIN
			    ? "kill -HUP its daemon"
			    : "systemctl restart exim4"),
		    "%s is newer than Exim's daemon, which takes mail by the "
		    "one before",
		    file);
		return;
	}
}

/* Looks whether it is newer than what was the newest until now. */
static void
newest_look(struct newest *n, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || st.st_mtim.tv_sec < n->at.tv_sec ||
	    (st.st_mtim.tv_sec == n->at.tv_sec &&
		st.st_mtim.tv_nsec <= n->at.tv_nsec))
		return;
	n->at = st.st_mtim;
	snprintf(n->path, sizeof(n->path), "%s", path);
}

/* One deep. */
static void
newest_below(struct newest *n, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	char path[512 + sizeof(d->d_name)];

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
		if (d->d_name[0] != '.')
			newest_look(n, path);
	}
	if (dir != NULL)
		closedir(dir);
}

/* What update-exim4.conf makes the configuration of. */
static void
check_exim_made(const struct exim *x)
{
	static const char *const parts[] = { "main", "acl", "router",
		"transport", "retry", "rewrite", "auth" };
	static const char *const files[] = { "update-exim4.conf.conf",
		"exim4.conf.localmacros", "exim4.conf.template" };
	struct newest n = { .path = "" };
	char path[512];

	newest_look(&n, x->configuration);
	for (size_t i = 0; i < (x->form == EXIM_SPLIT ? 1 : 3); i++) {
		snprintf(path, sizeof(path), DEBIAN "/%s", files[i]);
		newest_look(&n, path);
	}
	for (size_t i = 0; x->form == EXIM_SPLIT && i < 7; i++) {
		snprintf(path, sizeof(path), DEBIAN "/conf.d/%s", parts[i]);
		newest_below(&n, path);
	}
	if (strcmp(n.path, x->configuration) != 0 && x->form != EXIM_PLAIN)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			"update-exim4.conf says what it does not like; then "
			"systemctl restart exim4"),
		    "%s is newer than %s, which Exim reads", n.path,
		    x->configuration);
}

/* --- who may read what -------------------------------------------------------------- */

static bool
is_member(const char *user, gid_t group)
{
	const struct passwd *pw = getpwnam(user);
	gid_t groups[256];
	int n = 256;

	if (pw == NULL || getgrouplist(user, pw->pw_gid, groups, &n) < 0)
		return true; /* it cannot be told */
	for (int i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* Exim's own user reads the mark keys and reports to lsrd. */
static void
check_exim_user(const struct exim *x)
{
	const struct group *marks = getgrnam(MARKS);
	char *user = exim_option(x, "exim_user"), remedy[256];

	if (user != NULL && marks != NULL && !is_member(user, marks->gr_gid)) {
		snprintf(remedy, sizeof(remedy),
		    "adduser %s " MARKS ", then systemctl restart exim4", user);
		check_find(x->list, CHECK_ABOUT(CHECK_WARNING, "exim", remedy),
		    "Exim's user %s is not in the group " MARKS
		    ": no marks, and no word of deliveries to lsrd",
		    user);
	}
	mem_free(user);
}

static void
check_exim_reader(const struct exim_seen *seen, const char *group)
{
	if (seen->lsrd && !seen->reads)
		check_find(seen->x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			"SupplementaryGroups= of lsrd's unit names the group "
			"of Exim; systemctl restart lsrd"),
		    "lsrd is not in the group %s: it does not see Exim's queue",
		    group);
}

void
check_exim_daemon(const struct exim *x)
{
	struct exim_seen seen = { .x = x };
	char *name = exim_option(x, "exim_group");
	const struct group *group = name == NULL ? NULL : getgrnam(name);

	check_exim_made(x);
	check_exim_user(x);
	if (geteuid() != 0) {
		check_find(x->list, CHECK_ABOUT(CHECK_NOTE, "exim", NULL),
		    "not asked: needs root: whether Exim's daemon and its "
		    "queue runner have read what is on the disk");
		mem_free(name);
		return;
	}
	seen.group = group == NULL ? 0 : group->gr_gid;
	procs_each(on_exim_process, &seen);
	check_exim_running(&seen);
	check_exim_read(&seen);
	if (group != NULL)
		check_exim_reader(&seen, name);
	mem_free(name);
}
