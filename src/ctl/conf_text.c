#include "ctl/conf_text.h"

void
conf_text_head(struct buf *out, const struct conf_text_head *head)
{
	buf_printf(out,
	    "organization = \"%s\"\n"
	    "server = \"%s\"\n"
	    "routing-group = \"%s\"\n",
	    head->organization, head->server, head->group);
}

/* { "A", "B" } */
static void
conf_text_set(struct buf *out, const struct addr *addrs, size_t n)
{
	char text[ADDR_TEXT];

	buf_text(out, "{ ");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s\"%s\"", i == 0 ? "" : ", ",
		    addr_text(&addrs[i], text));
	buf_text(out, " }");
}

void
conf_text_addresses(
    struct buf *out, const char *option, const struct addr *addrs, size_t n)
{
	if (n == 0)
		return;
	buf_printf(out, "%s = ", option);
	conf_text_set(out, addrs, n);
	buf_text(out, "\n");
}

/* A section of a name, with its addresses if any are known. */
static void
conf_text_place(struct buf *out, const char *name, const char *option,
    const struct addr *addrs, size_t n)
{
	buf_printf(out, " \"%s\" { ", name);
	if (n > 0) {
		buf_printf(out, "%s = ", option);
		conf_text_set(out, addrs, n);
		buf_text(out, " ");
	}
	buf_text(out, "}\n");
}

void
conf_text_peer(
    struct buf *out, const char *name, const struct addr *addrs, size_t n)
{
	buf_text(out, "\npeer");
	conf_text_place(out, name, "address", addrs, n);
}

void
conf_text_connector(struct buf *out, const char *name, const char *group)
{
	buf_printf(out,
	    "\nconnector \"%s\" {\n"
	    "\trouting-group = \"%s\"\n",
	    name, group);
}

void
conf_text_bridgehead(
    struct buf *out, const char *name, const struct addr *smtp, size_t n)
{
	buf_text(out, "\tbridgehead");
	conf_text_place(out, name, "smtp", smtp, n);
}

void
conf_text_list(
    struct buf *out, const char *option, const char *const *values, size_t n)
{
	buf_printf(out, "\t%s = { ", option);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s\"%s\"", i == 0 ? "" : ", ", values[i]);
	buf_text(out, " }\n");
}

void
conf_text_space(struct buf *out, const char *pattern, const char *way)
{
	buf_printf(out, "\naddress-space \"%s\" { deliver = ", pattern);
	if (way == NULL)
		buf_text(out, "here");
	else
		buf_printf(out, "\"%s\"", way);
}
