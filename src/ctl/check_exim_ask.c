/*
 * check_exim_ask.c - the part of `check` that asks Exim what it would do with
 * each key of our tables and with what is delivered here, and compares that
 * with what they say: `exim -bt` for delivering, `exim -bv` for RCPT.
 */

#include "ctl/check_exim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "ctl/eyes.h"
#include "plugins/exim/cdb_file.h"

/* A question takes 0.1 ms; a list that can be read. */
#define KEYS_MAX 5000
#define NAMED_MAX 20
#define NOBODY "lsrd-check"

/* --- the tables -------------------------------------------------------------------- */

/* As Exim's own user, who delivers. */
static bool
is_open_to_exim(const struct exim *x, const char *path)
{
	char *user = exim_option(x, "exim_user");
	struct eyes eyes;
	int fd = 0, error = 0;

	if (user != NULL && eyes_of(&eyes, user)) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		error = errno;
		eyes_own(&eyes);
	}
	if (fd < 0)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "table",
			"chmod o+rx its folders, and o+r it"),
		    "%s: %s cannot read it: %s: mail waits for it", path, user,
		    strerror(error));
	else if (fd > 0)
		close(fd);
	mem_free(user);
	return fd >= 0;
}

static void
check_exim_opens(const struct exim *x, const char *path)
{
	struct buf b = { 0 };
	char *ask, *said;

	buf_printf(
	    &b, "${lookup{%s.invalid}cdb{%s}{some}{none}}", NOBODY, path);
	ask = buf_string(&b);
	said = exim_run(x, "-be", ask, NULL);
	if (said == NULL || strcmp(said, "none\n") != 0)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "table",
			"systemctl restart lsrd makes it anew; exim -bV must "
			"name cdb"),
		    "Exim cannot look anything up in %s: mail waits for it",
		    path);
	mem_free(said);
	mem_free(ask);
}

/* The file is whole, by its own form: Exim does not look. */
static void
check_exim_whole(const struct exim *x, const char *path)
{
	struct cdb_file *file = NULL;
	int rc = cdb_file_open(&file, path);

	if (rc == RC_FORMAT)
		check_find(x->list,
		    CHECK_ABOUT(
			CHECK_CRITICAL, "table", "systemctl restart lsrd"),
		    "%s: is broken", path);
	if (rc == RC_OK)
		cdb_file_free(file);
}

void
check_exim_tables(const struct exim *x)
{
	static const char *const names[] = { "transport.cdb", "default.cdb",
		"domains.cdb" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = exim_table(x, names[i]);
		struct stat st;

		if (check_table(x->list, path, &st) &&
		    is_open_to_exim(x, path)) {
			check_exim_opens(x, path);
			check_exim_whole(x, path);
		}
		mem_free(path);
	}
}

/* --- asking ----------------------------------------------------------------------------- */

/* What is asked, and what is expected. */
struct exim_ask {
	const struct exim *x;
	VEC(char *) keys, values; /* NULL: it is delivered here */
	struct buf addresses;     /* a line each */
	VEC(bool) told;           /* what was found of a key */
	unsigned named;
};

/* One answer of -bt, cut out of the whole. */
struct exim_told {
	char router[64], transport[64], host[128];
	char reason[256]; /* why it is not routed */
	bool waits, fails;
};

static bool
exim_may_name(struct exim_ask *a)
{
	if (a->named++ == NAMED_MAX)
		check_find(a->x->list, CHECK_ABOUT(CHECK_WARNING, "exim", NULL),
		    "and more patterns that Exim does not do as we say");
	return a->named <= NAMED_MAX;
}

/* A recipient that meets the pattern, and no other of the same domain. */
static void
exim_ask_add(struct exim_ask *a, const char *pattern, const char *value)
{
	if (strchr(pattern, '@') != NULL)
		buf_printf(&a->addresses, "%s\n", pattern);
	else
		buf_printf(&a->addresses, "%s@%s%s\n", NOBODY,
		    *pattern == '.' ? NOBODY : "", pattern);
	vec_push(&a->keys, mem_str(pattern));
	vec_push(&a->values, mem_str(value));
	vec_push(&a->told, false);
}

static bool
is_one_spelling(const char *s)
{
	while (*s > 0)
		s++;
	return *s == '\0';
}

/* One of the two spellings of a key will do, and a key that is no pattern says
 * something of the file. */
