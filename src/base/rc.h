/*
 * rc.h - the one list of reasons to refuse, each with its word for the log.
 *
 * A function that can refuse returns RC_OK or one of these (negative).
 */

#ifndef BASE_RC_H
#define BASE_RC_H

enum rc {
	RC_OK = 0,
	RC_SHORT = -1,     /* ends before it should */
	RC_LONG = -2,      /* longer than its limit, or octets left over */
	RC_RANGE = -3,     /* a value outside its range */
	RC_NAME = -4,      /* a name, pattern or address outside its grammar */
	RC_TWICE = -5,     /* the same thing said twice */
	RC_MISSING = -6,   /* a part that must be there is not */
	RC_VERSION = -7,   /* a version we do not speak */
	RC_ORG = -8,       /* another organization */
	RC_SIGNATURE = -9, /* the signature does not hold */
	RC_IDENTITY = -10, /* no identity known that could have signed it */
	RC_CLAIM = -11,    /* claims what its certificate does not allow */
	RC_REVOKED = -12,  /* signed by a revoked key */
	RC_STATE = -13,    /* not allowed in this state */
	RC_LIMIT = -14,    /* a cap is reached */
	RC_OLD = -15,      /* older than what is known */
	RC_SAME = -16,     /* known already */
	RC_IO = -17,       /* the system said no; errno tells */
	RC_FORMAT = -18,   /* not the format it should be */
	RC_DIGEST = -19,   /* the digest does not match */
	RC_PERMISSION = -20, /* open to others who must not read it */
	RC_NONE = -21,       /* there is none */
	RC_EPOCH = -22       /* an epoch that no honest start could reach */
};

/* The word for log lines and JSON, never NULL. */
const char *rc_word(int rc);

#endif
