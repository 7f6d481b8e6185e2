/*
 * schema.h - every option in one table: section, name, type, default, range,
 * and when a change takes effect. libconfuse's tables, the reading, the
 * dump, "did you mean" and the tests of manual and sample all follow it.
 */

#ifndef CFG_SCHEMA_H
#define CFG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum schema_type {
	SCHEMA_TEXT,       /* char *: printable, for people */
	SCHEMA_HOST,       /* char *: a host name */
	SCHEMA_WORD,       /* char *: a routing group */
	SCHEMA_USER,       /* char *: an account of this system */
	SCHEMA_PATH,       /* char *: absolute */
	SCHEMA_TRANSPORT,  /* char *: the name of a service in master.cf */
	SCHEMA_WAY,        /* char *: here (NULL), or transport:nexthop */
	SCHEMA_BY,         /* char *: transport, or transport:nexthop */
	SCHEMA_ASKS,       /* char *: as asks_read() takes it */
	SCHEMA_SCHEDULE,   /* char *: as policy_schedule_check() takes it */
	SCHEMA_DURATION,   /* uint32_t: milliseconds */
	SCHEMA_SIZE,       /* uint64_t: octets */
	SCHEMA_INTEGER,    /* uint32_t */
	SCHEMA_PERCENT,    /* uint32_t */
	SCHEMA_BOOLEAN,    /* bool */
	SCHEMA_CHOICE,     /* int: place in `words` */
	SCHEMA_FLAG,       /* bool: place in `words`, of two */
	SCHEMA_ANY,        /* bool: `any` is written, or nothing */
	SCHEMA_ADDRESS,    /* struct addr */
	SCHEMA_ADDRESSES,  /* a list: struct addr *, size_t */
	SCHEMA_FOUR,       /* a list: struct addr [4], size_t */
	SCHEMA_SENDERS,    /* a list: char **, size_t */
	SCHEMA_PRIORITIES, /* a list: uint8_t of enum policy_priority */
	SCHEMA_POSITION,   /* a list: struct lsa_position */
	SCHEMA_PROBE,      /* no, yes or an address; see build.c */
	SCHEMA_INCLUDE     /* a path, gone when all is loaded */
};

enum schema_when {
	SCHEMA_RELOAD, /* with the reload that brings it */
	SCHEMA_RESTART /* when lsrd is started anew */
};

#define SCHEMA_NOWHERE ((size_t)-1)

struct schema {
	const char *section; /* "" outside */
	const char *name;
	const char *fallback; /* the default as text; NULL: none */
	const char *const *words;
	enum schema_type type;
	enum schema_when when;
	int64_t min, max;
	size_t at;   /* in the section's struct; SCHEMA_NOWHERE: build.c's */
	size_t n_at; /* of a list's number */
	const char *help; /* what it is, in a line */
};

/* All options, each section's together; ends with name NULL. */
extern const struct schema schema_options[];

/* The sections: names, what stands around them, and their titles. */
struct schema_section {
	const char *name;
	const char *around; /* "" outside */
};

extern const struct schema_section schema_sections[];

bool schema_is_list(const struct schema *option);
/* What libconfuse is to call it, for whom one name is one thing: another word
 * where a section has the option's name, which no file can have. */
const char *schema_key(const struct schema *option);
const struct schema *schema_find(const char *section, const char *name);
const struct schema_section *schema_find_section(
    const char *around, const char *name);

/* The option or section that `name` was probably meant to be, or NULL. */
const char *schema_nearest(const char *section, const char *name);

/* "an integer from 1 to 65535": into out, for remedies and the manual. */
void schema_describe(struct buf *out, const struct schema *option);

#endif
