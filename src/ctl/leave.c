#include "ctl/leave.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cfg/conf.h"
#include "ctl/change.h"
#include "ctl/check.h"
#include "ctl/client.h"
#include "ctl/live.h"
#include "ctl/paths.h"
#include "ctl/show.h"
#include "ctl/undo.h"

/* clang-format off */
const struct verb_option leave_options[] = {
	{ "dry-run", NULL, "say what is done and what is to do, and do nothing" },
	{ "force",   NULL, "give up what this server alone delivers" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

struct leave {
	const struct call *call;
	const struct conf *conf;
	bool runs;     /* the daemon answers */
	bool drains;   /* and says so already */
	json_t *alone; /* patterns that nobody else claims: true */
};

/* What has become of a step, or is to be done by hand. */
static void
leave_say(const struct leave *l, const char *step, bool done, const char *text)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };

	if (l->call->json) {
		json_open(&json, NULL, '{');
		json_str(&json, "step", step);
		json_bool(&json, "done", done);
		json_str(&json, "text", text);
		json_close(&json, '}');
		json_line(&json);
	} else {
		buf_printf(&out, "%-8s %-6s %s\n", step,
		    done ? "done" : "to do", text);
	}
	show_flush(&out);
	buf_done(&out);
}

/* --- what this server is to the others ---------------------------------------- */

static bool
leave_is_own(const struct leave *l, const json_t *line)
{
	return strcmp(table_text(line, "origin"), l->conf->setup.server) == 0;
}

static bool
is_claim(const json_t *line)
{
	return strcmp(table_text(line, "type"), "space") == 0 &&
	       !json_is_true(json_object_get(line, "purge"));
}

static void
own_take(void *ctx, const json_t *line)
{
	struct leave *l = ctx;

	if (is_claim(line) && leave_is_own(l, line))
		json_object_set_new(
		    l->alone, table_text(line, "id"), json_true());
}

static void
other_drop(void *ctx, const json_t *line)
{
	struct leave *l = ctx;

	if (is_claim(line) && !leave_is_own(l, line))
		json_object_del(l->alone, table_text(line, "id"));
}

static void
leave_state(void *ctx, const json_t *line)
{
	struct leave *l = ctx;

	l->drains |= strcmp(table_text(line, "state"), "drain") == 0;
}

/* One that does not answer has been stopped, which is a step of its own. */
static int
daemon_look(struct leave *l)
{
	struct buf status = { 0 }, complaint = { 0 };
	struct call quiet = *l->call;
	int rc;

	quiet.complaint = &complaint;
	rc = client_read(&quiet, "status", &status);
	l->runs = rc == CALL_OK;
	if (l->runs)
		rc = client_each(&status, leave_state, l);
	else if (rc == CALL_DOWN)
		rc = CALL_OK;
	else
		call_usage("%.*s", (int)complaint.n, (char *)complaint.p);
	buf_done(&status);
	buf_done(&complaint);
	return rc;
}

static int
claims_look(struct leave *l)
{
	struct buf db = { 0 };
	int rc = client_read(l->call, "db", &db);

	if (rc == CALL_OK)
		rc = client_each(&db, own_take, l);
	if (rc == CALL_OK)
		rc = client_each(&db, other_drop, l);
	buf_done(&db);
	return rc;
}

/* --- the steps ---------------------------------------------------------------- */

static int
step_claims(const struct leave *l)
{
	bool force = call_has(l->call, "force");
	struct buf text = { 0 };
	const char *name;
	json_t *value;
	char *said;
	bool alone = json_object_size(l->alone) > 0;

	json_object_foreach(l->alone, name, value)
	    buf_printf(&text, "%s%s", text.n > 0 ? ", " : "", name);
	if (!alone)
		buf_text(&text, "nothing is delivered by this server alone");
	else if (force)
		buf_text(&text, ": given up; held for an hour, then refused");
	else
		buf_text(&text,
		    ": this server alone delivers that; have another one claim "
		    "it, as lsrd-tasks(7) has it, or: lsrctl leave --force");
	said = buf_string(&text);
	leave_say(l, "claims", !alone || force, said);
	mem_free(said);
	return alone && !force ? CALL_NO : CALL_OK;
}

static int
step_drain(const struct leave *l)
{
	struct buf request = { 0 };
	struct call quiet = *l->call;
	int status = CALL_OK;

	quiet.json = false; /* the step is what is told */
	if (!l->runs || l->drains) {
		leave_say(l, "drain", true, "no mail of others comes through");
		return CALL_OK;
	}
	if (call_has(l->call, "dry-run")) {
		leave_say(l, "drain", false, "lsrctl leave does it");
		return CALL_OK;
	}
	buf_printf(&request, "drain%s reason=leaves the organization",
	    call_has(l->call, "force") ? " force=yes" : "");
	buf_u8(&request, 0);
	status = change_ask(&quiet, &request, NULL);
	buf_done(&request);
	if (status == CALL_OK)
		leave_say(l, "drain", true, "no mail of others comes through");
	return status;
}

static int
step_queue(const struct leave *l)
{
	int status;

	if (l->runs && call_has(l->call, "dry-run")) {
		leave_say(l, "queue", false, "lsrctl leave waits for it");
		return CALL_OK;
	}
	status = l->runs ? live_drained(l->call) : CALL_OK;
	if (status == CALL_OK)
		leave_say(
		    l, "queue", true, "nothing waits for next hops of ours");
	return status;
}

