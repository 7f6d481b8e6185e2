/*
 * check_exim_marks.c - the part of `check` that looks for what marks messages
 * and keeps connectors' limits, and for what tells lsrd of deliveries: the object that Exim loads, and what calls it.
 */

#include "ctl/check_exim.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define EXIM_OBJECT "lsrd-exim.so"
#define REMOVED "LSR-Trace : LSR-Route"

/* --- the object -------------------------------------------------------------------- */

/* The object that an ACL, a router or an option names; the caller's, NULL. */
static char *
object_of(const struct exim *x)
{
	static const char call[] = "dlfunc{";

	for (size_t i = 0; i < x->shown.lines.n; i++) {
		const char *at = strstr(x->shown.lines.v[i].value, call);
		size_t n;

		if (at == NULL)
			continue;
		at += strlen(call);
		n = strcspn(at, "}");
		if (n > strlen(EXIM_OBJECT) &&
		    strncmp(at + n - strlen(EXIM_OBJECT), EXIM_OBJECT,
			strlen(EXIM_OBJECT)) == 0)
			return mem_dup(at, n);
	}
	return NULL;
}

/* It must be there, and offer what is called. */
static void
check_exim_loads(const struct exim *x, const char *path)
{
	struct buf b = { 0 };
	char *ask, *said;

	buf_printf(
	    &b, "${dlfunc{%s}{lsr_hold}{}{lsrd-check@lsrd.invalid}}", path);
	ask = buf_string(&b);
	said = exim_run(x, "-be", ask, NULL);
	if (said == NULL || strncmp(said, "Failed", 6) == 0)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "exim",
			"install lsrd's object for Exim anew; its folders are "
			"to be open to Exim's user"),
		    "Exim cannot load %s: %.*s", path,
		    said == NULL ? 0 : (int)strcspn(said, "\n"),
		    said == NULL ? "" : said);
	mem_free(said);
	mem_free(ask);
}

/* A key that a member of the reading group cannot see is there, too. */
static bool
has_mark_key(const struct conf *conf)
{
	return conf->setup.announced.nmark > 0 || conf->mark_key != NULL;
}

/* --- what calls it ------------------------------------------------------------------ */

static bool
calls(const struct exim *x, enum shown_section section, const char *block,
    const char *function)
{
	for (size_t i = 0; i < x->shown.lines.n; i++) {
		const struct shown_line *l = &x->shown.lines.v[i];

		if (l->section == section &&
		    (block == NULL || strcmp(l->block, block) == 0) &&
		    strstr(l->value, function) != NULL)
			return true;
	}
	return false;
}

/* Not by its path: that `events` names, too, and the other files of marks. */
bool
exim_wants_marks(const struct exim *x)
{
	const char *data =
	    shown_value(&x->shown, SHOWN_MAIN, "", "acl_smtp_data");
	const char *local =
	    shown_value(&x->shown, SHOWN_MAIN, "", "acl_not_smtp");

	if (!exim_can(x, "Expand_dlfunc") || !has_mark_key(x->conf))
		return false;
	return (local == NULL || strcmp(local, "lsrd_marks_local") != 0) &&
	       (data == NULL || !calls(x, SHOWN_ACL, data, "lsr_trace_judge"));
}

static void
want_marks(
    struct exim *x, enum exim_place place, const char *line, const char *text)
{
	exim_want(x, CHECK_WARNING, EXIM_LINE(place, line), "%s", text);
}

/* Debian's access list brings a file that a macro names. */
static void
check_marks_list(
    struct exim *x, const char *option, const char *function, const char *line)
{
	const char *acl = shown_value(&x->shown, SHOWN_MAIN, "", option);
	char remedy[512];

	if (acl == NULL || *acl == '\0') {
		snprintf(remedy, sizeof(remedy),
		    "%s = an access list that begins with: %s", option, line);
		check_find(x->list, CHECK_ABOUT(CHECK_WARNING, "exim", remedy),
		    "%s is not set: lsrd's object sees no message by SMTP",
		    option);
	} else if (x->form == EXIM_PLAIN &&
		   !calls(x, SHOWN_ACL, acl, function)) {
		snprintf(remedy, sizeof(remedy), "%s, below \"%s:\": %s",
		    x->configuration, acl, line);
		check_find(x->list, CHECK_ABOUT(CHECK_WARNING, "exim", remedy),
		    "the access list %s (%s) does not call lsrd's object", acl,
		    option);
		x->wanted = true;
	}
}

static void
check_marks_lines(struct exim *x)
{
	if (exim_wants_marks(x))
		want_marks(x, EXIM_AT_MACROS, EXIM_BRINGS("marks.main"),
		    "nothing calls lsrd's object: messages get no mark, a loop "
		    "is a bounce, and connectors' limits are not kept");
	if (!calls(x, SHOWN_ACL, NULL, "lsrd_refused") ||
	    shown_value(&x->shown, SHOWN_ACL, "lsrd_marks_local", "") == NULL)
		want_marks(x, EXIM_AT_ACL, EXIM_BRINGS("marks.acl"),
		    "there is no access list lsrd_marks_local: mail of this "
		    "host's own programs gets no mark");
	if (!calls(x, SHOWN_ROUTERS, NULL, "lsr_route"))
		want_marks(x, EXIM_AT_MARKS, EXIM_BRINGS("marks.routers"),
		    "no router asks lsrd's object: connectors' limits are not "
		    "kept");
	check_marks_list(
	    x, "acl_smtp_data", "lsr_trace_judge", EXIM_BRINGS("marks.data"));
	check_marks_list(
	    x, "acl_smtp_rcpt", "lsr_admits", EXIM_BRINGS("marks.rcpt"));
}

