/*
 * check_commands.c - the part of `check` for probes that are commands: each is
 * there, executable for the user of lsrd-probe(8), and nobody's to change but
 * root's; and that can be asked. What it runs lies in the folder `probes`
 * beside lsrd.conf.
 */

#include "ctl/check.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/rc.h"
#include "sys/trusted.h"

#define FOLDER "probes"
#define USER "_lsrd-probe" /* as the unit has it */

static char *
commands_folder(const char *path)
{
	const char *end = strrchr(path, '/');
	struct buf folder = { 0 };

	if (end != NULL)
		buf_bytes(&folder, path, (size_t)(end - path) + 1);
	buf_text(&folder, FOLDER);
	return buf_string(&folder);
}

static void
check_command(struct check_list *list, const char *folder,
    const struct setup_connector *c, const char *name)
{
	int rc = trusted_judge(folder, name, getpwnam(USER));
	/* Its groups are as the host has them: a drop-in may give more. */
	enum check_level level =
	    rc == RC_STATE ? CHECK_WARNING : CHECK_CRITICAL;

	if (rc == RC_OK)
		return;
	check_find(list,
	    CHECK_ABOUT(level, "probe",
		"root's alone, mode 755, and so are its folder and those "
		"above; see lsrd-probe(8). Until then mail alone tells of the "
		"link"),
	    "connector \"%s\": the command %s/%s %s", c->name, folder, name,
	    trusted_text(rc));
}

/* Each is said of once a connector. */
static bool
commands_of(struct check_list *list, const char *folder,
    const struct setup_connector *c)
{
	const char *last = "";

	if (c->any && c->every.asks.kind == ASKS_COMMAND) {
		last = c->every.asks.name;
		check_command(list, folder, c, last);
	}
	for (size_t i = 0; i < c->nbridgeheads; i++) {
		const struct asks *asks = &c->bridgeheads[i].asks;

		if (asks->kind != ASKS_COMMAND || strcmp(last, asks->name) == 0)
			continue;
		last = asks->name;
		check_command(list, folder, c, last);
	}
	return *last != '\0';
}

static void
check_asked(struct check_list *list, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
		check_find(list,
		    CHECK_ABOUT(CHECK_CRITICAL, "probe",
			"systemctl enable --now lsrd-probe.socket"),
		    "nobody runs the commands of probes: %s is not there",
		    path);
}

void
check_commands(
    struct check_list *list, const struct conf *conf, const char *path)
{
	char *folder = commands_folder(path);
	bool some = false;

	for (size_t i = 0; i < conf->setup.nconnectors; i++)
		some |= commands_of(list, folder, &conf->setup.connectors[i]);
	if (some)
		check_asked(list, conf->probe_socket);
	mem_free(folder);
}
