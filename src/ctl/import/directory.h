/*
 * directory.h - entries of a directory: of a server that speaks LDAP, or of a
 * file in LDIF. libldap does both.
 *
 * An answer counts whole or not at all: what ends early, by a limit, a referral
 * or a line that goes dead, is a complaint, and no entries.
 */

#ifndef CTL_IMPORT_DIRECTORY_H
#define CTL_IMPORT_DIRECTORY_H

#include "ctl/import/entry.h"
#include "ctl/verbs.h"

struct directory_search {
	const char *filter;
	const char *const *attributes; /* the last is NULL */
	const char
	    *context; /* of the root entry: where to search, unless --base
	                        says it */
};

/* ldap://, ldaps://, ldapi://, or else the path of a file. CALL_OK, or CALL_USAGE
 * after a complaint. */
int directory_load(const struct call *call,
    const struct directory_search *search, struct import *im,
    struct entries *out);

/* What it is asked by. */
#define DIRECTORY_OPTIONS                                                      \
	{ "base", "DN", "where to search" },                                   \
	    { "bind", "DN", "as whom, with the password of a file" },          \
	    { "password-file", "FILE", "which nobody else may read" },         \
	    { "gssapi", NULL, "as whom a Kerberos ticket says" },              \
	    { "starttls", NULL, "TLS at an ldap:// address" },                 \
	    { "ca", "FILE", "who signed the directory's certificate" },        \
	    { "referrals", NULL, "follow them, as nobody" },                   \
	{                                                                      \
		"timeout", "SECONDS", "for each answer; 30"                    \
	}

#endif
