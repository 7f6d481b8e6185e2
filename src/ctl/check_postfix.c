/*
 * check_postfix.c - the part of `check` that asks Postfix: which of the
 * lines of lsrd-postfix(7) are missing, as commands that put them there.
 */

#include "ctl/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/paths.h"

#define POSTCONF "/usr/sbin/postconf"
#define OUTPUT_MAX 65536
#define HOPS_LEAST 100

struct postfix {
	struct check_list *list;
	const char *directory; /* of main.cf; NULL: Postfix's default */
};

/* What the program writes, less the last line feed; NULL when it fails. */
static char *
run(char *const argv[])
{
	struct buf out = { 0 };
	int fds[2], status;
	char chunk[4096];
	ssize_t n;
	pid_t pid;

	if (pipe(fds) != 0)
		return NULL;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(fds[1], STDOUT_FILENO);
		if (null >= 0)
			dup2(null, STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	while (pid > 0 && (n = read(fds[0], chunk, sizeof(chunk))) > 0)
		if (out.n + (size_t)n < OUTPUT_MAX)
			buf_bytes(&out, chunk, (size_t)n);
	close(fds[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
		buf_done(&out);
		return NULL;
	}
	while (out.n > 0 && out.p[out.n - 1] == '\n')
		out.n--;
	return buf_string(&out);
}

/* postconf [-c DIRECTORY] FIRST SECOND THIRD; the last two may be NULL. */
static char *
postconf(const struct postfix *p, const char *first, const char *second,
    const char *third)
{
	const char *program = paths_is_file(POSTCONF) ? POSTCONF : "postconf";
	char *argv[7];
	size_t n = 0;
	char *out;

	argv[n++] = mem_str(program);
	if (p->directory != NULL) {
		argv[n++] = mem_str("-c");
		argv[n++] = mem_str(p->directory);
	}
	argv[n++] = mem_str(first);
	if (second != NULL)
		argv[n++] = mem_str(second);
	if (third != NULL)
		argv[n++] = mem_str(third);
	argv[n] = NULL;
	out = run(argv);
	while (n > 0)
		mem_free(argv[--n]);
	return out;
}

/* A finding whose remedy is `postconf OPTION 'TEXT'`. */
static void
want(const struct postfix *p, const char *option, const char *line,
    const char *text)
{
	struct buf b = { 0 };
	char *remedy;

	buf_text(&b, "postconf ");
	if (p->directory != NULL)
		buf_printf(&b, "-c %s ", p->directory);
	buf_printf(&b, "%s '", option);
	for (; *line != '\0'; line++) {
		if (*line == '\'')
			buf_text(&b, "'\\''");
		else
			buf_u8(&b, (uint8_t)*line);
	}
	buf_text(&b, "'");
	remedy = buf_string(&b);
	check_find(p->list, CHECK_ABOUT(CHECK_CRITICAL, "postfix", remedy),
	    "%s", text);
	mem_free(remedy);
}

/* True if one of the words of a list is exactly this. */
static bool
has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *at = list;

	while ((at = strstr(at, word)) != NULL) {
		bool begins = at == list || strchr(", \t\n{", at[-1]) != NULL;

		if (begins &&
		    (at[n] == '\0' || strchr(", \t\n}", at[n]) != NULL))
			return true;
		at += n;
	}
	return false;
}

/* `parameter` is to have `table` in it; `line` is what it is to say then. */
static void
check_map(const struct postfix *p, const char *parameter, const char *table,
    const char *form)
{
	char *is = postconf(p, "-xh", parameter, NULL);
	char *raw = postconf(p, "-h", parameter, NULL);
	struct buf line = { 0 }, text = { 0 };
	char *a, *b;

	if (is != NULL && raw != NULL && !has_word(is, table)) {
		buf_printf(&line, "%s = %s%s%s", parameter, form,
		    *raw == '\0' ? "" : ", ", raw);
		buf_printf(&text, "%s does not ask %s", parameter, table);
		a = buf_string(&line);
		b = buf_string(&text);
		want(p, "-e", a, b);
		mem_free(a);
		mem_free(b);
	}
	mem_free(is);
	mem_free(raw);
}

/* Sub-domains only by their own keys. */
static void
check_parents(const struct postfix *p)
{
	static const char name[] = "parent_domain_matches_subdomains";
	char *is = postconf(p, "-xh", name, NULL);
	struct buf line = { 0 };
	bool bad = false;
	char *a, *rest = NULL;

	buf_printf(&line, "%s =", name);
	for (char *w = is == NULL ? NULL : strtok_r(is, ", \t\n", &rest);
	     w != NULL; w = strtok_r(NULL, ", \t\n", &rest)) {
		if (strcmp(w, "relay_domains") == 0 ||
		    strcmp(w, "transport_maps") == 0)
			bad = true;
		else
			buf_printf(&line, " %s", w);
	}
	a = buf_string(&line);
	if (bad)
		want(p, "-e", a, "a domain's key opens all of its sub-domains");
	mem_free(a);
	mem_free(is);
}

static void
check_hops(const struct postfix *p)
{
	char *is = postconf(p, "-xh", "hopcount_limit", NULL);

	if (is != NULL && atoi(is) < HOPS_LEAST)
		want(p, "-e", "hopcount_limit = 100",
		    "hopcount_limit is low: a short loop would bounce");
	mem_free(is);
}

static void
check_recipients(const struct postfix *p)
{
	char *is = postconf(p, "-xh", "relay_recipient_maps", NULL);

	if (is != NULL && *is != '\0')
		check_find(p->list,
		    CHECK_ABOUT(CHECK_WARNING, "postfix",
			"postconf -e 'relay_recipient_maps ='"),
		    "relay_recipient_maps refuses users it does not list");
	mem_free(is);
}

static void
check_types(const struct postfix *p)
{
	char *is = postconf(p, "-m", NULL, NULL);

	if (is != NULL && !has_word(is, "lmdb"))
		check_find(p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "postfix",
			"apt-get install postfix-lmdb"),
		    "Postfix cannot read LMDB tables");
	mem_free(is);
}

