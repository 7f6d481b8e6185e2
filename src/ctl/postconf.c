#include "ctl/postconf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/paths.h"
#include "ctl/run.h"
#include "ctl/undo.h"

#define BLANKS ", \t\n"

/* A server that does not answer (ldap, tcp) must not keep check for ever; a
 * list of a million keys takes three seconds. */
#define ASKED_MS 20000

/* postmap -q ends with 1 where a key has no value, and where it could not
 * open the table at all: that it says. Postfix's programs wait for a second
 * after they have said what is fatal, to no purpose here. */
static bool
postconf_collect(char *const argv[], FILE *input, struct buf *out)
{
	struct run run = { .argv = argv,
		.input = input,
		.out = out,
		.last = ": fatal: ",
		.ms = ASKED_MS };
	int status = run_program(&run);
	bool silent = !run_has_said(&run, ": fatal: ") &&
	              !run_has_said(&run, ": error: ");

	buf_done(&run.said);
	return status == 0 || (input != NULL && status == 1 && silent);
}

/* Maps are asked as they are, not by proxymap(8): where that does not run, or
 * its socket is not ours to reach, postmap tries for minutes. */
static char *
as_it_is(const char *word)
{
	static const char proxy[] = "proxy:";
	struct buf b = { 0 };

	for (const char *at = word; *at != '\0'; at++) {
		bool begins = at == word || strchr("{ ,\t", at[-1]) != NULL;

		if (begins && strncmp(at, proxy, strlen(proxy)) == 0)
			at += strlen(proxy);
		if (*at == '\0')
			break;
		buf_u8(&b, (uint8_t)*at);
	}
	return buf_string(&b);
}

char *
postfix_run(const struct postfix *p, const struct postfix_run *run)
{
	char *argv[7] = { run_located(run->program) };
	FILE *input = run->input == NULL ? NULL : tmpfile();
	bool maps = strcmp(run->program, "postmap") == 0, ok;
	struct buf out = { 0 };
	size_t n = 1;

	if (p->directory != NULL) {
		argv[n++] = mem_str("-c");
		argv[n++] = mem_str(p->directory);
	}
	if (run->a != NULL)
		argv[n++] = mem_str(run->a);
	if (run->b != NULL)
		argv[n++] = maps ? as_it_is(run->b) : mem_str(run->b);
	if (run->c != NULL)
		argv[n++] = maps ? as_it_is(run->c) : mem_str(run->c);
	if (input != NULL) {
		if (run->input->n > 0)
			fwrite(run->input->p, 1, run->input->n, input);
		rewind(input);
	}
	ok = (run->input == NULL || input != NULL) &&
	     postconf_collect(argv, input, &out);
	if (input != NULL)
		fclose(input);
	while (n > 0)
		mem_free(argv[--n]);
	while (out.n > 0 && out.p[out.n - 1] == '\n')
		out.n--;
	if (ok)
		return buf_string(&out);
	buf_done(&out);
	return NULL;
}

static bool
lines_read(struct postconf_lines *lines, const struct postfix *p, const char *a,
    const char *b)
{
	struct postfix_run run = { "postconf", a, b, NULL, NULL };

	lines->text = postfix_run(p, &run);
	if (lines->text == NULL)
		return false;
	lines->n = strlen(lines->text);
	for (size_t i = 0; i < lines->n; i++)
		if (lines->text[i] == '\n')
			lines->text[i] = '\0';
	return true;
}

/* The value of `NAME = VALUE`, or NULL. */
static const char *
lines_find(const struct postconf_lines *lines, const char *name)
{
	size_t len = strlen(name);
	const char *end = lines->text + lines->n;

	for (const char *at = lines->text; at != NULL && at < end;
	     at += strlen(at) + 1) {
		if (strncmp(at, name, len) != 0 ||
		    strncmp(at + len, " =", 2) != 0)
			continue;
		at += len + 2;
		return at + (*at == ' ');
	}
	return NULL;
}

bool
postconf_open(struct postfix *p)
{
	lines_read(&p->services, p, "-M", NULL);
	lines_read(&p->options, p, "-P", NULL);
	lines_read(&p->types, p, "-m", NULL);
	return lines_read(&p->set, p, "-n", NULL) &&
	       lines_read(&p->raw, p, NULL, NULL) &&
	       lines_read(&p->full, p, "-x", NULL);
}

void
postconf_close(struct postfix *p)
{
	mem_free(p->set.text);
	mem_free(p->raw.text);
	mem_free(p->full.text);
	mem_free(p->options.text);
	mem_free(p->services.text);
	mem_free(p->types.text);
}

static const char *
or_empty(const char *value)
{
	return value == NULL ? "" : value;
}

const char *
postconf_raw(const struct postfix *p, const char *name)
{
	return or_empty(lines_find(&p->raw, name));
}

