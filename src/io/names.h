/*
 * names.h - next hops that are published by name (next-hop = name), and ways
 * out that are named: the MTA will look the name up, so what the name says is
 * what is probed.
 *
 *     asking --answer--> there, nowhere <--answers-- asked anew when old
 *        |                    |
 *        +--none--> unknown   +--none, again and again, while other names
 *                   (asks anew)  are answered--> nowhere
 *
 * Nobody is kept waiting: a look takes what is known, and asks anew behind it
 * when that is old. What was known stays when nobody answers at all; where this
 * name alone is not answered, the MTA has no address for it either.
 */

#ifndef IO_NAMES_H
#define IO_NAMES_H

#include "base/addr.h"
#include "core/lsa/mta.h"
#include "io/srv.h"

#define NAMES_OLD_MS 30000
#define NAMES_AGAIN_MS 5000 /* after a question without an answer */
#define NAMES_FAILS 3       /* in a row, each after another was answered */
#define NAMES_TRIED 4       /* addresses of a name, at most */

enum names_is {
	NAMES_ASKING,  /* the first answer is waited for */
	NAMES_UNKNOWN, /* none has come, so far */
	NAMES_THERE,
	NAMES_NOWHERE /* no such name, or none for the MTA: it has no address of
			 its families, or fails while others do not */
};

struct names;

/* `srv` is lent, and ended first. Nothing is asked before names_by(). */
struct names *names_new(struct srv *srv);

/* `told` is called when a question has ended, in whatever way; perhaps within a
 * look. NULL: nobody. */
void names_watch(struct names *names, void (*told)(void *ctx), void *ctx);

/* From now on as this MTA looks names up; NULL, or not read: as the system
 * does. Where that is something else than before, what was known is nothing to
 * go by. */
void names_by(struct names *names, const struct mta *mta);

/* NAMES_THERE: *addr is one of its addresses, with the port it had. `nth` is
 * their order: the one that answered last, *addr itself, those of its family,
 * others. Beyond the last of them: NAMES_NOWHERE. */
enum names_is names_look(
    struct names *names, const char *name, struct addr *addr, size_t nth);

/* Other times than those above: for tests. */
void names_times(struct names *names, uint64_t old_ms, uint64_t again_ms);

/* It has answered there. */
void names_answered(
    struct names *names, const char *name, const struct addr *addr);

void names_free(struct names *names);

#endif
