/*
 * check_milter.c - the part of `check` that asks Postfix about lsrd-milter:
 * is it asked, is its route taken, and do marks stay inside.
 */

#include "ctl/postconf.h"

#include <string.h>

#include "base/mem.h"
#include "ctl/undo.h"

#define PLACE "lsrd/milter"
#define MILTER                                                                 \
	"{ unix:" PLACE ", default_action=accept, connect_timeout=2s, "        \
	"command_timeout=2s, content_timeout=2s }"
#define ROUTE "regexp:{{/^LSR-Route: (.*)/ FILTER $$1}}"
#define LEAVING "regexp:{{/^LSR-(Trace|Route):/ IGNORE}}"

/*
 * A parameter, what is to be in it, and what puts it there; `follows` is what
 * it may name instead, where a site gives both the same.
 */
static const struct want {
	const char *parameter, *holds, *first, *follows, *text;
} wants[] = {
	{ "smtpd_milters", PLACE, MILTER, NULL, "does not ask lsrd-milter" },
	{ "non_smtpd_milters", PLACE, MILTER, "smtpd_milters",
	    "does not ask lsrd-milter" },
	{ "milter_header_checks", "LSR-Route", ROUTE, NULL,
	    "sends mail over connectors that do not admit it" },
	{ "smtp_header_checks", "LSR-", LEAVING, NULL,
	    "lets marks out of the organization" },
	{ "lmtp_header_checks", "LSR-", LEAVING, "smtp_header_checks",
	    "lets marks out of the organization" },
};

/*
 * Never by the name of another parameter where the site's two differ: local
 * mail would pass filters that it did not, and one in both lists twice.
 */
static void
check_want(const struct postfix *p, const struct want *want)
{
	const char *raw = postconf_raw(p, want->parameter);
	struct buf b = { 0 };
	char *line, *text, *follows;

	buf_printf(&b, "$%s", want->follows == NULL ? " " : want->follows);
	follows = buf_string(&b);
	if (strstr(postconf_full(p, want->parameter), want->holds) == NULL &&
	    strstr(raw, follows) == NULL) {
		bool alike =
		    want->follows != NULL && *raw == '\0' &&
		    (*postconf_full(p, want->follows) == '\0' ||
			undo_is_ours(p->undo, postconf_full(p, want->follows)));

		buf_printf(&b, "%s%s%s", alike ? follows : want->first,
		    *raw == '\0' ? "" : ", ", raw);
		line = buf_string(&b);
		buf_printf(&b, "%s %s", want->parameter, want->text);
		text = buf_string(&b);
		postconf_want(p, CHECK_WARNING, want->parameter, line, text);
		mem_free(line);
		mem_free(text);
	}
	mem_free(follows);
}

void
check_milter(const struct postfix *p)
{
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		check_want(p, &wants[i]);
}
