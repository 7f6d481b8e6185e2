/*
 * judge.h - what the values of a configuration say together: names that must
 * agree, addresses that can be reached, keys and what the certificate allows.
 */

#ifndef CFG_JUDGE_H
#define CFG_JUDGE_H

#include "cfg/build.h"

/* Complains, and fills what follows from other values. */
void judge_conf(const struct build *build);

/*
 * Reads keys and certificates into build->conf and compares. Returns how
 * many of the complaints are of files that others may read.
 */
size_t judge_keys(const struct build *build, const struct conf_keys *keys);

#endif
