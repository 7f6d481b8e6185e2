/*
 * main.c - lsrctl, the administrator's tool.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/command_line.h"

int
main(int argc, char **argv)
{
	int status = command_line_run(NULL, argc, argv);

	if (fflush(stdout) != 0 || ferror(stdout))
		return call_usage("standard output: %s", strerror(errno));
	return status;
}
