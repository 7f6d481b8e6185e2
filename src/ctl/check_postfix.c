/*
 * check_postfix.c - the part of `check` that asks Postfix: are our tables
 * there, does its configuration ask them, and what would it do.
 */

#include "ctl/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/check_parts.h"
#include "ctl/undo.h"

/* Postfix opens it as root, its programs ask it as anybody. */
static void
check_postfix_table(
    struct check_list *list, const char *directory, const char *name)
{
	struct buf b = { 0 };
	struct stat st;
	char *path;

	buf_printf(&b, "%s/%s.lmdb", directory, name);
	path = buf_string(&b);
	if (check_table(list, path, &st) && (st.st_mode & S_IROTH) == 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "table", "chmod o+r it"),
		    "%s: cannot be read by everybody", path);
	mem_free(path);
}

static const char *const names[] = { "transport", "default", "domains" };

static void
check_tables(struct check_list *list, const char *directory)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_postfix_table(list, directory, names[i]);
}

/* What Postfix cannot open has all mail wait; an empty file was told of. */
static void
check_opens(const struct postfix *p, const char *name)
{
	struct postfix_run run = { .program = "postmap", .a = "-q", .b = "-" };
	struct buf key = { 0 }, table = { 0 };
	struct stat st;
	char *path, *said;

	buf_printf(&table, "lmdb:%s/%s", p->conf->table_directory, name);
	path = buf_string(&table);
	buf_printf(&table, "%s.lmdb", path + strlen("lmdb:"));
	buf_u8(&table, 0);
	buf_printf(&key, "none.invalid\n");
	run.c = path;
	run.input = &key;
	said = postfix_run(p, &run);
	if (said == NULL && stat((const char *)table.p, &st) == 0 &&
	    st.st_size > 0 && access((const char *)table.p, R_OK) == 0)
		check_find(p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "table",
			"systemctl restart lsrd makes it anew; postconf -m "
			"must name lmdb"),
		    "postmap -q cannot read %s: mail waits for it", path);
	mem_free(said);
	mem_free(path);
	buf_done(&table);
	buf_done(&key);
}

/* A key that a member of the reading group cannot see is there for those who
 * let Postfix ask the milter. */
static bool
has_marks(const struct postfix *p)
{
	const struct conf *conf = p->conf;

	if (conf->setup.announced.nmark > 0 || conf->mark_key == NULL)
		return conf->setup.announced.nmark > 0;
	return access(conf->mark_key, R_OK) != 0 && errno == EACCES &&
	       strstr(postconf_full(p, "smtpd_milters"), "lsrd/milter") != NULL;
}

static void
check_postfix_ask(const struct postfix *p, const struct call *call)
{
	const struct conf *conf = p->conf;

	if (!check_instance(p))
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_opens(p, names[i]);
	check_lines(p);
	check_relay(p);
	check_services(p);
	check_chroot(p);
	check_ask(p);
	check_daemon(p, call);
	if (has_marks(p)) {
		check_milter(p);
		check_frozen(p, conf->state_directory);
	}
}

/* What Postfix is told now; the caller closes both. */
static bool
check_postfix_begin(struct postfix *p, const struct call *call)
{
	const char *config = call->config == NULL ? CONF_FILE : call->config;

	p->directory = p->conf->postfix_directory;
	p->undo = undo_open(config, p->conf->table_directory);
	return postconf_open(p);
}

static void
check_postfix_end(struct postfix *p)
{
	postconf_close(p);
	undo_close(p->undo);
}

void
check_postfix(
    struct check_list *list, const struct conf *conf, const struct call *call)
{
	struct postfix p = { .list = list, .conf = conf };

	check_tables(list, conf->table_directory);
	if (!check_postfix_begin(&p, call))
		check_find(list,
		    CHECK_ABOUT(CHECK_UNKNOWN, "postfix",
			"in lsrd.conf: postfix-directory, where its main.cf "
			"is; or mta = none, where there is no Postfix"),
		    "postconf%s%s tells nothing: is Postfix set up here?",
		    p.directory == NULL ? "" : " -c ",
		    p.directory == NULL ? "" : p.directory);
	else
		check_postfix_ask(&p, call);
	if (!undo_save(p.undo))
		check_find(list, CHECK_ABOUT(CHECK_WARNING, "undo", NULL),
		    "what the commands below replace cannot be noted: %s",
		    strerror(errno));
	check_postfix_end(&p);
}

int
check_postfix_undo(
    const struct conf *conf, const struct call *call, struct buf *out)
{
	struct check_list none = { 0 };
	struct postfix p = { .list = &none, .conf = conf };
	bool found = check_postfix_begin(&p, call);

	if (found)
		undo_print(out, &p);
	check_postfix_end(&p);
	return found ? CALL_OK
	             : call_usage("postconf tells nothing: is Postfix set up "
				  "here?");
}
