#include "ctl/import/ldif_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <lber.h>
#include <ldif.h>

#include "base/mem.h"
#include "base/rc.h"
#include "ctl/verbs.h"
#include "sys/file.h"

#define FILE_MOST (256u << 20)

struct ldif_at {
	const char *path;
	unsigned long line; /* where the record begins */
	struct import *im;
	struct entries *out;
	struct entry *entry; /* NULL: its dn has not been read */
	bool changes;        /* the record is no entry, but a change */
	bool version;        /* the record says that of the file */
};

static void
ldif_place(const struct ldif_at *at, char *out, size_t room)
{
	snprintf(out, room, "%.200s:%lu", at->path, at->line);
}

static void
ldif_wrong(const struct ldif_at *at, const char *remedy, const char *text)
{
	char place[240];

	ldif_place(at, place, sizeof(place));
	import_note(at->im, at->entry == NULL ? place : at->entry->where,
	    remedy, "%s", text);
}

/* Its name and value, with their end marked by their length alone. */
static void
ldif_value(struct ldif_at *at, const struct entry_value *value)
{
	char place[240];

	if (strcasecmp(value->name, "version") == 0 && at->entry == NULL)
		at->version = true;
	else if (strcasecmp(value->name, "dn") == 0) {
		ldif_place(at, place, sizeof(place));
		at->entry = entries_add(at->out, value->p, place);
	} else if (strcasecmp(value->name, "changetype") == 0) {
		at->changes = strcasecmp(value->p, "add") != 0;
	} else if (at->entry != NULL && !at->changes) {
		entries_value(at->out, at->im, at->entry, value);
	}
}

static bool
is_url(const char *line)
{
	const char *colon = strchr(line, ':');

	return colon != NULL && colon[1] == '<';
}

static void
ldif_line(struct ldif_at *at, char *line)
{
	struct berval type = { 0, NULL }, value = { 0, NULL };
	struct entry_value own = { 0 };
	int made = 0;

	if (*line == '#' || strcmp(line, "-") == 0)
		return;
	if (is_url(line)) {
		ldif_wrong(at, "write the value itself",
		    "a value that is at a URL is not fetched");
		return;
	}
	if (ldif_parse_line2(line, &type, &value, &made) != 0) {
		ldif_wrong(at, "see whether the file is whole",
		    "a line of this record is none of LDIF");
		return;
	}
	own.name = mem_dup(type.bv_val, type.bv_len);
	own.p = mem_dup(value.bv_val == NULL ? "" : value.bv_val,
	    value.bv_val == NULL ? 0 : value.bv_len);
	own.n = value.bv_len;
	ldif_value(at, &own);
	mem_free(own.name);
	mem_free(own.p);
	if (made)
		ber_memfree(value.bv_val);
}

static void
ldif_record(struct ldif_at *at, char *record)
{
	char *line;

	at->entry = NULL;
	at->changes = at->version = false;
	while ((line = ldif_getline(&record)) != NULL)
		ldif_line(at, line);
	if (at->entry == NULL && !at->version && !at->out->full)
		ldif_wrong(at, "see whether the file is whole",
		    "a record without a dn is left out");
}

static int
ldif_read(struct ldif_at *at, LDIFFP *in)
{
	char *record = NULL;
	int room = 0, got;
	unsigned long line = 0;

	do {
		at->line = line + 1;
		got = ldif_read_record(in, &line, &record, &room);
		if (got > 0)
			ldif_record(at, record);
	} while (got > 0 && !at->out->full);
	ber_memfree(record);
	if (got < 0)
		return call_usage("%s: %s", at->path, "cannot be read");
	if (at->out->full)
		return call_usage("%s: more than %d entries, or too much in "
				  "them",
		    at->path, ENTRIES_MOST);
	return CALL_OK;
}

int
ldif_file_load(const char *path, struct import *im, struct entries *out)
{
	struct ldif_at at = { .path = path, .im = im, .out = out };
	struct buf text = { 0 };
	LDIFFP *in;
	int status, rc = file_load(path, FILE_MOST, &text);

	if (rc != RC_OK) {
		status = call_usage("%s: %s", path,
		    rc == RC_LONG ? "is too long" : strerror(errno));
		buf_done(&text);
		return status;
	}
	/* libldap reads a text; with a NUL in it that ends too early. */
	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL) {
		buf_done(&text);
		return call_usage("%s: no LDIF: it has a NUL in it", path);
	}
	buf_u8(&text, '\n');
	buf_u8(&text, '\0');
	/* libldap would read that, too, whatever it is. */
	if (strncasecmp((char *)text.p, "include:", 8) == 0 ||
	    strcasestr((char *)text.p, "\ninclude:") != NULL) {
		buf_done(&text);
		return call_usage("%s: `include` is not followed", path);
	}
	in = ldif_open_mem((char *)text.p, text.n - 1, "r");
	status =
	    in == NULL ? call_usage("%s: no memory", path) : ldif_read(&at, in);
	if (in != NULL)
		ldif_close(in);
	buf_done(&text);
	return status;
}
