/*
 * filter.h - the callbacks: libmilter's threads on one side, a struct session
 * for each SMTP session on the other.
 *
 * Of the steps of the protocol only those are asked for that are needed, and
 * answers only where they may say something: an MTA then waits for us once a
 * message. An answer is `continue` but for a loop, at the end of a message.
 * To a verb it does not know it always is: another one ends Postfix's smtpd.
 */

#ifndef MILTER_FILTER_H
#define MILTER_FILTER_H

#include "milter/milter.h"

/* Tells libmilter about us; before its socket is opened. RC_OK or RC_IO. */
int filter_register(void);

#endif
