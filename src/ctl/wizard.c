#include "ctl/wizard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/str.h"
#include "cfg/conf.h"
#include "ctl/conf_text.h"

/* clang-format off */
const struct verb_option wizard_options[] = {
	{ "output", "FILE", "where to write (default " CONF_FILE ")" },
	{ "force",  NULL,   "replace what is there" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

#define ANSWER_MAX 1000

enum question {
	ORGANIZATION,
	SERVER,
	GROUP,
	ADDRESS,
	DOMAINS,
	OTHER,
	QUESTIONS
};

static bool
is_address(const char *s)
{
	struct addr addr;

	return addr_read(&addr, s) && addr.port != 0;
}

/* Each word of the answer, taken off by strtok_r. */
static bool
are_patterns(const char *s)
{
	char *copy = mem_str(s), *rest = NULL, *word;
	bool good = true;

	for (word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		good = good && str_is_pattern(word);
	mem_free(copy);
	return good;
}

struct other {
	char *name, *address, *group;
};

/* `NAME ADDRESS GROUP`, lent from the text, which is cut for it. */
static bool
other_read(char *text, struct other *out)
{
	char *rest = NULL;

	out->name = strtok_r(text, " ", &rest);
	out->address = strtok_r(NULL, " ", &rest);
	out->group = strtok_r(NULL, " ", &rest);
	return out->group != NULL && strtok_r(NULL, " ", &rest) == NULL &&
	       str_is_host(out->name) && is_address(out->address) &&
	       str_is_word(out->group);
}

static bool
is_another(const char *s)
{
	char *copy = mem_str(s);
	struct other other;
	bool good = *s == '\0' || other_read(copy, &other);

	mem_free(copy);
	return good;
}

static const struct {
	const char *text;
	bool (*good)(const char *answer);
	const char *form;
} questions[QUESTIONS] = {
	[ORGANIZATION] = { "What is the organization called", str_is_host,
	    "a name such as example.org" },
	[SERVER] = { "What is this server's name", str_is_host,
	    "a host name such as mx1.example.org" },
	[GROUP] = { "Which routing group (site) is it in", str_is_word,
	    "a word such as london" },
	[ADDRESS] = { "At which address do the others reach it", is_address,
	    "an address with its port, as 192.0.2.1:691" },
	[DOMAINS] = { "Which domains are delivered here", are_patterns,
	    "domains, with blanks between; none: it only passes mail on" },
	[OTHER] = { "Which other server is there", is_another,
	    "NAME ADDRESS GROUP, as mx2.example.org 192.0.2.2:691 paris; "
	    "none: it is the first" },
};

/* What stands where nothing is answered. */
static void
fallback_of(enum question q, char *const *answers, char out[ANSWER_MAX])
{
	const char *dot;

	out[0] = '\0';
	if (q == SERVER && gethostname(out, ANSWER_MAX - 1) == 0)
		str_lower(out);
	if (q == SERVER && !str_is_host(out))
		out[0] = '\0';
	if (q == DOMAINS && (dot = strchr(answers[SERVER], '.')) != NULL &&
	    str_is_host(dot + 1))
		snprintf(out, ANSWER_MAX, "%s", dot + 1);
}

static void
trim(char *s)
{
	size_t n = strlen(s), from = strspn(s, " \t");

	while (n > from && strchr(" \t\r\n", s[n - 1]) != NULL)
		n--;
	memmove(s, s + from, n - from);
	s[n - from] = '\0';
}

/* Asks until the answer is one; NULL: there are no more. */
static char *
answer_to(enum question q, char *const *answers)
{
	char line[ANSWER_MAX], standard[ANSWER_MAX];

	fallback_of(q, answers, standard);
	for (;;) {
		fprintf(stderr, "%d/%d %s?%s%s%s ", (int)q + 1, (int)QUESTIONS,
		    questions[q].text, *standard != '\0' ? " [" : "", standard,
		    *standard != '\0' ? "]" : "");
		if (fgets(line, sizeof(line), stdin) == NULL)
			return NULL;
		trim(line);
		if (line[0] == '\0')
			memcpy(line, standard, sizeof(line));
		if (strcmp(line, "none") == 0 && q >= DOMAINS)
			line[0] = '\0';
		if (q != DOMAINS && q != OTHER)
			str_lower(line);
		if (questions[q].good(line))
			return mem_str(line);
		fprintf(stderr, "    %s\n", questions[q].form);
	}
}

static void
spaces_write(struct buf *out, const char *domains)
{
	char *copy = mem_str(domains), *rest = NULL, *word;

	for (word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		conf_text_space(out, word, NULL);
		buf_text(out, " }\n");
	}
	mem_free(copy);
}

static void
other_write(struct buf *out, char *const *answers)
{
	char *copy = mem_str(answers[OTHER]);
	struct buf name = { 0 };
	struct addr addr;
	struct other o;

	if (other_read(copy, &o) && addr_read(&addr, o.address)) {
		conf_text_peer(out, o.name, &addr, 1);
		buf_printf(&name, "%s-%s%c", answers[GROUP], o.group, '\0');
		if (strcmp(o.group, answers[GROUP]) != 0) {
			conf_text_connector(out, (const char *)name.p, o.group);
			conf_text_bridgehead(out, o.name, NULL, 0);
			buf_text(out, "}\n");
		}
	}
	buf_done(&name);
	mem_free(copy);
}

static void
file_write(struct buf *out, char *const *answers)
{
	const struct conf_text_head head = { answers[ORGANIZATION],
		answers[SERVER], answers[GROUP] };
	struct addr addr;

	buf_text(out,
	    "# By lsrctl wizard; lsrd.conf(5) and `lsrctl help OPTION` tell "
	    "all.\n\n");
	conf_text_head(out, &head);
	if (addr_read(&addr, answers[ADDRESS]))
		conf_text_addresses(out, "peer-listen", &addr, 1);
	other_write(out, answers);
	spaces_write(out, answers[DOMAINS]);
}

/* The commands for its keys, and to bring them here. */
static void
keys_write_commands(char *const *answers)
{
	char *copy = mem_str(answers[DOMAINS]), *rest = NULL, *word;
	char *cut = mem_str(answers[OTHER]);
	struct other o;
	bool connected =
	    other_read(cut, &o) && strcmp(o.group, answers[GROUP]) != 0;

	printf("# once for the organization, on a machine that is no mail "
	       "server:\n"
	       "lsrctl keys authority --organization %s --directory authority\n"
	       "# there, for this server:\n"
	       "lsrctl keys issue %s --group %s",
	    answers[ORGANIZATION], answers[SERVER], answers[GROUP]);
	for (word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		printf(" --space '%s' --relay '%s'", word, word);
	if (connected)
		printf(" --connector %s", o.group);
	printf(" --directory authority --output %s\n"
	       "tar -C %s -cf - authority.pem mark.key server.key server.pem "
	       "|\n"
	       "    ssh root@%s 'cd /etc/lsrd/keys && tar -xf - &&\n"
	       "        chown _lsrd:_lsrd * && chown _lsrd:lsrd-mark mark.key "
	       "&&\n"
	       "        chmod 600 server.key && chmod 640 mark.key'\n",
	    answers[SERVER], answers[SERVER], answers[SERVER]);
	mem_free(copy);
	mem_free(cut);
}

/* The port is systemd's to open; and who is there gets mail, so the mail server
 * comes first. */
static void
host_write_commands(char *const *answers, const char *path)
{
	printf("# here: the file, the port for peers, and what the mail server "
	       "lacks\n"
	       "# (Exim's lines lsrctl check names, and where they go):\n"
	       "lsrd -t -c %s\n"
	       "mkdir -p /etc/systemd/system/lsrd.socket.d\n"
	       "printf '[Socket]\\nListenStream=\\nListenStream=%s\\n' \\\n"
	       "    >/etc/systemd/system/lsrd.socket.d/peers.conf\n"
	       "systemctl daemon-reload\n"
	       "systemctl enable --now lsrd-tables.service\n"
	       "lsrctl check | sed -n 's/^ *\\(postconf .*\\)/\\1/p' | sh\n"
	       "systemctl restart postfix\n"
	       "systemctl enable --now lsrd.socket lsrd.service "
	       "lsrd-milter.service \\\n"
	       "    lsrd-maillog.service\n"
	       "lsrctl check\n",
	    path, answers[ADDRESS]);
}

/* What the other one has to know: it lets in whom it lists. */
static void
other_write_lines(char *const *answers)
{
	char *cut = mem_str(answers[OTHER]);
	struct other o;

	if (other_read(cut, &o)) {
		printf(
		    "# at %s, in its lsrd.conf, before lsrctl reload there:\n"
		    "#   peer \"%s\" { address = \"%s\" }\n",
		    o.name, answers[SERVER], answers[ADDRESS]);
		if (strcmp(o.group, answers[GROUP]) != 0)
			printf("#   connector \"%s-%s\" {\n"
			       "#       routing-group = \"%s\"\n"
			       "#       bridgehead \"%s\" { }\n"
			       "#   }\n",
			    o.group, answers[GROUP], answers[GROUP],
			    answers[SERVER]);
	}
	mem_free(cut);
}

/* What is left to do, to be copied. */
static void
commands_write(char *const *answers, const char *path)
{
	keys_write_commands(answers);
	other_write_lines(answers);
	host_write_commands(answers, path);
}

/* The file says just that. */
static bool
wizard_has(const char *path, const struct buf *text)
{
	char *there = mem_new(text->n + 1, 0, 0);
	FILE *in = fopen(path, "re");
	bool same = in != NULL && fread(there, 1, text->n + 1, in) == text->n &&
	            memcmp(there, text->p, text->n) == 0;

	if (in != NULL)
		fclose(in);
	mem_free(there);
	return same;
}

/* Whole, and only if lsrd takes it. */
static int
wizard_put(const char *path, const struct buf *text, bool force)
{
	struct complaints complaints = { 0 };
	struct conf *conf = NULL;
	struct buf name = { 0 };
	char *fresh;
	FILE *out;
	int status = CALL_OK;

	if (wizard_has(path, text)) {
		fprintf(stderr, "%s is there, and says that: nothing changed\n",
		    path);
		return CALL_OK;
	}
	if (!force && access(path, F_OK) == 0)
		return call_usage("%s: exists; --force replaces it", path);
	buf_printf(&name, "%s.new", path);
	fresh = buf_string(&name);
	out = fopen(fresh, "we");
	if (out == NULL || fwrite(text->p, 1, text->n, out) != text->n ||
	    fclose(out) != 0)
		status = call_usage("%s: %s", fresh, strerror(errno));
	if (status == CALL_OK)
		(void)conf_load(fresh, NULL, &conf, &complaints);
	for (size_t i = 0; i < complaints.list.n; i++)
		call_usage("%s", complaints.list.v[i].text);
	if (status == CALL_OK && conf == NULL)
		status = CALL_USAGE;
	if (status == CALL_OK && rename(fresh, path) != 0)
		status = call_usage("%s: %s", path, strerror(errno));
	if (status != CALL_OK)
		(void)unlink(fresh);
	complaints_done(&complaints);
	conf_free(conf);
	mem_free(fresh);
	return status;
}

int
wizard_verb(const struct call *call)
{
	const char *path = call_option(call, "output");
	char *answers[QUESTIONS] = { NULL };
	struct buf text = { 0 };
	int status = CALL_OK;

	if (path == NULL)
		path = CONF_FILE;
	/* Who is asked is not to answer for nothing; a script may say it twice. */
	if (!call_has(call, "force") && access(path, F_OK) == 0 &&
	    isatty(STDIN_FILENO))
		return call_usage("%s: exists; --force replaces it", path);
	for (int q = 0; q < QUESTIONS && status == CALL_OK; q++) {
		answers[q] = answer_to((enum question)q, answers);
		if (answers[q] == NULL)
			status =
			    access(path, F_OK) == 0 && !call_has(call, "force")
				? call_usage("%s: exists; --force "
					     "replaces it",
				      path)
				: call_usage("no answer: nothing is "
					     "written");
	}
	if (status == CALL_OK) {
		file_write(&text, answers);
		status = wizard_put(path, &text, call_has(call, "force"));
	}
	if (status == CALL_OK)
		commands_write(answers, path);
	for (int q = 0; q < QUESTIONS; q++)
		mem_free(answers[q]);
	buf_done(&text);
	return status;
}
