#include "ctl/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "crypt/keys.h"
#include "ctl/eyes.h"
#include "ctl/procs.h"
#include "ctl/show.h"
#include "ctl/transit.h"

#define DAY 86400
#define WARN_DAYS 30
#define ROOM_LEAST 1048576 /* octets that a small organization writes */

static const struct conf_keys key_files = {
	.own_public = keys_own_public,
	.mark_public = keys_mark_public,
	.authority = keys_authority,
	.authority_end = keys_authority_end,
	.vouched = keys_vouched,
};

void
check_find(
    struct check_list *list, struct check_about about, const char *fmt, ...)
{
	struct check_finding finding = { .level = about.level };
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	finding.what = mem_str(about.what);
	finding.text = mem_str(text);
	finding.remedy = mem_str(about.remedy);
	vec_push(&list->list, finding);
}

static void
list_done(struct check_list *list)
{
	for (size_t i = 0; i < list->list.n; i++) {
		mem_free(list->list.v[i].what);
		mem_free(list->list.v[i].text);
		mem_free(list->list.v[i].remedy);
	}
	vec_done(&list->list);
}

static bool
is_closed(const struct complaint *c)
{
	return strstr(c->text, strerror(EACCES)) != NULL;
}

/* What is wrong with a file as a whole has no line. */
static void
find_complaint(struct check_list *list, const struct complaint *c)
{
	struct check_about about =
	    CHECK_ABOUT(c->warning ? CHECK_WARNING : CHECK_CRITICAL,
		"configuration", c->remedy);

	if (c->line == 0)
		check_find(list, about, "%s: %s", c->file, c->text);
	else
		check_find(list, about, "%s:%u: %s", c->file, c->line, c->text);
}

static void
find_complaints(struct check_list *list, const struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->list.n; i++) {
		const struct complaint *c = &complaints->list.v[i];

		/* A key that a member of the reading group may not read is
		 * as it should be. */
		if (geteuid() != 0 && !c->warning && is_closed(c))
			check_find(list,
			    CHECK_ABOUT(CHECK_NOTE, "configuration", NULL),
			    "not asked: needs root: %s", c->text);
		else
			find_complaint(list, c);
	}
}

/*
 * What root can read and `user` cannot is refused at the next start, so it is
 * his eyes that count; that root reads all of it says nothing.
 */
static void
load_as_user(const char *path, const struct conf *conf, struct complaints *all)
{
	struct eyes eyes;
	struct conf *his = NULL;

	if (conf == NULL || !eyes_of(&eyes, conf->user))
		return;
	complaints_done(all);
	*all = (struct complaints){ 0 };
	conf_load(path, &key_files, &his, all);
	eyes_own(&eyes);
	conf_free(his);
}

/* With what its keys are like, if they can be read; else without. */
static struct conf *
check_load(struct check_list *list, const char *path)
{
	struct complaints complaints = { 0 };
	struct conf *conf = NULL;

	conf_load(path, &key_files, &conf, &complaints);
	load_as_user(path, conf, &complaints);
	find_complaints(list, &complaints);
	complaints_done(&complaints);
	if (conf == NULL) {
		struct complaints again = { 0 };

		conf_load(path, NULL, &conf, &again);
		complaints_done(&again);
	}
	return conf;
}

static void
check_expiry(struct check_list *list, const char *path)
{
	static const char remedy[] =
	    "where the authority is: lsrctl keys issue --renew server.pem";
	int64_t now = (int64_t)time(NULL);
	struct claims *claims = NULL;
	uint8_t *der = NULL;
	int64_t days;
	size_t n;

	if (path == NULL || keys_claims(path, &der, &n, &claims) != RC_OK)
		return; /* the configuration's complaints say why */
	days = (claims->not_after - now) / DAY;
	list->expires = days < WARN_DAYS;
	if (claims->not_after <= now)
		check_find(list,
		    CHECK_ABOUT(CHECK_CRITICAL, "certificate", remedy),
		    "%s: the certificate has expired", path);
	else if (days < WARN_DAYS)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "certificate", remedy),
		    "%s: the certificate expires in %" PRId64 " days", path,
		    days);
	else if (claims->not_before > now)
		check_find(list,
		    CHECK_ABOUT(CHECK_CRITICAL, "certificate", NULL),
		    "%s: the certificate is not yet valid", path);
	claims_free(claims);
	mem_free(der);
}

/* The state is written anew beside the old one. */
static void
check_disk(struct check_list *list, const char *directory)
{
	uint64_t wanted = ROOM_LEAST, left;
	struct buf path = { 0 };
	struct statvfs fs;
	struct stat st;

	buf_printf(&path, "%s/state", directory);
	buf_u8(&path, 0);
	if (stat((const char *)path.p, &st) == 0 &&
	    (uint64_t)st.st_size > wanted)
		wanted = (uint64_t)st.st_size;
	buf_done(&path);
	if (statvfs(directory, &fs) != 0)
		return; /* what is missing there is told of */
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (left < wanted)
		check_find(list,
		    CHECK_ABOUT(CHECK_CRITICAL, "disk",
			"make room there: df -h shows by whom it is filled"),
		    "%s has %" PRIu64
		    " kB left: what lsrd knows is not saved, and tables "
		    "cannot grow",
		    directory, left / 1024);
}

