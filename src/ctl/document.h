/*
 * document.h - a topology document (lsrctl(1)): read, checked, and
 * turned into a net, so that every reading verb works on it.
 *
 * Strings are lent from the JSON tree, which the document owns. Servers and
 * connectors are sorted by name, by octets; so are the claims of the net by
 * pattern and server.
 */

#ifndef CTL_DOCUMENT_H
#define CTL_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/vec.h"
#include "core/paths/net.h"

#define DOCUMENT_FORMAT "lsrd-topology/1"

enum document_state {
	DOCUMENT_UP,
	DOCUMENT_STARTING,
	DOCUMENT_DRAIN,
	DOCUMENT_DOWN
};

/* "up", "starting", "drain", "down" */
const char *document_state_word(enum document_state state);

struct document_server {
	const char *name, *group;
	uint32_t group_number; /* in the order of the groups' names */
	enum document_state state;
	bool away; /* no bridgehead is found in it */
	bool has_position;
	double position[2]; /* longitude, latitude */
	size_t at;          /* its place in the document */
};

struct document_connector {
	const char *name;
	uint32_t server;
	const char *any;  /* whoever is in this routing group is one of them,
			     too; NULL: they are all named */
	VEC(uint32_t) to; /* servers, as written, and who was found */
	uint32_t cost;
	enum document_state
	    state; /* DOCUMENT_STARTING is none of a connector's */
	struct policy policy;
	bool cut; /* for this question */
	size_t at;
};

struct document_claim {
	struct net_claim is;
	size_t at;
};

struct document {
	json_t *root;
	const char *organization;
	VEC(struct document_server) servers;
	VEC(struct document_connector) connectors;
	VEC(struct document_claim) claims;
	uint32_t ngroups;
};

/*
 * Reads FILE ("-": standard input). On RC_OK the caller owns *out, which it
 * ends with document_free(). Otherwise *out is NULL and `complaints` has a
 * line for each fault, with its line in the file or its path in the
 * document: `connectors[3].to[0]: no server is called mx.x`.
 */
int document_load(
    const char *path, struct document **out, struct buf *complaints);
/* The same of octets. */
int document_decode(const char *octets, size_t n, struct document **out,
    struct buf *complaints);
void document_free(struct document *doc);

/* Adds to each connector that says `any` whom it finds, as states are now. Of
 * a document that was read it has been done. */
void document_find(struct document *doc);

/* Numbers, or UINT32_MAX for a name that is unknown. */
uint32_t document_server(const struct document *doc, const char *name);
uint32_t document_connector(const struct document *doc, const char *name);

/* The net it means; lends names and policies from the document. */
void document_net(const struct document *doc, struct net *net);

/* The document in full, in the order of names, as JSON. */
void document_write(const struct document *doc, struct buf *out);

#endif
