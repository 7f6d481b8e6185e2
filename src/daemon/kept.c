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
	conf_dump_list(&dump, conf);
	crypto->digest(crypto->ctx, dump.p, dump.n, digest);
	buf_done(&dump);
	for (size_t i = 0; i < CRYPTO_DIGEST; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static char *
kept_path(const struct conf *conf, const char *name)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%s", conf->state_directory, name);
	return buf_string(&path);
}

/* The list that is in force: where the configuration has it, another may be. */
static int
kept_list_write(const struct conf *conf)
{
	struct buf out = { 0 };
	int rc;

	conf_dump_list(&out, conf);
	rc = store_file_write(conf->state_directory, KEPT_LIST, out.p, out.n);
	buf_done(&out);
	return rc;
}

int
kept_write(const struct conf *conf, const struct conf *file,
    const struct crypto *crypto)
{
	char digest[2 * CRYPTO_DIGEST + 1];
	struct conf kept = *conf;
	struct buf out = { 0 };
	int rc = RC_OK;

	if (conf->list != NULL) {
		rc = kept_list_write(conf);
		kept.list = kept_path(conf, KEPT_LIST);
	}
	kept_digest(file, crypto, digest);
	buf_printf(&out, HEAD "%s\n", digest);
	conf_dump(&out, &kept);
	if (rc == RC_OK)
		rc = store_file_write(
		    conf->state_directory, KEPT_NAME, out.p, out.n);
	buf_done(&out);
	if (conf->list != NULL)
		mem_free(kept.list);
	return rc;
}

int
kept_drop(const struct conf *conf)
{
	int rc = store_file_drop(conf->state_directory, KEPT_NAME);

	(void)store_file_drop(conf->state_directory, KEPT_LIST);
	return rc;
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
	struct buf answer = { 0 };
	struct reload_to to = { sink, &answer };
	struct conf *instead;
	char *name;

	*kept = false;
	if (!is_for(conf, crypto))
		return conf;
	name = kept_path(conf, KEPT_NAME);
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