/* --- where marks leave ----------------------------------------------------------------- */

static bool
is_routed_to(const struct exim *x, const char *transport)
{
	const char *router = NULL;

	while (
	    (router = shown_next(&x->shown, SHOWN_ROUTERS, router)) != NULL) {
		const char *is =
		    shown_value(&x->shown, SHOWN_ROUTERS, router, "transport");

		if (is != NULL && strcmp(is, transport) == 0)
			return true;
	}
	return false;
}

/* By SMTP, but for our own transport. */
static bool
lets_out(const struct exim *x, const char *transport)
{
	const struct shown *s = &x->shown;
	const char *driver =
	    shown_value(s, SHOWN_TRANSPORTS, transport, "driver");
	const char *removes =
	    shown_value(s, SHOWN_TRANSPORTS, transport, "headers_remove");

	return driver != NULL && strcmp(driver, "smtp") == 0 &&
	       strcmp(transport, x->conf->transport) != 0 &&
	       is_routed_to(x, transport) &&
	       (removes == NULL || strstr(removes, "LSR-Trace") == NULL);
}

static void
check_marks_leave(struct exim *x)
{
	const char *transport = NULL;

	while ((transport = shown_next(
		    &x->shown, SHOWN_TRANSPORTS, transport)) != NULL) {
		const char *is = shown_value(
		    &x->shown, SHOWN_TRANSPORTS, transport, "headers_remove");
		char remedy[1024];

		if (!lets_out(x, transport))
			continue;
		snprintf(remedy, sizeof(remedy),
		    "%s, below \"%s:\": headers_remove = " REMOVED "%s%s",
		    x->form == EXIM_PLAIN ? x->configuration
					  : "/etc/exim4/exim4.conf.template",
		    transport, is == NULL ? "" : " : ", is == NULL ? "" : is);
		check_find(x->list, CHECK_ABOUT(CHECK_WARNING, "exim", remedy),
		    "the transport %s lets marks out of the organization",
		    transport);
		x->wanted = true;
	}
}

/* --- what tells lsrd of deliveries ---------------------------------------------------------- */

static bool
is_told_of(const struct exim *x, enum shown_section section, const char *block)
{
	const char *is = shown_value(&x->shown, section, block, "event_action");

	return is != NULL && strstr(is, "lsr_event") != NULL;
}

/* No option may be set twice: one of the site's own is to call ours. */
static void
want_events(struct exim *x)
{
	static const char text[] =
	    "does not tell lsrd of deliveries: a next hop that answers and "
	    "refuses mail is not found out";
	const char *is = shown_value(&x->shown, SHOWN_MAIN, "", "event_action");

	if (is == NULL || *is == '\0')
		exim_want(x, CHECK_WARNING,
		    EXIM_LINE(EXIM_AT_MACROS, EXIM_BRINGS("events")), "Exim %s",
		    text);
	else
		check_find(x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			"LSRD_MAIN_EVENT = no above the line that brings "
			"events, and LSRD_EVENT at the head of that value"),
		    "event_action is %s, and %s", is, text);
}

static void
check_exim_events(struct exim *x)
{
	const char *transport = x->conf->transport;

	if (!is_told_of(x, SHOWN_MAIN, ""))
		want_events(x);
	else if (!is_told_of(x, SHOWN_TRANSPORTS, transport) &&
		 shown_value(
		     &x->shown, SHOWN_TRANSPORTS, transport, "driver") != NULL)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			"event_action = LSRD_EVENT in the transport"),
		    "the transport %s does not tell lsrd of deliveries: only "
		    "those to a second next hop are told of",
		    transport);
}

/* --- all of it --------------------------------------------------------------------------- */

/* exim4-daemon-light. */
static void
check_marks_light(const struct exim *x, bool named)
{
	if (named)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "exim",
			"apt-get install exim4-daemon-heavy; or take out the "
			"lines that bring marks.*"),
		    "this Exim loads no objects, and its configuration names "
		    "one");
	else
		check_find(x->list,
		    CHECK_ABOUT(CHECK_NOTE, "exim",
			"lsrd-maillog reads its main log, with exim-log.conf "
			"as a drop-in"),
		    "this Exim loads no objects (exim4-daemon-light): routes "
		    "and holds, but no marks, limits or events");
}

void
check_exim_marks(struct exim *x)
{
	char *path = object_of(x);

	if (!exim_can(x, "Expand_dlfunc")) {
		check_marks_light(x, path != NULL);
	} else {
		check_exim_events(x);
		if (path != NULL)
			check_exim_loads(x, path);
		if (has_mark_key(x->conf))
			check_marks_lines(x);
		if (path != NULL)
			check_marks_leave(x);
	}
	mem_free(path);
}
