/*
 * side.h - a server for tests: the shells of peers on loopback, with an
 * engine that writes down what it is told and does what the test says.
 *
 * side.c has its own engine_step(): it goes into a test's sources.
 */

#ifndef T_IO_SIDE_H
#define T_IO_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "base/buf.h"
#include "io/loop.h"
#include "io/peer_io.h"
#include "sys/clock.h"
#include "t/io/pki.h"

struct engine {
	char told[8192]; /* a word for each input */
	size_t bytes, drained;
	uint32_t session;           /* the newest */
	enum setup_carrier carrier; /* of it */
	struct effect fx;
	bool act;
};

struct side {
	struct engine engine;
	struct buf log;
	struct sink *sink;
	struct loop *loop;
	struct peer_io *io;
	struct addr addr;
	struct event_base *base;
};

/* As `name`, at 127.0.1.`last`. */
void side_up(struct side *side, struct event_base *base, struct pki *pki,
    const char *name, uint8_t last);
void side_down(struct side *side);

/* Has the engine ask for this. */
void side_act(struct side *side, const struct effect *fx);
void side_allow(struct side *side, const struct addr *addr);
void side_send(struct side *side, size_t n); /* by its newest session */

/* "open NAME [dialled]; ", "no-dial NAME [REASON]; ", "closed; " */
bool side_was_told(const struct side *side, const char *what);
bool side_has_logged(const struct side *side, const char *what);

/* Descriptors that this process has open. */
size_t side_descriptors(void);

/* Until it is so, or for half a minute. */
#define side_until(base, cond)                                                 \
	do {                                                                   \
		struct mono begin_ = clock_mono();                             \
                                                                               \
		while (!(cond) && mono_since(begin_, clock_mono()) < 30000)    \
			event_base_loop(base, EVLOOP_ONCE);                    \
		ck_assert(cond);                                               \
	} while (0)

#endif
