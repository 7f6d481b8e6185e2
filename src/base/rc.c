#include "base/rc.h"

#include <stddef.h>

static const char *const words[] = {
	[-RC_OK] = "ok",
	[-RC_SHORT] = "short",
	[-RC_LONG] = "long",
	[-RC_RANGE] = "range",
	[-RC_NAME] = "bad-name",
	[-RC_TWICE] = "twice",
	[-RC_MISSING] = "missing",
	[-RC_VERSION] = "version",
	[-RC_ORG] = "other-organization",
	[-RC_SIGNATURE] = "bad-signature",
	[-RC_IDENTITY] = "unknown-identity",
	[-RC_CLAIM] = "claim-not-allowed",
	[-RC_REVOKED] = "revoked-key",
	[-RC_STATE] = "out-of-order",
	[-RC_LIMIT] = "limit",
	[-RC_OLD] = "old",
	[-RC_SAME] = "same",
	[-RC_IO] = "io",
	[-RC_FORMAT] = "bad-format",
	[-RC_DIGEST] = "bad-digest",
	[-RC_PERMISSION] = "permissions",
	[-RC_NONE] = "none",
	[-RC_EPOCH] = "epoch-leaps",
};

const char *
rc_word(int rc)
{
	size_t i = (size_t)-rc;

	if (rc > 0 || i >= sizeof(words) / sizeof(words[0]))
		return "unknown";
	return words[i];
}
