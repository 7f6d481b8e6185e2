/*
 * entry.h - what Exim calls in lsrd-exim.so: ${dlfunc{FILE}{NAME}{arg}...} in
 * its configuration (conf/exim/marks.data). As of Exim's
 * local_scan.h, of which nothing more is needed: so this object fits every
 * Exim that has dlfunc.
 *
 * Whatever happens, mail is accepted as it came: each function returns
 * ENTRY_OK and a text, for an error as well; any other value would have Exim
 * refuse the message. The text is ours until the next call; Exim copies it.
 *
 *     lsr_trace_judge   at the end of a message: does it go on (judge.h)
 *     lsr_trace_add     then: the marks it goes on with
 *     lsr_admits        at RCPT: can it ever go there
 *     lsr_route         when it is routed: next hops of its own
 *     lsr_hold                         or why it waits
 *     lsr_event         of a delivery: tells lsrd (tell.h); its text is empty
 *
 * Exim's argv is not ended by NULL, and with 8 arguments Exim 4.96 writes
 * past its own table: so we take 7 at most.
 */

#ifndef EXIM_ENTRY_H
#define EXIM_ENTRY_H

#define ENTRY_OK 0
#define ENTRY_ARGUMENTS 7

/* All else is hidden (Makefile.am): Exim's process has names of its own. */
#define ENTRY __attribute__((visibility("default")))

typedef unsigned char entry_text; /* Exim's uschar */

ENTRY int lsr_trace_judge(entry_text **yield, int argc, entry_text **argv);
ENTRY int lsr_trace_add(entry_text **yield, int argc, entry_text **argv);
ENTRY int lsr_admits(entry_text **yield, int argc, entry_text **argv);
ENTRY int lsr_route(entry_text **yield, int argc, entry_text **argv);
ENTRY int lsr_event(entry_text **yield, int argc, entry_text **argv);
ENTRY int lsr_hold(entry_text **yield, int argc, entry_text **argv);

#endif
