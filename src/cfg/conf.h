/*
 * conf.h - the configuration as an immutable struct (lsrd.conf(5)).
 *
 * conf_load() makes it whole or not at all, and tells everything that is
 * wrong, not only the first thing. A reload loads a new one, gives it to the
 * engine, and frees the old one after that. libconfuse keeps global state:
 * one thread only.
 */

#ifndef CFG_CONF_H
#define CFG_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/vec.h"
#include "core/lsa/setup.h"

#define CONF_FILE "/etc/lsrd/lsrd.conf"

/* What is wrong, where, and how to mend it. */
struct complaint {
	char *file;
	unsigned line; /* 0: the file as a whole */
	bool warning;  /* the configuration can be used all the same */
	char *text;
	char *remedy; /* may be NULL */
};

/* In the order of files and lines. Begin with { 0 }. */
struct complaints {
	VEC(struct complaint) list;
	size_t errors; /* those that are no warnings */
};

/* `FILE:LINE: error: TEXT; REMEDY`, without a line feed. */
void complaint_text(struct buf *out, const struct complaint *complaint);
void complaints_done(struct complaints *complaints);

/* What goes to the log: each level has those before it, too. */
enum conf_level {
	CONF_LOG_ERROR,
	CONF_LOG_WARNING,
	CONF_LOG_REMOTE,
	CONF_LOG_NOTICE,
	CONF_LOG_DEBUG
};

/* Whose tables are published; in the order of the option's words. */
enum conf_mta {
	CONF_MTA_POSTFIX,
	CONF_MTA_EXIM,
	CONF_MTA_BOTH,
	CONF_MTA_NONE /* Postfix's, and nobody asks them */
};

/* A way out that is named and is to be probed: the shell looks it up and
 * sets setup.spaces[space].probe before it gives setup to the engine. */
struct conf_lookup {
	size_t space; /* its number in setup.spaces */
	char *host;
	uint16_t port;
};

struct conf {
	struct setup setup;

	struct addr *listen; /* peer-listen: where to bind; may be none */
	size_t nlisten;
	bool by_certificate; /* peer-accept: who is on no list may come */
	char *srv_domain;    /* look for peers at _lsrd._tcp there; or NULL */
	struct conf_lookup *lookups;
	size_t nlookups;
	char *list;                /* of address spaces, by its path; or NULL */
	uint32_t list_cost;        /* of each of them */
	uint32_t probe_timeout_ms; /* deadline of one probe */
	uint32_t congestion_age_ms; /* a message that waits longer is late */

	char *user;            /* to run as, when started by root */
	char *state_directory; /* epoch and state */
	char *table_directory; /* the MTA's tables; of two, Postfix's */
	char *exim_tables;     /* with two, Exim's; else NULL */
	char *control_socket;
	char *probe_socket;
	char *front_socket;   /* where lsrd-front brings sessions; or NULL */
	char *report_socket;  /* where reports arrive */
	char *publisher;      /* the program lsrd-publish; NULL: as installed */
	char *transport;      /* name of the smtp clone in master.cf */
	char *hold_transport; /* name of the pipe service that defers */
	enum conf_mta mta;
	char *postfix_directory; /* of main.cf; NULL: Postfix's default */
	enum conf_level log_level;

	char *key; /* paths of keys and certificates */
	char *certificate;
	char *previous_certificate; /* may be NULL */
	char *authority;
	char *second_authority; /* may be NULL */
	char *mark_key;
	char *previous_mark_key; /* may be NULL */
};

/*
 * How keys and certificates are read: lent, since cfg does not know
 * OpenSSL. The functions are those of crypt/keys.h of the same names.
 */
struct conf_keys {
	int (*own_public)(const char *path, uint8_t public_key[CRYPTO_PUBLIC]);
	int (*mark_public)(const char *path, uint8_t public_key[CRYPTO_PUBLIC]);
	int (*authority)(const char *path, uint8_t public_key[CRYPTO_PUBLIC],
	    uint8_t org[CRYPTO_DIGEST]);
	int (*authority_end)(const char *path, int64_t *end);
	int (*vouched)(const char *path, const uint8_t authority[CRYPTO_PUBLIC],
	    uint8_t **der, size_t *n, struct claims **claims);
};

/*
 * Reads the file and those of its include-dir. On RC_OK *out is the
 * caller's, to be ended with conf_free(); there may be warnings. Else it is
 * NULL and there is at least one error: RC_IO when the file cannot be read,
 * RC_FORMAT for anything in it, RC_PERMISSION when the one thing wrong is a
 * key that others may read. Changes nothing anywhere. Without `keys` (NULL)
 * the key files are not looked at, and their part of setup stays empty; nor is
 * the file of address-space-file.
 */
int conf_load(const char *path, const struct conf_keys *keys, struct conf **out,
    struct complaints *complaints);

/* In normal form: every option with its value, which loads to the same as long as
 * the file of address-space-file has: */
void conf_dump(struct buf *out, const struct conf *conf);

/* its patterns, a line each. */
void conf_dump_list(struct buf *out, const struct conf *conf);

#define CONF_MTAS 2

/* The MTAs beside us, "postfix" or "exim": plugins are looked up by the name.
 * Each has its tables written, is asked how it is configured and for its
 * queue. */
static inline size_t
conf_mtas(const struct conf *conf, const char *out[CONF_MTAS])
{
	out[0] = conf->mta == CONF_MTA_EXIM ? "exim" : "postfix";
	out[1] = "exim";
	return conf->mta == CONF_MTA_BOTH ? 2 : 1;
}

/* True if it is one of them. */
static inline bool
conf_writes(const struct conf *conf, const char *mta)
{
	const char *mtas[CONF_MTAS];
	size_t n = conf_mtas(conf, mtas);

	return strcmp(mta, mtas[0]) == 0 || strcmp(mta, mtas[n - 1]) == 0;
}

/* Where they lie. */
static inline const char *
conf_tables(const struct conf *conf, const char *mta)
{
	return conf->exim_tables != NULL && strcmp(mta, "exim") == 0
	           ? conf->exim_tables
	           : conf->table_directory;
}

/* Where its own configuration is; NULL: where it usually is. */
static inline const char *
conf_mta_directory(const struct conf *conf, const char *mta)
{
	return strcmp(mta, "exim") == 0 ? NULL : conf->postfix_directory;
}

void conf_free(struct conf *conf);

#endif