/* A service of master.cf, and the one option that it must not lack. */
struct service {
	const char *name;
	const char *option; /* with its "=" */
	const char *value;
	const char *entry; /* the rest of its line */
};

/* An option with another value is the administrator's decision. */
static void
check_service(const struct postfix *p, const struct service *s)
{
	struct buf b = { 0 };
	char *service, *is, *line, *text;

	buf_printf(&b, "%s/unix", s->name);
	service = buf_string(&b);
	is = postconf(p, "-M", service, NULL);
	if (is == NULL || *is == '\0') {
		buf_printf(&b, "%s=%s unix %s", service, s->name, s->entry);
		line = buf_string(&b);
		buf_printf(&b, "master.cf has no service %s", s->name);
		text = buf_string(&b);
		want(p, "-Me", line, text);
		mem_free(line);
		mem_free(text);
	} else if (strstr(is, s->option) == NULL) {
		buf_printf(&b, "%s/%s%s", service, s->option, s->value);
		line = buf_string(&b);
		buf_printf(&b, "the service %s is without %s%s", s->name,
		    s->option, s->value);
		text = buf_string(&b);
		want(p, "-Pe", line, text);
		mem_free(line);
		mem_free(text);
	}
	mem_free(is);
	mem_free(service);
}

static void
check_services(const struct postfix *p, const struct conf *conf)
{
	const struct service rows[] = {
		{ conf->transport, "smtp_connect_timeout=", "5s",
		    "- - y - - smtp -o syslog_name=postfix/$service_name "
		    "-o smtp_connect_timeout=5s -o smtp_fallback_relay=" },
		{ conf->hold_transport, "soft_bounce=", "yes",
		    "- n n - - pipe -o soft_bounce=yes user=nobody "
		    "argv=/bin/sh -c {printf '4.4.4 %s' \"$$1\"; exit 75} "
		    "lsrd-hold ${nexthop}" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_service(p, &rows[i]);
}

/* Postfix opens it as root, its programs ask it as anybody. */
static void
check_table(struct check_list *list, const char *directory, const char *name)
{
	struct buf b = { 0 };
	struct stat st;
	char *path;

	buf_printf(&b, "%s/%s.lmdb", directory, name);
	path = buf_string(&b);
	if (stat(path, &st) != 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_CRITICAL, "table",
			errno == ENOENT ? "systemctl start lsrd-tables lsrd"
					: NULL),
		    "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size == 0)
		check_find(list,
		    CHECK_ABOUT(
			CHECK_CRITICAL, "table", "systemctl restart lsrd"),
		    "%s: is no table", path);
	else if ((st.st_mode & S_IROTH) == 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "table", "chmod o+r it"),
		    "%s: cannot be read by everybody", path);
	mem_free(path);
}

static void
check_tables(struct check_list *list, const char *directory)
{
	static const char *const names[] = { "transport", "default",
		"domains" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_table(list, directory, names[i]);
}

static void
check_maps(const struct postfix *p, const char *directory)
{
	static const struct {
		const char *parameter, *table, *form;
	} rows[] = {
		{ "transport_maps", "transport", "%s" },
		{ "sender_dependent_default_transport_maps", "default",
		    "pipemap:{static:*, %s}" },
		{ "relay_domains", "domains", "%s" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *hole = strstr(rows[i].form, "%s");
		struct buf table = { 0 }, form = { 0 };
		char *a, *b;

		buf_printf(&table, "lmdb:%s/%s", directory, rows[i].table);
		a = buf_string(&table);
		buf_bytes(&form, rows[i].form, (size_t)(hole - rows[i].form));
		buf_printf(&form, "%s%s", a, hole + 2);
		b = buf_string(&form);
		check_map(p, rows[i].parameter, a, b);
		mem_free(a);
		mem_free(b);
	}
}

void
check_postfix(struct check_list *list, const struct conf *conf)
{
	struct postfix p = { list, conf->postfix_directory };
	char *version = postconf(&p, "-h", "mail_version", NULL);

	check_tables(list, conf->table_directory);
	if (version == NULL) {
		check_find(list, CHECK_ABOUT(CHECK_UNKNOWN, "postfix", NULL),
		    "postconf tells nothing: is Postfix set up here?");
		return;
	}
	mem_free(version);
	check_types(&p);
	check_maps(&p, conf->table_directory);
	check_parents(&p);
	check_hops(&p);
	check_recipients(&p);
	check_services(&p, conf);
}
