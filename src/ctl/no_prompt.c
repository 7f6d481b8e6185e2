/*
 * no_prompt.c - in the place of prompt.c where there is no libedit.
 */

#include "ctl/prompt.h"

bool
prompt_can(void)
{
	return false;
}

int
prompt_run(const struct call *before)
{
	(void)before;
	return CALL_USAGE;
}
