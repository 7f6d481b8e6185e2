#include "daemon/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "daemon/reload.h"
#include "io/store_file.h"

#define HEAD "# in force in place of the file with the digest "

static void
kept_digest(const struct conf *conf, const struct crypto *crypto,
    char out[2 * CRYPTO_DIGEST + 1])
{
	uint8_t digest[CRYPTO_DIGEST];
	struct buf dump = { 0 };

	conf_dump(&dump, conf);
	crypto->digest(crypto->ctx, dump.p, dump.n, digest);
	buf_done(&dump);
	for (size_t i = 0; i < CRYPTO_DIGEST; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

int
kept_write(const struct conf *conf, const struct conf *file,
    const struct crypto *crypto)
{
	char digest[2 * CRYPTO_DIGEST + 1];
	struct buf out = { 0 };
	int rc;

	kept_digest(file, crypto, digest);
	buf_printf(&out, HEAD "%s\n", digest);
	conf_dump(&out, conf);
	rc = store_file_write(conf->state_directory, KEPT_NAME, out.p, out.n);
	buf_done(&out);
	return rc;
}

int
kept_drop(const struct conf *conf)
{
	return store_file_drop(conf->state_directory, KEPT_NAME);
}

/* It was written for this file. */
static bool
is_for(const struct conf *conf, const struct crypto *crypto)
{
	char digest[2 * CRYPTO_DIGEST + 1];
	size_t head = strlen(HEAD), n;
	uint8_t *octets;
	bool is;

	if (store_file_read(conf->state_directory, KEPT_NAME, &octets, &n) !=
	    RC_OK)
		return false;
	kept_digest(conf, crypto, digest);
	is = n > head + 2 * CRYPTO_DIGEST && memcmp(octets, HEAD, head) == 0 &&
	     memcmp(octets + head, digest, 2 * CRYPTO_DIGEST) == 0;
	mem_free(octets);
	return is;
}

struct conf *
kept_start(struct conf *conf, const struct crypto *crypto, struct sink *sink,
    bool *kept)
{
	struct buf path = { 0 }, answer = { 0 };
	struct reload_to to = { sink, &answer };
	struct conf *instead;
	char *name;

	*kept = false;
	if (!is_for(conf, crypto))
		return conf;
	buf_printf(&path, "%s/" KEPT_NAME, conf->state_directory);
	name = buf_string(&path);
	if (reload_conf(name, conf, &instead, &to) == RC_OK) {
		conf_free(conf);
		conf = instead;
		*kept = true;
	}
	sink_say(sink, *kept ? SINK_WARNING : SINK_ERROR, "configuration-kept",
	    "file=%s, result=%s", name, *kept ? "in-force" : "refused");
	mem_free(name);
	buf_done(&answer);
	return conf;
}
