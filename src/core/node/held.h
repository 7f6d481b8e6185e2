/*
 * held.h - the message that has waited the longest for a hold: an alarm before
 * the MTA gives it up; and when the queue was read last.
 */

#ifndef CORE_HELD_H
#define CORE_HELD_H

struct engine;
struct input;
struct json;

void held_told(struct engine *e, const struct input *in);
/* Into an open object: nothing where nothing is held. */
void held_show(const struct engine *e, struct json *j);
/* Into an open object: its age in seconds; 0: nothing is held, as far as known. */
void held_age_show(const struct engine *e, struct json *j, const char *key);
/* Into an open object, seconds ago; before the first reading since our start.
 * Nothing where no queue is read. */
void held_read_show(const struct engine *e, struct json *j);
void held_done(struct engine *e);

#endif
