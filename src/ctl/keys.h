/*
 * keys.h - the verbs about keys and certificates: they work on files, and
 * need no daemon. Nothing is overwritten without --force, but the mark key
 * before the previous one; and nothing is written before all that may be wrong
 * has been looked at.
 */

#ifndef CTL_KEYS_H
#define CTL_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "crypt/keys.h"
#include "ctl/verbs.h"

#define KEYS_DIRECTORY "/etc/lsrd/keys"

/* The rows of the table of verbs that keys*.c offer. */
extern const struct verb_option keys_authority_options[];
extern const struct verb_option keys_issue_options[];
extern const struct verb_option keys_list_options[];
extern const struct verb_option keys_mark_options[];
extern const struct verb_option keys_request_options[];
extern const struct verb_option keys_show_options[];

/* What the verbs that make keys share. --days, or what is said otherwise. */
int keys_days(const struct call *call, uint64_t otherwise, uint32_t *out);

/*
 * What the command line asks to claim, into *c, which begins empty. Name and
 * group are NULL where they are not given; what is given is held to its
 * grammar, and a relay to the spaces. CALL_USAGE after a complaint.
 */
int keys_claims_take(const struct call *call, struct claims *c);
int keys_claims_check(const struct claims *c);

/* Adds every value of --space, --relay or --connector to a list. */
int keys_values(
    const struct call *call, const char *option, char ***list, size_t *n);

/*
 * CALL_USAGE after a complaint when claims are given beside an --option that
 * has them from somewhere else, `who`. `some`: --connector may be.
 */
int keys_claims_none(
    const struct call *call, const char *option, const char *who, bool some);

/* What a request asked for and was not given: "space example.org". The
 * caller's. */
struct keys_missed {
	char **v;
	size_t n, room;
};

/*
 * A request for a certificate, beside what the command line grants, in
 * *claims: they get its key, and with --as-requested are what it asks for.
 * What of it is not granted is added to `missed`; one for another server is
 * refused.
 */
int keys_requested(const struct call *call, const char *path,
    struct claims **claims, struct keys_missed *missed);

/* --directory, or KEYS_DIRECTORY; lent by the call. */
const char *keys_directory(const struct call *call);

/*
 * Whose the files become when root makes them: the user that lsrd runs as, so
 * that a reload can read them again; the mark key is for the milter's group.
 * Where there are no such accounts (the files are for another host) they stay
 * root's. CALL_USAGE: there is no such --user.
 */
int keys_owner(const struct call *call, bool mark, struct keys_put *put);

/* What a verb has made; what is NULL is not told. */
struct keys_made {
	const char *server, *organization;
	const uint8_t *key, *identity; /* CRYPTO_DIGEST each */
	const char *const *files;      /* as written; the last is NULL */
	const struct keys_missed *missed;
	bool unchanged; /* it was there already */
};

/* Tells it as JSON. False: --json was not given, and nothing was said. */
bool keys_tell(const struct call *call, const struct keys_made *made);

/* The same key and the same claims, in any order. */
bool keys_same(const struct claims *a, const struct claims *b);
/*
 * The certificate in this file is this authority's, for the key and the claims
 * that are wanted, and ends at `end` (0: whenever), about. keys_twice.c, as what
 * follows.
 */
bool keys_is_made(const char *pem, const uint8_t authority[CRYPTO_PUBLIC],
    const struct claims *wanted, int64_t end);
/* When what is made now ends; and whether two ends are the same, about. */
int64_t keys_end(uint32_t days);
bool keys_is_soon(int64_t have, int64_t wanted);
/* Says that all of it was there. CALL_OK. */
int keys_unchanged(const struct call *call, const struct keys_made *made);

int keys_verb_authority(const struct call *call);
int keys_verb_issue(const struct call *call);
int keys_verb_list(const struct call *call);
int keys_verb_mark(const struct call *call);
int keys_verb_request(const struct call *call);
int keys_verb_show(const struct call *call);

#endif
