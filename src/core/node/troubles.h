/*
 * troubles.h - what is wrong here now, in words, with what to do: why this
 * server gives no transit, what its MTA lacks, what this host lacks. Each is
 * named by the word that the log has for it.
 */

#ifndef CORE_TROUBLES_H
#define CORE_TROUBLES_H

struct engine;
struct json;

/* Into an open object: an array, empty where all is well. */
void troubles_show(struct engine *e, struct json *j);

#endif