static bool
on_exim_key(void *ctx, const char *key, const char *value)
{
	struct exim_ask *a = ctx;

	if (*key != '@' && is_one_spelling(key))
		exim_ask_add(a, key, value);
	return a->keys.n < KEYS_MAX;
}

/* `HEAD VALUE` up to a comma or the end, where the answer has it. */
static void
told_word(const char *answer, const char *head, char *out, size_t room)
{
	const char *at = strstr(answer, head);

	out[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(head);
	snprintf(out, room, "%.*s", (int)strcspn(at, ",\n"), at);
}

static struct exim_told
told_read(const char *answer)
{
	static const char waits[] = " cannot be resolved at this time";
	static const char fails[] = " is undeliverable";
	struct exim_told t = { .waits = strstr(answer, waits) != NULL,
		.fails = strstr(answer, fails) != NULL };
	const char *at = strstr(answer, t.waits ? waits : fails);

	told_word(answer, "router = ", t.router, sizeof(t.router));
	told_word(answer, "transport = ", t.transport, sizeof(t.transport));
	told_word(answer, "\n  host ", t.host, sizeof(t.host));
	if (at != NULL && (at = strstr(at, ": ")) != NULL)
		snprintf(t.reason, sizeof(t.reason), "%.*s",
		    (int)strcspn(at + 2, "\n"), at + 2);
	return t;
}

/* What Exim would do, in words. */
static void
told_text(const struct exim_told *t, char *out, size_t room)
{
	if (t->waits)
		snprintf(out, room, "have it wait: %s", t->reason);
	else if (t->fails)
		snprintf(out, room, "bounce it: %s", t->reason);
	else if (t->router[0] == '\0')
		snprintf(out, room, "deliver it here: %s", t->transport);
	else
		snprintf(out, room, "do %s, by the router %s%s%s", t->transport,
		    t->router, t->host[0] == '\0' ? "" : ", to ", t->host);
}

/* --- what our table says ------------------------------------------------------------------- */

static bool
is_as_told(const struct exim *x, const char *value, const struct exim_told *t)
{
	size_t n = strcspn(value + 4, " ");

	if (strncmp(value, "route ", 6) == 0)
		return strcmp(t->transport, x->conf->transport) == 0;
	if (strncmp(value, "hold ", 5) == 0)
		return t->reason[0] != '\0' &&
		       strncmp(value + 5, t->reason, strlen(t->reason)) == 0;
	if (strncmp(value, "by ", 3) == 0) {
		n = strcspn(value + 3, " ");
		return strncmp(t->transport, value + 3, n) == 0 &&
		       t->transport[n] == '\0';
	}
	if (strncmp(value, "via ", 4) == 0)
		return strncmp(t->transport, value + 4, n) == 0 &&
		       t->transport[n] == '\0';
	return strcmp(t->transport, x->conf->transport) != 0; /* here */
}

static void
compare_told(struct exim_ask *a, size_t i, const struct exim_told *t)
{
	char text[512];

	if (is_as_told(a->x, a->values.v[i], t))
		return;
	a->told.v[i] = true;
	if (!exim_may_name(a))
		return;
	told_text(t, text, sizeof(text));
	check_find(a->x->list,
	    CHECK_ABOUT(t->fails ? CHECK_CRITICAL : CHECK_WARNING, "overridden",
		"if that is not meant: a router that stands before ours, or "
		"its table"),
	    "%s: our table says %s, Exim would %s", a->keys.v[i],
	    a->values.v[i], text);
}

/* --- what is delivered here ------------------------------------------------------------------ */

/* By our route for *, or by a router that looks for another host. */
static bool
is_exim_lost(const struct exim *x, const struct exim_told *t)
{
	const char *driver =
	    shown_value(&x->shown, SHOWN_ROUTERS, t->router, "driver");

	return strcmp(t->transport, x->conf->transport) == 0 ||
	       (driver != NULL && strcmp(driver, "dnslookup") == 0) ||
	       strstr(t->reason, "remote domains not supported") != NULL;
}

static void
here_told(struct exim_ask *a, size_t i, const struct exim_told *t)
{
	char text[512];

	if (!is_exim_lost(a->x, t) || !exim_may_name(a))
		return;
	told_text(t, text, sizeof(text));
	check_find(a->x->list,
	    CHECK_ABOUT(CHECK_CRITICAL, "here",
		a->x->form == EXIM_PLAIN ? "name it in domainlist local_domains"
					 : "name it in dc_other_hostnames of "
					   "/etc/exim4/update-exim4.conf.conf"),
	    "%s is delivered here%s, and Exim would %s", a->keys.v[i],
	    strchr(a->keys.v[i], '@') == NULL ? " by lsrd.conf" : "", text);
}

/* Of -bv: what would be refused at RCPT, whatever -bt says. */
static void
verified_told(struct exim_ask *a, size_t i, const char *answer)
{
	if (a->values.v[i] == NULL || a->told.v[i] ||
	    strcmp(a->values.v[i], "here") == 0 ||
	    strstr(answer, " failed to verify") == NULL || !exim_may_name(a))
		return;
	check_find(a->x->list,
	    CHECK_ABOUT(CHECK_CRITICAL, "overridden",
		"a router of ours with no_verify, or one before it that fails"),
	    "%s: our table says %s, and Exim would refuse its recipients at "
	    "RCPT",
	    a->keys.v[i], a->values.v[i]);
}

/* --- all of it ---------------------------------------------------------------------------- */

static void
exim_told_one(struct exim_ask *a, size_t i, const char *answer, bool verify)
{
	struct exim_told t;

	if (verify) {
		verified_told(a, i, answer);
		return;
	}
	t = told_read(answer);
	if (a->values.v[i] == NULL)
		here_told(a, i, &t);
	else
		compare_told(a, i, &t);
}

/* Answers come in order, each behind a prompt. */
static void
exim_ask_all(struct exim_ask *a, const char *how)
{
	char *said = exim_run(a->x, how, NULL, (const char *)a->addresses.p);
	char *at = said;
	size_t i = 0;

	while (at != NULL && strncmp(at, "> ", 2) == 0 && i < a->keys.n) {
		char *end = strstr(at, "\n> ");

		if (end != NULL)
			*end = '\0';
		exim_told_one(a, i++, at + 2, strcmp(how, "-bv") == 0);
		at = end == NULL ? NULL : end + 1;
	}
	mem_free(said);
	if (i < a->keys.n)
		check_find(a->x->list, CHECK_ABOUT(CHECK_NOTE, "exim", NULL),
		    "not asked: exim %s tells nothing of %zu patterns", how,
		    a->keys.n - i);
}

static void
ask_keys(struct exim_ask *a, const char *name)
{
	struct cdb_file *file = NULL;
	char *path = exim_table(a->x, name);

	if (cdb_file_open(&file, path) == RC_OK) {
		cdb_file_walk(file, on_exim_key, a);
		cdb_file_free(file);
	}
	mem_free(path);
}

/* `*` is met by what nobody has. */
static void
ask_strangers(struct exim_ask *a)
{
	struct exim_ask star = { .x = a->x };

	ask_keys(&star, "default.cdb");
	for (size_t i = 0; i < star.keys.n; i++) {
		if (strcmp(star.keys.v[i], "*") == 0) {
			buf_text(&a->addresses, NOBODY "@" NOBODY ".invalid\n");
			vec_push(&a->keys, mem_str("*"));
			vec_push(&a->values, mem_str(star.values.v[i]));
			vec_push(&a->told, false);
		}
		mem_free(star.keys.v[i]);
		mem_free(star.values.v[i]);
	}
	vec_done(&star.keys);
	vec_done(&star.values);
	vec_done(&star.told);
	buf_done(&star.addresses);
}

static void
ask_here(struct exim_ask *a)
{
	const struct setup *setup = &a->x->conf->setup;
	char *name = exim_option(a->x, "primary_hostname");
	char address[400];

	for (size_t i = 0; i < setup->nspaces && i < KEYS_MAX; i++)
		if (setup->spaces[i].way == NULL &&
		    strcmp(setup->spaces[i].pattern, "*") != 0)
			exim_ask_add(a, setup->spaces[i].pattern, NULL);
	if (name != NULL) {
		snprintf(address, sizeof(address), "root@%s", name);
		exim_ask_add(a, address, NULL);
	}
	mem_free(name);
}

void
check_exim_ask(const struct exim *x)
{
	struct exim_ask a = { .x = x };

	ask_keys(&a, "transport.cdb");
	ask_strangers(&a);
	ask_here(&a);
	buf_u8(&a.addresses, 0);
	exim_ask_all(&a, "-bt");
	exim_ask_all(&a, "-bv");
	for (size_t i = 0; i < a.keys.n; i++) {
		mem_free(a.keys.v[i]);
		mem_free(a.values.v[i]);
	}
	vec_done(&a.keys);
	vec_done(&a.values);
	vec_done(&a.told);
	buf_done(&a.addresses);
}
