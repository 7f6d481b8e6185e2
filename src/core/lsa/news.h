/*
 * news.h - what has changed in a database since somebody who follows it
 * looked last: a key for each LSA that was installed or taken out, in the
 * order in which that happened.
 *
 * It owns the LSAs that were replaced or taken out, so that whatever lends
 * from the database stays whole until it has followed. Beyond NEWS_MAX of
 * them reading everything is no dearer: it is `many`, names nothing, and
 * what was lent is void.
 */

#ifndef CORE_NEWS_H
#define CORE_NEWS_H

#include "base/vec.h"
#include "core/lsa/lsa.h"

/* Of 10 000 servers so many changes cost a tenth of reading them all. */
#define NEWS_MAX 256

struct news_one {
	struct lsa_key key; /* lent from `was`, or from what is installed */
	struct lsa *was;    /* owned; NULL: there was none */
};

/* Begins as all zero. */
struct news {
	VEC(struct news_one) list;
	bool many;
};

/* Something new has this key. */
void news_add(struct news *news, const struct lsa_key *key);

/* It is no more in the database; takes it over. */
void news_gone(struct news *news, struct lsa *was);

/* All of it has been followed. */
void news_clear(struct news *news);

void news_done(struct news *news);

#endif
