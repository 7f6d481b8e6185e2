/*
 * init.h - in a container lsrd may be process 1: then it has to bury what others
 * leave behind, and signals it does not ask for never come.
 *
 *     process 1: waits, hands signals on, buries ----> lsrd, its child
 *
 * lsrd itself is the child, so it waits for its own children alone, as everywhere.
 * Process 1 ends as lsrd ends: with its exit status, or 128 and the signal.
 */

#ifndef DAEMON_INIT_H
#define DAEMON_INIT_H

/* -1: go on, as lsrd; else we were process 1, and this is the exit status. */
int init_become(void);

#endif
