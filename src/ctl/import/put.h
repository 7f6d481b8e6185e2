/*
 * put.h - what was imported, to files: one for each server, DIR/SERVER.conf.
 *
 * All of them are written to a folder of their own beside the others first,
 * read there as lsrd would read them, and only then take their names; if one
 * cannot, those that did give theirs back. So there is never half of it.
 */

#ifndef CTL_IMPORT_PUT_H
#define CTL_IMPORT_PUT_H

#include "ctl/import/import.h"
#include "ctl/verbs.h"

enum put_change {
	PUT_SAME,
	PUT_NEW,
	PUT_DIFFERS, /* and was replaced, where files are written */
};

struct put_file {
	char *path;
	const char *server; /* lent from the import */
	char *text;
	char *was; /* NULL: there was none */
	enum put_change change;
};

struct put {
	const char *directory;
	bool part;
	VEC(struct put_file) files;
};

/*
 * The files of all servers, or of those that --server names, compared with what
 * is there. A server whose file would not be one that lsrd takes is a note,
 * and has none. CALL_OK, or CALL_USAGE after a complaint.
 */
int put_make(const struct call *call, struct import *im, struct put *put);
void put_done(struct put *put);

/* Writes those that are new or differ. CALL_OK; CALL_NO or CALL_USAGE after a
 * complaint, and nothing has changed. */
int put_write(const struct call *call, struct put *put);

/* What was there before put_write() is there again. */
void put_back(const struct put *put);

/* In what one differs from what was there, as lines.h shows it. */
void put_lines(const struct put_file *file, struct buf *out);

#endif
