/*
 * reload.h - new file to new configuration: in force whole, or not at all.
 *
 *     file --> conf_load --> keys --> IN_CONF --+--> in force; the old freed
 *                 |           |                 |
 *                 +-----------+--> refused      +--> held: moves too many
 *                                  (every           routes, waits for
 *                                  complaint told)  `confirm`
 */

#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include <stdbool.h>

#include "base/buf.h"
#include "cfg/conf.h"
#include "core/lsa/crypto.h"
#include "io/ahead.h"
#include "io/sink.h"
#include "io/tls.h"

struct evp_pkey_st;

/* The functions of crypt/keys.h, as conf_load() wants them. */
extern const struct conf_keys reload_keys;

/* A configuration with what its key files make of it. */
struct reload {
	struct conf *conf;
	struct evp_pkey_st *key;
	struct tls_self *self;
};

/*
 * Reads the keys that `conf` names. On RC_OK out->conf is `conf`, and all of
 * *out is the caller's, to be ended with reload_done(); else `conf` still is
 * the caller's.
 */
int reload_keys_of(
    struct conf *conf, const struct crypto *crypto, struct reload *out);

/* Both work with this key from now on, and the configuration's authority; the
 * key is the caller's as before. */
void reload_rekey(struct crypto *crypto, struct ahead *ahead,
    struct evp_pkey_st *key, const struct conf *conf);

/* Makes `self` anew of what the rest is. */
int reload_self_of(struct reload *reload, const struct crypto *crypto);

/* Where complaints go: to the log, and into the answer of a request. */
struct reload_to {
	struct sink *sink;
	struct buf *answer;
};

/*
 * Reads the file. On RC_OK *out is the caller's; else every complaint is
 * logged and told in the answer, as {"ok":false,"errors":[...]}. `old` is
 * what is in force: what cannot change while we run must be as it is there.
 */
int reload_load(const char *path, const struct conf *old,
    const struct crypto *crypto, struct reload *out,
    const struct reload_to *to);

/* The configuration alone, by the same rules; complaints are logged. */
int reload_conf(const char *path, const struct conf *old, struct conf **out,
    const struct reload_to *to);

void reload_done(struct reload *reload);

#endif
