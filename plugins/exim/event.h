/*
 * event.h - an event of an Exim delivery (event_action) as a report of its next
 * hop. Pure; lsr_event() of lsrd-exim.so sends it.
 *
 *     msg:host:defer         a connection that came to nothing, once for each
 *     msg:rcpt:host:defer    a recipient's 4xx
 *     msg:defer              once a message: what the last hop said of it
 *     msg:fail:delivery      a recipient's 5xx: does it deny to relay?
 *     msg:delivery           a recipient is delivered
 *
 * What the words mean stands in said.h. An event of any other name says
 * nothing, nor does one without an address.
 */

#ifndef EXIM_EVENT_H
#define EXIM_EVENT_H

#include <stdbool.h>

#include "core/wire/report.h"

/* As Exim expands them: $event_name, $host_address, $host_port, $event_data,
 * $local_part@$domain. Any octets may be in the last two. */
struct event_words {
	const char *name, *address, *port, *data, *to;
};

/* False: there is nothing to report. */
bool event_report(const struct event_words *words, struct report *out);

#endif
