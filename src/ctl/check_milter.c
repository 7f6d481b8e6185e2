/*
 * check_milter.c - the part of `check` that asks Postfix about lsrd-milter:
 * is it asked, is its route taken, and do marks stay inside.
 */

#include "ctl/postconf.h"

#include <string.h>

#include "base/mem.h"

#define PLACE "lsrd/milter"
#define MILTER                                                                 \
	"{ unix:" PLACE ", default_action=accept, connect_timeout=2s, "        \
	"command_timeout=2s, content_timeout=2s }"
#define ROUTE "regexp:{{/^LSR-Route: (.*)/ FILTER $$1}}"
#define LEAVING "regexp:{{/^LSR-(Trace|Route):/ IGNORE}}"

/* A parameter, what is to be in it, and what puts it there. */
static const struct want {
	const char *parameter, *holds, *first, *text;
} wants[] = {
	{ "smtpd_milters", PLACE, MILTER, "does not ask lsrd-milter" },
	{ "non_smtpd_milters", PLACE, "$smtpd_milters",
	    "does not ask lsrd-milter" },
	{ "milter_header_checks", "LSR-Route", ROUTE,
	    "sends mail over connectors that do not admit it" },
	{ "smtp_header_checks", "LSR-", LEAVING,
	    "lets marks out of the organization" },
	{ "lmtp_header_checks", "LSR-", "$smtp_header_checks",
	    "lets marks out of the organization" },
};

static void
check_want(const struct postfix *p, const struct want *want)
{
	char *is = postconf_ask(p, "-xh", want->parameter, NULL);
	char *raw = postconf_ask(p, "-h", want->parameter, NULL);
	struct buf b = { 0 };
	char *line, *text;

	if (is != NULL && raw != NULL && strstr(is, want->holds) == NULL &&
	    strstr(raw, want->first) == NULL) {
		buf_printf(&b, "%s = %s%s%s", want->parameter, want->first,
		    *raw == '\0' ? "" : ", ", raw);
		line = buf_string(&b);
		buf_printf(&b, "%s %s", want->parameter, want->text);
		text = buf_string(&b);
		postconf_advise(p, "-e", line, text);
		mem_free(line);
		mem_free(text);
	}
	mem_free(is);
	mem_free(raw);
}

void
check_milter(const struct postfix *p)
{
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		check_want(p, &wants[i]);
}
