/*
 * service.h - a mail service on loopback that a test plays itself, and probes
 * of it: an engine that gives one effect and writes verdicts down.
 */

#ifndef T_IO_SERVICE_H
#define T_IO_SERVICE_H

#include "io/probe_io.h"

struct engine {
	char told[256]; /* "7 connected; 7 ok; " */
	char said[200]; /* by the service, with the last verdict */
	uint64_t value; /* of the last one */
	struct effect fx;
	bool act;
};

extern struct event_base *base;
extern struct engine engine;
extern struct probe_io *probes;
extern struct addr addr; /* of the service */
extern int listener;

#define PATIENCE_MS 30000 /* for what is not late */

/* Around each test. A reply is waited for that long. */
void setup(void);
void teardown(void);
/* For 300 ms. */
void be_impatient(void);

/* The engine asks for one, of mx.example.org; engine.fx has what else. */
void probe(uint32_t number, const struct addr *to);

/* Until the engine was told that. */
void until(const char *told);

/* The connection of a probe. */
int taken(void);

/* Says something and waits for what is said to it; NULL: for nothing. */
void say(int fd, const char *text, const char *answer);

#endif
