/*
 * tap.h - run one Check suite and speak TAP, one line a case.
 */

#ifndef T_TAP_H
#define T_TAP_H

#include <check.h>

/* The exit status of the test program. Ends the suite. */
int tap_run(Suite *suite);

#endif
