/*
 * tell.h - what a delivery of Exim found out about a next hop, to lsrd: one
 * datagram, sent without waiting. Whether anybody takes it makes no difference
 * to the delivery; a report that is lost comes with the next message.
 *
 * A process delivers one message: of many recipients that were delivered to
 * one hop, the first is told.
 */

#ifndef EXIM_TELL_H
#define EXIM_TELL_H

#include "exim/judge.h"

/* Deliveries run with no group but Exim's own, so this socket of lsrd's is
 * theirs (io/report_io.h). */
#define TELL_SOCKET "/run/lsrd/report-exim"
#define TELL_ARGUMENTS 6

/* The socket ("": TELL_SOCKET), and the words of an event in the order of
 * struct event_words. The answer is empty. */
void tell_event(struct judge *judge, const char *const *args);

#endif