/* The commands that are left to type, without the remarks; or none. */
static bool
mta_asks(const struct buf *commands)
{
	const char *at = (const char *)commands->p;
	const char *end = at + commands->n;

	while (at != NULL && at < end) {
		if (*at != '#' && strncmp(at, "postfix ", 8) != 0 &&
		    *at != '\n')
			return true;
		at = memchr(at, '\n', (size_t)(end - at));
		at = at == NULL ? NULL : at + 1;
	}
	return false;
}

static int
step_mta(const struct leave *l)
{
	struct buf commands = { 0 };
	int status = check_undo(l->conf, l->call, &commands);
	bool asks = status == CALL_OK && mta_asks(&commands);

	buf_done(&commands);
	if (status != CALL_OK)
		return status;
	leave_say(l, "mta", !asks,
	    asks ? "its configuration names our tables; type: lsrctl check "
		   "--undo | sh; postsuper -r ALL; then: lsrctl leave"
		 : "its configuration does not name our tables");
	return asks ? CALL_NO : CALL_OK;
}

static int
step_daemon(const struct leave *l)
{
	leave_say(l, "daemon", !l->runs,
	    l->runs ? "type: systemctl disable --now " UNDO_UNITS
		      "; then: lsrctl leave"
		    : "it does not run");
	return l->runs ? CALL_NO : CALL_OK;
}

/* Whether lsrd made it beside others' files: `journal.new` and the like, too. */
static bool
is_state(const char *name)
{
	static const char *const made[] = { "epoch", "journal", "overrides",
		"state", "kept", "history", "published" };
	size_t n = strcspn(name, ".");

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (strlen(made[i]) == n && strncmp(made[i], name, n) == 0)
			return true;
	return false;
}

/* Files alone, and of this folder alone; of all that are there, or those of
 * `is_ours`. */
static int
folder_empty(const char *path, bool (*is_ours)(const char *name))
{
	DIR *dir = opendir(path);
	struct dirent *one;
	int status = CALL_OK;
	struct stat st;

	if (dir == NULL)
		return errno == ENOENT
		           ? CALL_OK
		           : call_usage("%s: %s", path, strerror(errno));
	while ((one = readdir(dir)) != NULL && status == CALL_OK) {
		if ((is_ours != NULL && !is_ours(one->d_name)) ||
		    fstatat(dirfd(dir), one->d_name, &st,
			AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (unlinkat(dirfd(dir), one->d_name, 0) != 0)
			status = call_usage(
			    "%s/%s: %s", path, one->d_name, strerror(errno));
	}
	closedir(dir);
	return status;
}

static int
step_tables(const struct leave *l)
{
	struct buf text = { 0 };
	char *said;
	int status;

	if (call_has(l->call, "dry-run")) {
		leave_say(l, "tables", false, "lsrctl leave removes them");
		return CALL_OK;
	}
	status = folder_empty(l->conf->table_directory, NULL);
	buf_printf(
	    &text, "%s has none of ours any more", l->conf->table_directory);
	said = buf_string(&text);
	if (status == CALL_OK)
		leave_say(l, "tables", true, said);
	mem_free(said);
	return status;
}

/* What it knew of the others, and the drain, with which it would begin if it
 * came back. Its keys and its configuration are its administrator's. */
static int
step_state(const struct leave *l)
{
	const char *path = l->conf->state_directory;
	struct buf text = { 0 };
	char *milter, *said;
	int status;

	if (call_has(l->call, "dry-run")) {
		leave_say(l, "state", false, "lsrctl leave removes it");
		return CALL_OK;
	}
	milter = paths_join(path, "milter");
	status = folder_empty(path, is_state);
	if (status == CALL_OK)
		status = folder_empty(milter, NULL);
	buf_printf(&text, "%s has none of ours any more", path);
	said = buf_string(&text);
	if (status == CALL_OK)
		leave_say(l, "state", true, said);
	mem_free(said);
	mem_free(milter);
	return status;
}

/* What is theirs. */
static int
step_others(const struct leave *l)
{
	struct buf text = { 0 };
	char *said;

	buf_printf(&text,
	    "on the other servers: take its peer and bridgehead lines out, and "
	    "lsrctl reload; then on one of them: lsrctl forget %s; where its "
	    "keys leave your hands, lsrctl keys revoke",
	    l->conf->setup.server);
	said = buf_string(&text);
	leave_say(l, "others", false, said);
	mem_free(said);
	return CALL_OK;
}

/* In a dry run each is looked at; else what is not done ends it. */
static int
leave_steps(const struct leave *l)
{
	static int (*const steps[])(const struct leave *l) = { step_claims,
		step_drain, step_queue, step_mta, step_daemon, step_tables,
		step_state, step_others };
	int result = CALL_OK;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int status = steps[i](l);

		if (status == CALL_OK)
			continue;
		result = status;
		if (status != CALL_NO || !call_has(l->call, "dry-run"))
			return status;
	}
	return result;
}

int
leave_run(const struct call *call)
{
	const char *path = call->config == NULL ? CONF_FILE : call->config;
	struct leave l = { .call = call, .alone = json_object() };
	struct complaints complaints = { 0 };
	struct conf *conf = NULL;
	int status;

	conf_load(path, NULL, &conf, &complaints);
	complaints_done(&complaints);
	l.conf = conf;
	if (conf == NULL)
		status = call_usage("%s: lsrd -t says what is wrong", path);
	else
		status = daemon_look(&l);
	if (status == CALL_OK && l.runs)
		status = claims_look(&l);
	if (status == CALL_OK)
		status = leave_steps(&l);
	json_decref(l.alone);
	conf_free(conf);
	return status;
}