static const char *
level_word(enum check_level level)
{
	static const char *const words[] = { "ok", "warning", "critical",
		"unknown" };

	return words[level];
}

/* A finding that is critical outranks one that could not be found out. */
static int
worst(const struct check_list *list)
{
	static const int rank[] = { 0, 1, 3, 2 };
	int is = 0;

	for (size_t i = 0; i < list->list.n; i++) {
		int level = (int)list->list.v[i].level;

		if (rank[level] > rank[is])
			is = level;
	}
	return is;
}

static size_t
check_found(const struct check_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->list.n; i++)
		n += list->list.v[i].level != CHECK_NOTE;
	return n;
}

static const char *
finding_word(const struct check_finding *f)
{
	return f->level == CHECK_NOTE ? "note" : level_word(f->level);
}

static void
print_json(struct buf *out, const struct check_list *list)
{
	struct json json = { .out = out };

	for (size_t i = 0; i < list->list.n; i++) {
		const struct check_finding *f = &list->list.v[i];

		json_open(&json, NULL, '{');
		json_str(&json, "level", finding_word(f));
		json_str(&json, "what", f->what);
		json_str(&json, "text", f->text);
		if (f->remedy != NULL)
			json_str(&json, "remedy", f->remedy);
		json_close(&json, '}');
		json_line(&json);
	}
	json_open(&json, NULL, '{');
	json_str(&json, "result", level_word((enum check_level)worst(list)));
	json_uint(&json, "found", check_found(list));
	json_close(&json, '}');
	json_line(&json);
}

static void
print_summary(struct buf *out, const struct check_list *list)
{
	buf_printf(out, "lsrd %s: %zu found",
	    level_word((enum check_level)worst(list)), check_found(list));
}

static void
print_perf(struct buf *out, const struct check_list *list)
{
	if (list->perf.known)
		buf_printf(out,
		    " | found=%zu holds=%" PRId64 " away=%" PRId64
		    " sessions=%" PRId64 " full=%" PRId64 " routes=%" PRId64,
		    check_found(list), list->perf.holds, list->perf.away,
		    list->perf.sessions, list->perf.full, list->perf.routes);
	buf_u8(out, '\n');
}

/* What a finding says: a bar in it would begin the figures. */
static void
print_between(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_u8(out, *text == '|' ? '/' : (uint8_t)*text);
}

/* All of it in the one line that a monitoring system keeps, the worst first. */
static void
print_nagios(struct buf *out, const struct check_list *list)
{
	static const enum check_level order[] = { CHECK_CRITICAL, CHECK_UNKNOWN,
		CHECK_WARNING };
	const char *before = ": ";

	print_summary(out, list);
	for (size_t n = 0; n < sizeof(order) / sizeof(order[0]); n++)
		for (size_t i = 0; i < list->list.n; i++) {
			if (list->list.v[i].level != order[n])
				continue;
			buf_text(out, before);
			print_between(out, list->list.v[i].text);
			before = "; ";
		}
	print_perf(out, list);
}

/* The first line is what a monitoring system shows. */
static void
print_text(struct buf *out, const struct check_list *list)
{
	print_summary(out, list);
	print_perf(out, list);
	for (size_t i = 0; i < list->list.n; i++) {
		const struct check_finding *f = &list->list.v[i];

		buf_printf(out, "%-9s %s\n", finding_word(f), f->text);
		if (f->remedy != NULL)
			buf_printf(out, "          %s\n", f->remedy);
	}
}

int
check_undo(const struct conf *conf, const struct call *call, struct buf *out)
{
	int status = CALL_OK;

	if (conf_writes(conf, "postfix"))
		status = check_postfix_undo(conf, call, out);
#ifdef HAVE_CDB
	if (conf_writes(conf, "exim")) {
		int other = check_exim_undo(conf, out);

		status = status == CALL_OK ? other : status;
	}
#endif
	return status;
}

/* The way back needs nothing but where things are. */
static int
undo(const struct call *call, const char *path)
{
	struct complaints complaints = { 0 };
	struct conf *conf = NULL;
	struct buf out = { 0 };
	int status;

	conf_load(path, NULL, &conf, &complaints);
	complaints_done(&complaints);
	if (conf == NULL)
		return call_usage("%s: lsrd -t says what is wrong", path);
	status = check_undo(conf, call, &out);
	show_flush(&out);
	buf_done(&out);
	conf_free(conf);
	return status;
}

/* What the daemon of each is called, as a process. */
static const struct {
	const char *mta, *process;
} daemons[] = { { "postfix", "master" }, { "exim", "exim4" },
	{ "exim", "exim" } };
