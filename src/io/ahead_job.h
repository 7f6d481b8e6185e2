/*
 * ahead_job.h - for ahead.c: octets of a session, the LSAs that come to their
 * end in them, and what was found out about these.
 *
 * The loop makes a job and asks it; in between it is one thread's. Both look at
 * `state` under the lock of ahead.c alone.
 */

#ifndef IO_AHEAD_JOB_H
#define IO_AHEAD_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cur.h"
#include "base/mono.h"
#include "core/lsa/crypto.h"

enum ahead_state {
	AHEAD_WAITS, /* for a thread */
	AHEAD_RUNS,
	AHEAD_LEFT, /* so, and the loop has given it up */
	AHEAD_DONE
};

/* One LSA, and whether its signature is one of `key`. */
struct ahead_check {
	size_t at, n; /* in `lsas` */
	bool tried, good;
	uint8_t key[CRYPTO_PUBLIC];
};

/* One certificate, and what vouch() said of it. */
struct ahead_cert {
	size_t at, n; /* in `lsas`; n 0: it was taken */
	int rc;
	struct claims *claims;
};

/* Whose certificates count. Compared by its octets. */
struct ahead_trust {
	uint8_t n; /* authorities: one, or two */
	uint8_t key[2][CRYPTO_PUBLIC];
};

struct ahead_job {
	struct ahead_job *next;  /* for a thread */
	struct ahead_job *after; /* of the same line */
	enum ahead_state state;
	struct mono since;
	uint8_t *octets; /* for the engine */
	size_t n;
	struct ahead_trust trust;
	struct buf lsas;
	struct ahead_check *checks;
	size_t nchecks;
	struct ahead_cert *certs;
	size_t ncerts;
	size_t at; /* where the next answer is likely to be */
};

/* Octets are copied. */
struct ahead_job *ahead_job_new(
    const uint8_t *octets, size_t n, const struct ahead_trust *trust);
void ahead_job_add(struct ahead_job *job, const uint8_t *lsa, size_t n);
void ahead_job_free(struct ahead_job *job);

/* Whether the answer is known: of these very octets. */
bool ahead_job_verified(struct ahead_job *job, const uint8_t key[CRYPTO_PUBLIC],
    struct cur octets, const uint8_t sig[CRYPTO_SIGNATURE], bool *good);
/* The same; *claims, if there are any, are the caller's. */
bool ahead_job_vouched(struct ahead_job *job, const uint8_t *der, size_t n,
    int *rc, struct claims **claims);

/* What a thread has of its own. */
struct ahead_work;
struct ahead_work *ahead_work_new(void);
void ahead_work_check(
    struct ahead_work *work, struct ahead_job *job, struct ahead_check *check);
void ahead_work_free(struct ahead_work *work);

#endif
