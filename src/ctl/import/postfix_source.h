/*
 * postfix_source.h - the configuration of a Postfix, wherever it is: a main.cf
 * or the folder of one on this host (a copy will do: its tables are looked for
 * beside it), or a host that ssh(1) reaches.
 */

#ifndef CTL_IMPORT_POSTFIX_SOURCE_H
#define CTL_IMPORT_POSTFIX_SOURCE_H

#include "ctl/import/import.h"
#include "ctl/import/maincf.h"
#include "ctl/import/table.h"
#include "ctl/verbs.h"

struct postfix_source {
	const struct call *call;
	struct import *im;
	char *name;   /* as NAME=... gave it; or NULL */
	char *file;   /* main.cf, as notes name it */
	char *folder; /* where it is; NULL: at `host` */
	char *host;
	struct maincf cf;
};

/* Reads an operand: [NAME=]FILE, [NAME=]FOLDER or HOST. CALL_OK, or CALL_USAGE
 * after a complaint. */
int postfix_source_open(const struct call *call, struct import *im,
    const char *operand, struct postfix_source *out);
void postfix_source_close(struct postfix_source *source);

/* Each entry of a table, `TYPE:NAME`; `where` is FILE of it, lent for the call. A
 * table that cannot be read or said is a note. */
struct postfix_table {
	import_table_each *each;
	void *ctx;
	char *where; /* set while it is read */
};
void postfix_source_table(const struct postfix_source *source,
    const char *table, struct postfix_table *to);

/* The lines of a file that a list names. NULL after a note; the caller's. */
char *postfix_source_file(
    const struct postfix_source *source, const char *path);

#endif
