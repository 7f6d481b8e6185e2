/*
 * options.h - what stands on the command line of lsrd-front(8).
 */

#ifndef FRONT_OPTIONS_H
#define FRONT_OPTIONS_H

#include <stdbool.h>

#include "front/front.h"

struct options {
	bool foreground;
	const char *user;
	char name[256]; /* what set.name points to unless it was given */
};

/*
 * Into *options, front->set and front->peers, with defaults for what is not
 * given. Returns -1 to go on, or an exit status after it has said why.
 */
int options_read(
    struct options *options, struct front *front, int argc, char **argv);

#endif
