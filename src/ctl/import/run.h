/*
 * run.h - what every `lsrctl import SOURCE` does alike: the source is read into
 * a struct import, addresses are looked for, and what came of it is printed,
 * compared or written. What could not be expressed is told in each case.
 */

#ifndef CTL_IMPORT_RUN_H
#define CTL_IMPORT_RUN_H

#include "ctl/import/hosts.h"
#include "ctl/import/import.h"
#include "ctl/verbs.h"

/* Reads what the command line names. CALL_OK; else after a complaint why it
 * could not be read at all, and nothing is changed. */
typedef int import_source(const struct call *call,
    const struct import_hosts *hosts, struct import *im);

int import_run(const struct call *call, import_source *source);

/* The options of all of them. */
#define IMPORT_OPTIONS                                                         \
	{ "write", "DIR", "to a file for each server there: SERVER.conf" },    \
	    { "diff", "DIR", "in what those there differ; write nothing" },    \
	    { "server", "SERVER",                                              \
		    "the file of this one alone (also several)" },             \
	    { "part", NULL,                                                    \
		    "without the lines of lsrd.conf: for include-dir" },       \
	    { "force", NULL, "replace files that are there" },                 \
	    { "shrink", NULL, "also by less than half of what they had" },     \
	    { "reload", NULL, "then have lsrd read it, under confirm-above" }, \
	    { "strict", NULL, "nothing, unless all of it can be expressed" },  \
	    { "organization", "NAME", "what the organization is called" },     \
	    { "hosts", "FILE", "addresses of servers, as in hosts(5)" },       \
	{                                                                      \
		"no-dns", NULL, "do not ask DNS for the others"                \
	}

#endif
