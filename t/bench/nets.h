/*
 * nets.h - networks whose servers say things anew, for what is measured of
 * changes.
 *
 * Servers stand in a ring with chords, or (mesh) with chords that lead
 * anywhere, or all around the first, the hub; one routing group each, one
 * connector a link and direction and one address space each. We are the first.
 */

#ifndef T_BENCH_NETS_H
#define T_BENCH_NETS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/rng.h"
#include "core/lsa/news.h"
#include "t/core/world.h"

#define NETS_DEGREE_MOST 8

enum nets_shape { NETS_RING, NETS_MESH, NETS_HUB };

enum nets_kind {
	NETS_LINK,
	NETS_COST,
	NETS_CONGESTION,
	NETS_SERVER,
	NETS_SPACE,
	NETS_KINDS
};

/* What a server says of a link of its own. */
struct nets_way {
	int to, extra, congestion;
	bool cut;
};

struct nets_at {
	struct nets_way *ways;
	int degree, space;
	bool drain;
};

struct nets_form {
	enum nets_shape shape;
	int n, degree;
	bool limits; /* every third connector of every third server has one */
	bool marks;  /* each server has a mark key */
};

struct nets {
	struct nets_form form;
	struct world world; /* its news are `news` */
	struct news news;
	struct rng rng;
	struct nets_at *at;
	int n;
};

/* [mesh:]SERVERS[:DEGREE] or hub:SERVERS, as it stands on command lines;
 * false: it is something else. */
bool nets_read(struct nets_form *form, const char *word);
const char *nets_shape_word(const struct nets_form *form);

void nets_begin(struct nets *nets, const struct nets_form *form);
void nets_end(struct nets *nets);

/* Something of that kind, of somebody, is said anew. */
void nets_change(struct nets *nets, enum nets_kind kind);

#endif
