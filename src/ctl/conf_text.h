/*
 * conf_text.h - lines of an lsrd.conf, as those who make one for a person write
 * them: the wizard, and what is imported. Names and values are in their grammar
 * by then; the file is read by conf_load() before it counts.
 */

#ifndef CTL_CONF_TEXT_H
#define CTL_CONF_TEXT_H

#include <stddef.h>

#include "base/addr.h"
#include "base/buf.h"

struct conf_text_head {
	const char *organization, *server, *group;
};

/* Who this server is. */
void conf_text_head(struct buf *out, const struct conf_text_head *head);

/* `OPTION = { "ADDRESS", ... }`; nothing where there is none. */
void conf_text_addresses(
    struct buf *out, const char *option, const struct addr *addrs, size_t n);

/* A section `peer`, whole. */
void conf_text_peer(
    struct buf *out, const char *name, const struct addr *addrs, size_t n);

/* The beginning of a section `connector`; `}` and a line feed end it. */
void conf_text_connector(struct buf *out, const char *name, const char *group);
void conf_text_bridgehead(
    struct buf *out, const char *name, const struct addr *smtp, size_t n);

/* `	OPTION = { "VALUE", ... }` in a section. */
void conf_text_list(
    struct buf *out, const char *option, const char *const *values, size_t n);

/* The beginning of a section `address-space`, in one line; ` }` and a line feed
 * end it. `way` is NULL for here. */
void conf_text_space(struct buf *out, const char *pattern, const char *way);

#endif