const char *
postconf_full(const struct postfix *p, const char *name)
{
	return or_empty(lines_find(&p->full, name));
}

const char *
postconf_set(const struct postfix *p, const char *name)
{
	return lines_find(&p->set, name);
}

const char *
postconf_option(const struct postfix *p, const char *name)
{
	return lines_find(&p->options, name);
}

bool
postconf_has_type(const struct postfix *p, const char *type)
{
	const char *end = p->types.text + p->types.n;

	for (const char *at = p->types.text; at != NULL && at < end;
	     at += strlen(at) + 1)
		if (strcmp(at, type) == 0)
			return true;
	return p->types.text == NULL; /* not known is not missing */
}

void
postconf_field(const char *line, size_t n, char *out, size_t room)
{
	for (; n > 0 && *line != '\0'; n--) {
		line += strcspn(line, " \t");
		line += strspn(line, " \t");
	}
	snprintf(out, room, "%.*s", (int)strcspn(line, " \t"), line);
}

const char *
postconf_service(const struct postfix *p, const char *service)
{
	const char *end = p->services.text + p->services.n;

	for (const char *at = p->services.text; at != NULL && at < end;
	     at += strlen(at) + 1) {
		char name[64], type[32], both[100];

		postconf_field(at, 0, name, sizeof(name));
		postconf_field(at, 1, type, sizeof(type));
		snprintf(both, sizeof(both), "%s/%s", name, type);
		if (strcmp(both, service) == 0)
			return at;
	}
	return NULL;
}

void
postconf_command(struct buf *out, const struct postfix *p, const char *option,
    const char *text)
{
	buf_text(out, "postconf ");
	if (p->directory != NULL)
		buf_printf(out, "-c %s ", p->directory);
	buf_printf(out, "%s '", option);
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_text(out, "'\\''");
		else
			buf_u8(out, (uint8_t)*text);
	}
	buf_u8(out, '\'');
}

static void
postconf_find(const struct postfix *p, enum check_level level, char *command,
    const char *text)
{
	check_find(p->list, CHECK_ABOUT(level, "postfix", command), "%s", text);
	mem_free(command);
}

void
postconf_want(const struct postfix *p, enum check_level level, const char *name,
    const char *value, const char *text)
{
	struct buf line = { 0 }, command = { 0 };
	char *s;

	buf_printf(&line, "%s = %s", name, value);
	s = buf_string(&line);
	postconf_command(&command, p, "-e", s);
	mem_free(s);
	undo_note(p->undo, name, postconf_set(p, name), value);
	postconf_find(p, level, buf_string(&command), text);
}

void
postconf_want_service(const struct postfix *p, const char *service,
    const char *line, const char *text)
{
	struct buf b = { 0 }, command = { 0 };
	char *s;

	buf_printf(&b, "%s=%s", service, line);
	s = buf_string(&b);
	postconf_command(&command, p, "-Me", s);
	mem_free(s);
	undo_note(p->undo, service, NULL, line);
	postconf_find(p, CHECK_CRITICAL, buf_string(&command), text);
}

void
postconf_want_option(const struct postfix *p, enum check_level level,
    const char *option, const char *value)
{
	struct buf b = { 0 }, text = { 0 }, command = { 0 };
	char *s;

	buf_printf(&b, "%s=%s", option, value);
	s = buf_string(&b);
	postconf_command(&command, p, "-Pe", s);
	mem_free(s);
	buf_printf(&text, "the service %.*s is without %s=%s",
	    (int)strcspn(option, "/"), option, strrchr(option, '/') + 1, value);
	s = buf_string(&text);
	undo_note(p->undo, option, postconf_option(p, option), value);
	postconf_find(p, level, buf_string(&command), s);
	mem_free(s);
}

bool
postconf_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *at = list;

	while ((at = strstr(at, word)) != NULL) {
		bool begins = at == list || strchr(BLANKS "{", at[-1]) != NULL;

		if (begins &&
		    (at[n] == '\0' || strchr(BLANKS "}", at[n]) != NULL))
			return true;
		at += n;
	}
	return false;
}

void
words_split(struct words *words, const char *text)
{
	while (*(text += strspn(text, BLANKS)) != '\0') {
		size_t n = 0, deep = 0;
		char *word;

		for (; text[n] != '\0'; n++) {
			if (text[n] == '{')
				deep++;
			else if (text[n] == '}' && deep > 0)
				deep--;
			else if (deep == 0 && strchr(BLANKS, text[n]) != NULL)
				break;
		}
		word = mem_dup(text, n);
		vec_push(&words->list, word);
		text += n;
	}
}

void
words_done(struct words *words)
{
	for (size_t i = 0; i < words->list.n; i++)
		mem_free(words->list.v[i]);
	vec_done(&words->list);
}
