/*
 * export.h - the topology in forms that other programs read: NetJSON
 * (NetworkGraph), DOT, GraphML; of a document, or of the daemon's database.
 *
 * All three show the same graph (struct export): nodes are servers, and a
 * routing group of more than EXPORT_MESH members; a member of a smaller one
 * has a step to each other. A step of a connector is there whatever its state.
 */

#ifndef CTL_EXPORT_H
#define CTL_EXPORT_H

#include "base/buf.h"
#include "base/json.h"
#include "base/vec.h"
#include "ctl/document.h"
#include "ctl/verbs.h"

#define EXPORT_MESH 16

struct export_node {
	const char *name;
	const char *group;                    /* NULL: it is a group */
	const struct document_server *server; /* NULL: it is a group */
};

struct export_edge {
	uint32_t from, to; /* nodes */
	uint32_t cost;
	const char *connector; /* NULL: inside a group */
	const char *state;     /* "up", "drain", "down" */
};

struct export
{
	const struct document *doc;
	VEC(struct export_node) nodes; /* servers first, as in the document */
	VEC(struct export_edge) edges;
};

void export_make(struct export *x, const struct document *doc);
void export_done(struct export *x);

/* Whether a name may stand as it is where an identifier is meant: letters,
 * digits, dot, hyphen, underscore. */
bool export_is_plain(const char *name);

/* The patterns of a node as an array. */
void export_patterns(
    const struct export *x, uint32_t node, const char *key, struct json *j);

void export_netjson(const struct export *x, struct buf *out);
void export_dot(const struct export *x, struct buf *out);
void export_graphml(const struct export *x, struct buf *out);

/* The verbs. */
int export_verb_netjson(const struct call *call);
int export_verb_dot(const struct call *call);
int export_verb_graphml(const struct call *call);

#endif
