/*
 * match.h - which address spaces an address meets, the most specific first
 * (lsrd.conf(5)): `user@dom`, `dom`, `.parent` from the longest to the
 * shortest (`.dom` is not met by dom itself), `*`. Where the MTA has address
 * extensions, `user+extension@dom` meets `user@dom` after itself.
 *
 * A MATCH_NO_OWNERS before the delimiters: owner-list@ and list-request@ are
 * no users of their own (owner_request_special = no), so "-" parts them too.
 *
 *     struct match m = match_over(address, delimiters);
 *     while ((pattern = match_next(&m)) != NULL)
 *             claims = net_claims(net, pattern, &n);
 */

#ifndef CORE_MATCH_H
#define CORE_MATCH_H

#include <stdbool.h>

#include "core/lsa/limits.h"

#define MATCH_NO_OWNERS '@'

struct match {
	const char *address;    /* lent */
	const char *at;         /* what came last; NULL: nothing yet */
	const char *delimiters; /* lent; any of them begins an extension */
	char bare[LIMIT_SENDER_OCTETS + 1]; /* the address without it */
};

/* True for something, "@", and something: the last "@" counts. */
bool match_is_address(const char *address);

/*
 * The address is in lower case and lent while the match is used, as are the
 * delimiters (recipient_delimiter of the MTA beside us; NULL or "": none).
 */
struct match match_over(const char *address, const char *delimiters);

/* The next pattern it meets, lent from the match; NULL after `*`. */
const char *match_next(struct match *m);

#endif
