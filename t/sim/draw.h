/*
 * draw.h - a scene from a seed: who is there, how they are joined, what they
 * are configured to do, and everything that goes wrong, as lines of scene.h.
 *
 *     draw.c          the whole, and what both of these need
 *     draw_shape.c    the organization
 *     draw_fault.c    what goes wrong
 *     draw_ask.c      what is asked, and told
 *
 * Nothing is played here, so a line may be of no use when its time comes: the
 * scene is `loose`.
 */

#ifndef T_SIM_DRAW_H
#define T_SIM_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/vec.h"

#define DRAW_HOSTS 200
#define DRAW_SMALL 6 /* servers of most */
#define DRAW_NAME 16

struct script {
	VEC(char *) lines;
};

void script_done(struct script *script);

/* Draws the scene of this seed into an empty script. */
void draw_scene(struct script *script, uint64_t seed);

/* --- among the files named above -------------------------------------------- */

struct draw_host {
	char name[DRAW_NAME];
	unsigned group;
	bool spare; /* it is not started with the others */
};

struct draw_connector {
	size_t owner;
	char name[40];
};

struct draw_space {
	size_t host;
	char pattern[64];
};

struct draw {
	struct rng rng;
	struct script *script;
	size_t n; /* of hosts */
	struct draw_host host[DRAW_HOSTS];
	unsigned groups;
	VEC(struct draw_connector) connectors;
	VEC(struct draw_space) spaces;
	unsigned twins, news;
	unsigned settle_min; /* until what was has no after-effects */
};

uint64_t draw_below(struct draw *d, uint64_t n);
bool draw_one_in(struct draw *d, uint64_t n);

/* A line of the scene. */
__attribute__((format(printf, 2, 3))) void draw_say(
    struct draw *d, const char *fmt, ...);

/* A scene's words, of which each is as likely. */
#define PICK(d, words)                                                         \
	((words)[draw_below(d, sizeof(words) / sizeof((words)[0]))])

/* One of each; NULL: there is no connector. */
const struct draw_connector *draw_connector(struct draw *d);
const struct draw_space *draw_space(struct draw *d);

/* A host's name. */
const char *draw_any(struct draw *d);

/* Some hosts, and the others, as sets; false: all are in one of them. */
struct draw_sets {
	char these[DRAW_HOSTS * DRAW_NAME], those[DRAW_HOSTS * DRAW_NAME];
};

bool draw_split(struct draw *d, struct draw_sets *sets);

/* So much time passes as often of each order of magnitude, up to a minute. */
void draw_run(struct draw *d);

void draw_space_add(struct draw *d, size_t host, const char *pattern);

void draw_organization(struct draw *d);
void draw_fault(struct draw *d);

/* By lsrctl; by reporters of a host, who may be wrong; what lies on the disk, and
 * who waits in the queue. */
void draw_asking(struct draw *d);
void draw_told(struct draw *d);
void draw_shell(struct draw *d);

#endif
