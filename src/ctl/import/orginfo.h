/*
 * orginfo.h - the link state table of an Exchange 2000 or 2003 organization, as
 * its routing engine sends it and WinRoute saves it: words, lists in parentheses,
 * and texts behind their length, `{LENGTH}TEXT`, in hexadecimal.
 *
 *     DIGEST (
 *       GROUP MASTER VERSION VERSION VERSION GUID {n}SMTP {n}X.400 {n}X.500
 *       ( SERVER YES|NO WORD WORD {n}TEXT ... )
 *       ( CONNECTOR ( CONFIG {n}TYPE {n}SOURCE {n}TARGET {n}DN ... 
 *           ARROWS ( {n}TYPE {n}ADDRESS COST ... )
 *           BH ( GUID STATE {n}NAME ... )
 *           TARGBH ( GUID STATE {n}NAME ... )
 *           STATE UP|DOWN ) ... )
 *       ... )
 *
 * Lists of its limits stand before ARROWS: whom they name counts, and no more is
 * known of them. GROUP, SERVER, CONNECTOR and GUID are 32 hexadecimal digits. What stands
 * between the parts named here is passed over. What comes before a fault is
 * kept: a dump that was cut has its first groups.
 */

#ifndef CTL_IMPORT_ORGINFO_H
#define CTL_IMPORT_ORGINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"

#define ORGINFO_GUID 33 /* and a NUL */

struct orginfo_host {
	char guid[ORGINFO_GUID];
	bool up;
	char *name; /* of a group's member NULL */
};

struct orginfo_arrow {
	char *type, *address;
	unsigned long cost;
};

struct orginfo_connector {
	char guid[ORGINFO_GUID];
	char *type, *dn;
	char *
	    restricted; /* the first name in a list of its limits; NULL: none */
	size_t nrestricted;
	VEC(struct orginfo_arrow) arrows;
	VEC(struct orginfo_host) sources, targets;
	bool up;
	unsigned line;
};

struct orginfo_group {
	char guid[ORGINFO_GUID];
	VEC(struct orginfo_host) members;
	VEC(struct orginfo_connector) connectors;
	unsigned line;
};

struct orginfo {
	VEC(struct orginfo_group) groups;
	unsigned line;     /* where the fault is */
	const char *fault; /* NULL: none */
};

/* Reads what is whole of it. */
void orginfo_read(struct orginfo *info, const char *text, size_t n);
void orginfo_done(struct orginfo *info);

/* The digits of a GUID that stands somewhere in a text, with hyphens or without;
 * false: none does. */
bool orginfo_guid(const char *text, char out[ORGINFO_GUID]);

#endif
