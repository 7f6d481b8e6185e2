/*
 * basis.h - what a decision stands on: one table of lsrd's and our mark
 * keys. Read once, never changed; a newer table or key makes a new basis.
 *
 *     lsrd-milter: a decision: milter_ref() .. read .. milter_unref()
 *                  milter.c:   basis_new(), in place of the one before
 *     Exim:        one a process, taken anew when a message begins
 *
 * Who drops it last ends it. The count of users is the only thing in it that
 * changes: the milter's, under the lock of milter.h.
 */

#ifndef MESSAGE_BASIS_H
#define MESSAGE_BASIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>

#include "core/trace/mark.h"
#include "core/trace/mtable.h"
#include "core/trace/mtable_net.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

/* One of our own mark keys. */
struct basis_key {
	struct evp_pkey_st *key;
	uint8_t public_key[CRYPTO_PUBLIC];
	uint8_t name[CRYPTO_DIGEST];   /* what a visit calls it */
	uint8_t secret[CRYPTO_DIGEST]; /* of digests of recipients */
};

struct basis {
	struct mtable table, news; /* over these */
	struct mtable_net net;
	bool limits; /* `net` is there: a connector has limits */
	struct basis_map {
		void *p;
		size_t n;
	} map[2];
	struct basis_key key[2]; /* current, previous */
	size_t nkeys;
	struct stat seen[4]; /* of the files: table, keys, the table's news */
	unsigned users;      /* see above */
};

/* The files; previous_key may be NULL, and so may both: a basis for routes
 * alone, by which no message can be marked. */
struct basis_files {
	const char *table, *key, *previous_key;
};

/*
 * Reads the files. On RC_OK *out is the caller's, with one user. Else *out
 * is NULL and *failed the file that was refused (RC_IO: errno tells), one of
 * those in *files.
 */
int basis_new(
    const struct basis_files *files, struct basis **out, const char **failed);

/* True when one of the files is another than it was. */
bool basis_is_old(const struct basis *basis, const struct basis_files *files);

/* What to do about a file that was refused, errno as it was then: the table, or
 * one of the keys. */
const char *basis_remedy(int rc, bool table);

void basis_free(struct basis *basis);

#endif
