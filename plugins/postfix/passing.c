#include "plugins/postfix/passing.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define FILTER "content_filter"

/* Whatever makes other recipients of those that were judged. */
static const char *const copies[] = { "always_bcc", "sender_bcc_maps",
	"recipient_bcc_maps", "virtual_alias_maps", "canonical_maps",
	"recipient_canonical_maps" };

const char *const passing_parameters[] = { FILTER, "always_bcc",
	"sender_bcc_maps", "recipient_bcc_maps", "virtual_alias_maps",
	"canonical_maps", "recipient_canonical_maps", NULL };

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
	     at = strchr(at, '\n'), at += at != NULL)
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
		char before = at[-1], after = at[strlen(name)];

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

/* Takes mail from outside, or from sendmail(1): by its program. */
static void
service_read(const char *line, bool otherwise, struct mta *out)
{
	char program[32] = "";
	bool filters = in_service(line, FILTER, otherwise);

	if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %31s", program) != 1)
		return;
	if (strcmp(program, "smtpd") == 0 || strcmp(program, "qmqpd") == 0)
		out->filters_smtp |= filters;
	else if (strcmp(program, "pickup") == 0)
		out->filters_local |= filters;
	else if (strcmp(program, "cleanup") == 0)
		for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++)
			out->copies |= in_service(line, copies[i], false);
}

void
passing_read(const char *main, const char *master, struct mta *out)
{
	bool otherwise = in_main(main, FILTER);

	out->filters_smtp = out->filters_local = out->copies = false;
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++)
		out->copies |= in_main(main, copies[i]);
	for (const char *at = master; at != NULL && *at != '\0';
	     at = strchr(at, '\n'), at += at != NULL) {
		char *line = mem_dup(at, strcspn(at, "\n"));

		service_read(line, otherwise, out);
		mem_free(line);
	}
}
