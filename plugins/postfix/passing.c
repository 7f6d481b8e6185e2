#include "plugins/postfix/passing.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"

#define FILTER "content_filter"

/* Whatever makes other recipients of those that were judged; masquerade_domains
 * does where its classes say so. */
#define COPIES                                                                 \
	"always_bcc", "sender_bcc_maps", "recipient_bcc_maps",                 \
	    "virtual_alias_maps", "canonical_maps", "recipient_canonical_maps"
#define MASKS "masquerade_domains"
#define MASKED "masquerade_classes"

static const char *const copies[] = { COPIES };

/* A rule of theirs may give a message to a filter: of what comes by SMTP, and
 * of all that cleanup(8) sees. */
#define CHECKS_SMTP                                                            \
	"smtpd_client_restrictions", "smtpd_helo_restrictions",                \
	    "smtpd_sender_restrictions", "smtpd_relay_restrictions",           \
	    "smtpd_recipient_restrictions", "smtpd_data_restrictions",         \
	    "smtpd_end_of_data_restrictions"
#define CHECKS_ALL                                                             \
	"header_checks", "mime_header_checks", "nested_header_checks",         \
	    "body_checks"

static const char *const checks_smtp[] = { CHECKS_SMTP };
static const char *const checks_all[] = { CHECKS_ALL };

const char *const passing_parameters[] = { FILTER, COPIES, MASKS, MASKED,
	CHECKS_SMTP, CHECKS_ALL, NULL };

/* Whether something follows `NAME`, "=" and blanks, on this line. */
static bool
has_value(const char *at, const char *name)
{
	at += strlen(name);
	at += strspn(at, " ");
	if (*at++ != '=')
		return false;
	at += strspn(at, " ");
	return *at != '\0' && *at != '\n' && *at != '}' &&
	       strncmp(at, "-o ", 3) != 0;
}

/* What main.cf says of the parameter: anything but nothing. */
static bool
in_main(const char *main, const char *name)
{
	for (const char *at = main; at != NULL && *at != '\0';
	     at = str_next_line(at))
		if (strncmp(at, name, strlen(name)) == 0)
			return has_value(at, name);
	return false;
}

/* What a service's line says, else main.cf. */
static bool
in_service(const char *line, const char *name, bool otherwise)
{
	const char *found = NULL, *at = line;

	while ((at = strstr(at, name)) != NULL) {
		/* at its beginning it is the service's own name */
		char before = at > line ? at[-1] : '\0';
		char after = at[strlen(name)];

		if ((before == ' ' || before == '{') &&
		    (after == '=' || after == ' '))
			found = at;
		at += strlen(name);
	}
	if (found == NULL)
		return otherwise;
	/* `-o NAME=VALUE`: without a blank after it */
	return found[-1] == '{'
	           ? has_value(found, name)
	           : found[strlen(name)] == '=' &&
	                 !isspace((unsigned char)found[strlen(name) + 1]) &&
	                 found[strlen(name) + 1] != '\0';
}

/* Recipients are masked, too: in a service of this line, or "" in all. */
static bool
masks(const char *main, const char *line)
{
	static const char word[] = "envelope_recipient";
	const char *at = strstr(main, MASKED " =");
	size_t n = at == NULL ? 0 : strcspn(at, "\n");
	const char *in = at == NULL ? NULL : strstr(at, word);

	return in_service(line, MASKS, in_main(main, MASKS)) &&
	       (strstr(line, word) != NULL || (in != NULL && in < at + n));
}

/* `FILTER transport:destination`, in the cases that Postfix takes. */
static bool
is_rule(const char *text)
{
	static const char word[] = "filter";
	size_t n = sizeof(word) - 1;

	for (const char *at = text; *at != '\0'; at++) {
		size_t transport;

		if (strncasecmp(at, word, n) != 0 ||
		    (at > text && !isspace((unsigned char)at[-1]) &&
			at[-1] != '{' && at[-1] != ':' && at[-1] != '=') ||
		    (at[n] != ' ' && at[n] != '\t'))
			continue;
		transport = strspn(at + n, " \t");
		transport = strcspn(at + n + transport, ": \t\n") + transport;
		if (at[n + transport] == ':')
			return true;
	}
	return false;
}

static bool
file_has_rule(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[2048];
	bool has = false;

	while (f != NULL && !has && fgets(line, sizeof(line), f) != NULL)
		has = line[0] != '#' && is_rule(line);
	if (f != NULL)
		fclose(f);
	return has;
}

/*
 * A rule among these words, or in the text of a table that they name: the
 * source of one that is indexed lies beside it. What only a server knows (a
 * database, LDAP) is not seen.
 */
static bool
has_rule(const char *words)
{
	if (is_rule(words))
		return true;
	for (const char *at = words; (at = strstr(at, ":/")) != NULL; at++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%.*s",
		    (int)strcspn(at + 1, " ,\t\n{}"), at + 1);
		if (file_has_rule(path))
			return true;
	}
	return false;
}

static bool
any_rule(const char *main, const char *const *names, size_t n)
{
	bool has = false;

	for (const char *at = main; at != NULL && *at != '\0' && !has;
	     at = str_next_line(at))
		for (size_t i = 0; i < n && !has; i++) {
			size_t len = strlen(names[i]);
			char *line;

			if (strncmp(at, names[i], len) != 0 || at[len] != ' ')
				continue;
			line = mem_dup(at + len, strcspn(at + len, "\n"));
			has = has_rule(line);
			mem_free(line);
		}
	return has;
}

/* Takes mail from outside, or from sendmail(1): by its program. */
static void
service_read(const char *main, const char *line, struct mta *out)
{
	char program[32] = "";
	bool filters = in_service(line, FILTER, in_main(main, FILTER));

	if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %31s", program) != 1)
		return;
	if (strcmp(program, "smtpd") == 0 || strcmp(program, "qmqpd") == 0)
		out->filters_smtp |= filters || has_rule(line);
	else if (strcmp(program, "pickup") == 0)
		out->filters_local |= filters;
	else if (strcmp(program, "cleanup") == 0) {
		if (has_rule(line))
			out->filters_smtp = out->filters_local = true;
		for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++)
			out->copies |= in_service(line, copies[i], false);
		out->copies |= masks(main, line);
	}
}

void
passing_read(const char *main, const char *master, struct mta *out)
{
	out->copies = masks(main, "");
	out->filters_local = any_rule(
	    main, checks_all, sizeof(checks_all) / sizeof(checks_all[0]));
	out->filters_smtp = out->filters_local ||
	                    any_rule(main, checks_smtp,
				sizeof(checks_smtp) / sizeof(checks_smtp[0]));
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++)
		out->copies |= in_main(main, copies[i]);
	for (const char *at = master; at != NULL && *at != '\0';
	     at = str_next_line(at)) {
		char *line = mem_dup(at, strcspn(at, "\n"));

		service_read(main, line, out);
		mem_free(line);
	}
}
