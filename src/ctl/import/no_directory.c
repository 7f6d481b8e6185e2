/*
 * no_directory.c - lsrctl without libldap: it cannot read directories.
 */

#include "ctl/import/directory.h"

int
directory_load(const struct call *call, const struct directory_search *search,
    struct import *im, struct entries *out)
{
	(void)search;
	(void)im;
	(void)out;
	return call_usage(
	    "%s: this lsrctl was built without libldap", call->operands[0]);
}