#define NDAEMONS (sizeof(daemons) / sizeof(daemons[0]))

/* "postfix" or "exim", as it has the port of this host; NULL: neither (a proxy,
 * lsrd-front), or it cannot be told. */
static const char *
mta_in_use(void)
{
	char name[PROCS_NAME];

	if (geteuid() != 0 || !procs_listener(25, name))
		return NULL;
	for (size_t i = 0; i < NDAEMONS; i++)
		if (strcmp(name, daemons[i].process) == 0)
			return daemons[i].mta;
	return NULL;
}

/* Whether it takes mail at a port, be it another than 25. */
static bool
mta_listens(const char *mta)
{
	for (size_t i = 0; i < NDAEMONS; i++)
		if (strcmp(mta, daemons[i].mta) == 0 &&
		    procs_listens(daemons[i].process))
			return true;
	return false;
}

static const char *
mta_word(const char *mta)
{
	return strcmp(mta, "exim") == 0 ? "Exim" : "Postfix";
}

/* Where both are installed the other one may have the port, and the mail. */
static void
check_in_use(
    struct check_list *list, const struct conf *conf, const char *in_use)
{
	const char *mtas[CONF_MTAS];

	if (in_use == NULL || conf_writes(conf, in_use))
		return;
	conf_mtas(conf, mtas);
	check_find(list,
	    CHECK_ABOUT(CHECK_WARNING, "mta",
		"in lsrd.conf: mta, which is in use; or both"),
	    "port 25 of this host is %s's, and lsrd.conf has %s judged",
	    mta_word(in_use), mta_word(mtas[0]));
}

/* What was found of one that takes no mail is no fault of this host. */
static void
only_note(struct check_list *list, size_t from, const char *mta)
{
	size_t n = 0;

	for (size_t i = from; i < list->list.n; i++) {
		n += list->list.v[i].level != CHECK_NOTE;
		list->list.v[i].level = CHECK_NOTE;
	}
	check_find(list, CHECK_ABOUT(CHECK_NOTE, "mta", NULL),
	    "%s listens at no port: what it lacks is a note (%zu)",
	    mta_word(mta), n);
}

static void
check_one(struct check_list *list, const struct conf *conf,
    const struct call *call, const char *mta)
{
	if (strcmp(mta, "postfix") == 0)
		check_postfix(list, conf, call);
#ifdef HAVE_CDB
	else
		check_exim(list, conf);
#else
	(void)call;
#endif
}

static void
check_both(struct check_list *list, const struct conf *conf,
    const struct call *call, const char *in_use)
{
	const char *mtas[CONF_MTAS];
	size_t n = conf_mtas(conf, mtas);

	for (size_t i = 0; i < n; i++) {
		size_t from = list->list.n;

		check_one(list, conf, call, mtas[i]);
		if (in_use != NULL && !mta_listens(mtas[i]))
			only_note(list, from, mtas[i]);
	}
	if (in_use == NULL)
		check_find(list, CHECK_ABOUT(CHECK_NOTE, "mta", NULL),
		    "Postfix and Exim are judged, both (mta = both)");
	else
		check_find(list, CHECK_ABOUT(CHECK_NOTE, "mta", NULL),
		    "Postfix and Exim are judged, both (mta = both): port 25 "
		    "is %s's",
		    mta_word(in_use));
}

/* Of two the one that lsrd.conf names, or both. */
static void
check_mta(
    struct check_list *list, const struct conf *conf, const struct call *call)
{
	const char *mtas[CONF_MTAS], *in_use;

	if (conf->mta == CONF_MTA_NONE)
		return;
	in_use = mta_in_use();
	list->exim = conf->mta == CONF_MTA_EXIM;
	check_in_use(list, conf, in_use);
	if (conf_mtas(conf, mtas) > 1)
		check_both(list, conf, call, in_use);
	else
		check_one(list, conf, call, mtas[0]);
}

int
check_live(const struct call *asked)
{
	struct buf complaint = { 0 };
	struct call own = *asked;
	const struct call *call = &own;
	const char *path = asked->config == NULL ? CONF_FILE : asked->config;
	struct check_list list = { 0 };
	struct buf out = { 0 };
	struct conf *conf;
	int result;

	if (call_has(call, "undo"))
		return undo(call, path);
	own.complaint = &complaint;
	conf = check_load(&list, path);
	if (conf != NULL) {
		check_expiry(&list, conf->certificate);
		check_disk(&list, conf->state_directory);
		check_commands(&list, conf, path);
		check_mta(&list, conf, call);
	}
	check_health(&list, call);
	check_transit(&list, call);
	if (call->json)
		print_json(&out, &list);
	else if (call_has(call, "nagios"))
		print_nagios(&out, &list);
	else
		print_text(&out, &list);
	show_flush(&out);
	buf_done(&out);
	buf_done(&complaint);
	result = worst(&list);
	list_done(&list);
	conf_free(conf);
	return result;
}
