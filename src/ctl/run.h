/*
 * run.h - a program that is asked something: what it writes is taken until it
 * ends, apart from what it complains of.
 */

#ifndef CTL_RUN_H
#define CTL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"

struct run {
	char *const *argv; /* NULL at the end */
	FILE *input;       /* NULL: nothing */
	struct buf *out;   /* so much of what it writes: */
	size_t most;       /* octets; 0: 16 MB */
	struct buf said;   /* its complaints: begin with none; the caller's */
	const char *last;  /* a complaint after which it is killed; NULL */
	int ms;            /* so long after which it is killed; 0: never */
};

/* Its exit status; -1: it could not be run, or was killed. */
int run_program(struct run *run);

bool run_has_said(struct run *run, const char *word);

/* Where it usually is, or its name alone for PATH; the caller's. */
char *run_located(const char *program);

#endif
