/*
 * query.h - answers for lsrctl: one request line in, JSON lines out.
 */

#ifndef CORE_QUERY_H
#define CORE_QUERY_H

struct engine;
struct input;

void query_answer(struct engine *e, const struct input *in);

#endif
