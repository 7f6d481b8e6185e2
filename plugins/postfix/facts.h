/*
 * facts.h - parameters of main.cf that routing must know, one by one.
 */

#ifndef POSTFIX_FACTS_H
#define POSTFIX_FACTS_H

#include "core/lsa/mta.h"

/* The value of this parameter into *out; what has no place there, or is none
 * that Postfix would take, leaves it as it was. recipient_delimiter comes
 * before owner_request_special. */
void facts_read(struct mta *out, const char *name, const char *value);

/* The same of what main.cf in this directory (NULL: /etc/postfix) says of the
 * queue, without Postfix's help: as far as that takes neither a second line
 * nor another parameter. */
void facts_look(struct mta *out, const char *configuration);

#endif
