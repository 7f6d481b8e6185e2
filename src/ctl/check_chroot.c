/*
 * check_chroot.c - the part of `check` that looks at what a chrooted service
 * of Postfix looks names up by: copies below the queue directory, as old as the
 * last start of Postfix on systems that make them then.
 */

#include "ctl/check_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/rc.h"
#include "sys/file.h"

#define FILE_MOST 1048576
#define PATH_MOST 512

static bool
chroot_is_used(const struct postfix *p)
{
	char service[128], chroot[8] = "";
	const char *line;

	snprintf(service, sizeof(service), "%s/unix", p->conf->transport);
	line = postconf_service(p, service);
	if (line != NULL)
		postconf_field(line, 4, chroot, sizeof(chroot));
	return strcmp(chroot, "y") == 0;
}

/* A copy that is not there says nothing, which a name is not looked up by. */
static bool
chroot_differs(const char *ours, const char *copy, bool needed)
{
	struct buf a = { 0 }, b = { 0 };
	int of_ours = file_load(ours, FILE_MOST, &a);
	int of_copy = file_load(copy, FILE_MOST, &b);
	bool differs = false;

	if (of_ours == RC_OK && of_copy == RC_OK)
		differs = a.n != b.n || memcmp(a.p, b.p, a.n) != 0;
	else if (of_ours == RC_OK)
		differs = of_copy == RC_NONE && needed;
	buf_done(&a);
	buf_done(&b);
	return differs;
}

void
check_chroot(const struct postfix *p)
{
	static const char *const files[] = { "/etc/resolv.conf", "/etc/hosts",
		"/etc/nsswitch.conf" };
	const char *queue = postconf_full(p, "queue_directory");

	if (!chroot_is_used(p))
		return;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char copy[PATH_MOST], remedy[2 * PATH_MOST];

		snprintf(copy, sizeof(copy), "%s%s", queue, files[i]);
		if (!chroot_differs(
			files[i], copy, p->conf->setup.mta.by_name && i == 0))
			continue;
		snprintf(remedy, sizeof(remedy),
		    "cp %s %s, and postfix reload; where a start of Postfix "
		    "copies it: systemctl restart postfix",
		    files[i], copy);
		check_find(p->list,
		    CHECK_ABOUT(CHECK_WARNING, "chroot", remedy),
		    "%s is not what %s says, and the service %s of Postfix "
		    "looks names up by it",
		    copy, files[i], p->conf->transport);
	}
}
