#include "t/core/cheap.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/rng.h"

/* FNV-1a (Fowler, Noll, Vo), spread over the octets by the generator. */
static void
spread(uint64_t hash, const void *p, size_t n, uint8_t *out, size_t len)
{
	const uint8_t *in = p;
	struct rng rng;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ in[i]) * 0x100000001b3u;
	rng.state = hash;
	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = rng_next(&rng);

		memcpy(out + i, &v, 8);
	}
}

static void
cheap_digest(void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_DIGEST])
{
	(void)ctx;
	spread(0xcbf29ce484222325u, p, n, out, CRYPTO_DIGEST);
}

void
cheap_public(char letter, uint8_t out[CRYPTO_PUBLIC])
{
	memset(out, letter, CRYPTO_PUBLIC);
}

void
cheap_key(char letter, uint8_t out[CRYPTO_DIGEST])
{
	uint8_t key[CRYPTO_PUBLIC];

	cheap_public(letter, key);
	cheap_digest(NULL, key, sizeof(key), out);
}

static void
cheap_sign(void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_SIGNATURE])
{
	const char *letter = ctx;

	spread((uint8_t)*letter, p, n, out, CRYPTO_SIGNATURE);
}

static bool
cheap_verify(void *ctx, const uint8_t key[CRYPTO_PUBLIC], const void *p,
    size_t n, const uint8_t sig[CRYPTO_SIGNATURE])
{
	uint8_t want[CRYPTO_SIGNATURE];

	(void)ctx;
	spread(key[0], p, n, want, sizeof(want));
	return memcmp(want, sig, sizeof(want)) == 0;
}

/* Cuts the word before `stop` off *at; the caller owns it. */
static char *
word(const char **at, char stop)
{
	const char *end = strchr(*at, stop);
	size_t n = end == NULL ? strlen(*at) : (size_t)(end - *at);
	char *s = mem_dup(*at, n);

	*at += n + (end != NULL);
	return s;
}

static char **
words(char *list, size_t *n)
{
	const char *at = list;
	char **out = NULL;

	*n = 0;
	while (*at != '\0') {
		out = mem_grow(out, *n + 1, sizeof(*out));
		out[(*n)++] = word(&at, ',');
	}
	mem_free(list);
	return out;
}

static int
cheap_vouch(void *ctx, const uint8_t *der, size_t n, struct claims **out)
{
	struct claims *c = mem_new(sizeof(*c), 0, 0);
	char *text = mem_dup(der, n);
	const char *at = text;

	(void)ctx;
	*out = c;
	c->name = word(&at, ' ');
	c->group = word(&at, ' ');
	c->spaces = words(word(&at, ' '), &c->nspaces);
	c->relays = words(word(&at, ' '), &c->nrelays);
	c->not_after = INT64_MAX;
	if (*at != '\0' && at[1] == ' ')
		c->not_before = strtoll(at + 2, NULL, 10);
	cheap_public(*at, c->public_key);
	cheap_key(*at, c->key);
	if (*at == '\0') {
		claims_free(c);
		*out = NULL;
	}
	mem_free(text);
	return *out == NULL ? RC_FORMAT : RC_OK;
}

struct crypto
cheap_seal(const char *letter)
{
	return (struct crypto){
		.ctx = (void *)(uintptr_t)letter,
		.digest = cheap_digest,
		.sign = cheap_sign,
		.verify = cheap_verify,
		.vouch = cheap_vouch,
	};
}

struct setup
cheap_setup(char *server, char *group, struct claims *claims)
{
	return (struct setup){ .server = server,
		.group = group,
		.organization = group,
		.claims = claims,
		.times.keepalive_ms = 1000,
		.times.dead_ms = 3000,
		.times.probe_ms = 5000,
		.times.digest_ms = 180000,
		.confirm_percent = 100 };
}
