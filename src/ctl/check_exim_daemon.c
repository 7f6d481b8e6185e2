/*
 * check_exim_daemon.c - the part of `check` that looks at Exim's processes: its
 * daemon, what runs its queue, whether they have read what is on the disk, and
 * who may read what of whom.
 */

#include "ctl/check_exim.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/procs.h"

#define MARKS "lsrd-mark"

struct newest {
	struct timespec at;
	char path[512];
};

struct exim_seen {
	const struct exim *x;
	pid_t daemon;             /* 0: none */
	bool runner, lsrd, reads; /* reads: the running lsrd, the queue */
	gid_t group;              /* Exim's */
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
newest_look(void *ctx, const char *path)
{
	struct newest *n = ctx;
	struct stat st;

	if (stat(path, &st) != 0 || st.st_mtim.tv_sec < n->at.tv_sec ||
	    (st.st_mtim.tv_sec == n->at.tv_sec &&
		st.st_mtim.tv_nsec <= n->at.tv_nsec))
		return;
	n->at = st.st_mtim;
	snprintf(n->path, sizeof(n->path), "%s", path);
}

/* What update-exim4.conf makes the configuration of. */
static void
check_exim_made(const struct exim *x)
{
	struct newest n = { .path = "" };

	if (x->form == EXIM_PLAIN)
		return;
	newest_look(&n, x->configuration);
	exim_files(x, newest_look, &n);
	if (strcmp(n.path, x->configuration) != 0)
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

	/* it cannot be told, or does not matter */
	if (pw == NULL || pw->pw_uid == 0 ||
	    getgrouplist(user, pw->pw_gid, groups, &n) < 0)
		return true;
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

/* A daemon has the groups that its user had when it began. */
static void
check_exim_marker(const struct exim_seen *seen)
{
	const struct group *marks = getgrnam(MARKS);
	char *user = exim_option(seen->x, "exim_user");

	if (marks != NULL && user != NULL && seen->daemon != 0 &&
	    is_member(user, marks->gr_gid) &&
	    !procs_in_group(seen->daemon, marks->gr_gid))
		check_find(seen->x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			seen->x->form == EXIM_PLAIN
			    ? "start it anew: kill -HUP will not do"
			    : "systemctl restart exim4"),
		    "Exim's daemon began before %s was in the group " MARKS
		    ": it reads no mark",
		    user);
	mem_free(user);
}

/* What runs counts; its unit may name the group itself. */
static void
check_exim_reader(const struct exim_seen *seen)
{
	char *group = exim_option(seen->x, "exim_group");
	const char *user = seen->x->conf->user;
	bool member = is_member(user, seen->group);
	char adduser[200], remedy[256];

	snprintf(adduser, sizeof(adduser), "adduser %s %s, then ", user, group);
	snprintf(remedy, sizeof(remedy), "%ssystemctl restart lsrd",
	    member ? "" : adduser);
	if (!(seen->lsrd ? seen->reads : member))
		check_find(seen->x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim", remedy),
		    "lsrd is not in the group %s: it does not see Exim's queue",
		    group);
	mem_free(group);
}

/* Looked up here: another look takes the place of this one. */
static bool
exim_group(const struct exim *x, gid_t *out)
{
	char *name = exim_option(x, "exim_group");
	const struct group *group = name == NULL ? NULL : getgrnam(name);

	if (group != NULL)
		*out = group->gr_gid;
	mem_free(name);
	return group != NULL;
}

void
check_exim_daemon(const struct exim *x)
{
	struct exim_seen seen = { .x = x };
	bool known = exim_group(x, &seen.group);

	check_exim_made(x);
	check_exim_user(x);
	if (geteuid() != 0) {
		check_find(x->list, CHECK_ABOUT(CHECK_NOTE, "exim", NULL),
		    "not asked: needs root: whether Exim's daemon and its "
		    "queue runner have read what is on the disk");
		return;
	}
	procs_each(on_exim_process, &seen);
	check_exim_running(&seen);
	check_exim_read(&seen);
	check_exim_marker(&seen);
	if (known)
		check_exim_reader(&seen);
}
