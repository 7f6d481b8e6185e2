/*
 * import.h - what an importer gathers from a directory, from static maps or
 * from a dump: servers, connectors and address spaces, and a note for each
 * thing that lsrd cannot express, with its place and what to do about it.
 *
 * An importer calls the functions below, which hold every name to the grammar
 * of base/str.h and every number to its range, so that what is in a struct
 * import can stand in a document and in lsrd.conf. import_finish() then puts
 * it in order and drops what leads nowhere. All strings are its own.
 */

#ifndef CTL_IMPORT_IMPORT_H
#define CTL_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/vec.h"
#include "core/lsa/policy.h"

/* Of one source at most so many, and no text longer than this. */
#define IMPORT_SERVERS 10000
#define IMPORT_CONNECTORS 200000
#define IMPORT_SPACES 1000000
#define IMPORT_NOTES 100000
#define IMPORT_TEXT 65536

struct import_server {
	char *name, *group;
	VEC(struct addr) smtp; /* its mail service, four at most */
	VEC(struct addr) peer; /* where it is dialled, four at most */
	const char *state;     /* a fixed word of the document */
	const char *mta;       /* "exim", or NULL: not said */
	size_t at;             /* the order of arrival */
};

struct import_connector {
	char *name, *server, *group;
	VEC(char *) to;
	uint32_t cost;
	const char *state;
	struct policy policy;
	char *transport, *probe; /* as lsrd.conf has them; NULL: not said */
	char *where;
	size_t at;
};

struct import_space {
	char *pattern, *server;
	char *way; /* of `deliver`; NULL: here */
	uint32_t cost;
	bool local, fallback, relay;
	size_t at;
};

struct import_note {
	char *where;  /* a DN, or FILE:LINE */
	char *text;   /* what could not be expressed */
	char *remedy; /* what to do about it */
};

struct import {
	char *organization; /* NULL: not told */
	VEC(struct import_server) servers;
	VEC(struct import_connector) connectors;
	VEC(struct import_space) spaces;
	VEC(struct import_note) notes;
	size_t unsaid; /* notes beyond IMPORT_NOTES */
};

void import_done(struct import *im);

/* The text is shown with what a terminal obeys left out. */
__attribute__((format(printf, 4, 5))) void import_note(struct import *im,
    const char *where, const char *remedy, const char *fmt, ...);

/*
 * A word as groups and connectors have it, of any name: lower case, what is not
 * of it a hyphen, 63 octets at most. The caller's; NULL: nothing is left.
 */
char *import_word(const char *text);

/* What `*.dom` and the like mean here: `.dom`; in lower case. The caller's;
 * NULL: no pattern. */
char *import_pattern(const char *text);

/* From 1 to 65535; what is outside is moved to the next end, with a note. */
uint32_t import_cost(struct import *im, const char *where, int64_t cost);

/* Lent until the next is added; NULL: none has the name. */
struct import_server *import_server(struct import *im, const char *name);

/*
 * A server of this name, new or known, in this group (any name, made a word of
 * it here). NULL after a note: no host name, or in another group already.
 */
struct import_server *import_server_add(
    struct import *im, const char *where, const char *name, const char *group);

/* One address more, unless it is known or there are four. */
void import_server_reach(
    struct import_server *server, const struct addr *addr, bool peer);

/* A connector from this server; its name is made unlike others later. NULL after
 * a note. */
struct import_connector *import_connector_add(
    struct import *im, const char *where, const char *name, const char *server);
void import_connector_to(struct import_connector *c, const char *server);

/*
 * What this server claims; `way` is the text of `deliver`, NULL: here. A second
 * claim of the same pattern there is the first one, with the smaller cost. NULL
 * after a note.
 */
struct import_space *import_space_add(struct import *im, const char *where,
    const char *server, const char *pattern, const char *way);

/*
 * In the order of names; connectors have names of their own, each leads from a
 * known server to known ones of one group, not its own; an organization that is
 * not told is the names' common end. Each thing dropped is a note.
 */
void import_finish(struct import *im);

/* As a topology document (ctl/document.h). */
void import_document(const struct import *im, struct buf *out);

/*
 * The lsrd.conf of a server, or with `part` only what stands in a file of its
 * include-dir: peers, connectors, address spaces.
 */
void import_conf(const struct import *im, const struct import_server *server,
    bool part, struct buf *out);

#endif
