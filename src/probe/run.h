/*
 * run.h - one command, from its start to the end of everything it began.
 *
 *     judged --> runs --> ends, or its deadline, or nobody waits any more
 *                            |
 *                            v
 *                killed: its process group, then whoever left that
 *
 * It gets the bridgehead's name as its one argument; its input is empty, what
 * it prints goes nowhere, and of our environment it has nothing. Whoever leaves
 * its process group becomes our child when its parent ends (PR_SET_CHILD_
 * SUBREAPER), so we find it; who is faster than that the unit ends with us.
 */

#ifndef PROBE_RUN_H
#define PROBE_RUN_H

#include <stdint.h>

#include "core/wire/helper.h"

struct run {
	const char *directory; /* of commands */
	uint64_t deadline_ms;
	int asker; /* hung up: nobody waits any more */
};

/* Once in a process, which must have no other children. */
struct helper_answer run_command(
    const struct run *run, const struct helper_question *question);

#endif
