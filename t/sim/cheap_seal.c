#include "t/sim/cheap_seal.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/rng.h"

#define PRIME 0x100000001b3u

/* Eight octets at a time, and what is left one by one, as FNV-1a has it. */
static uint64_t
hash(uint64_t h, const uint8_t *p, size_t n)
{
	uint64_t eight;

	for (; n >= sizeof(eight); p += sizeof(eight), n -= sizeof(eight)) {
		memcpy(&eight, p, sizeof(eight));
		h = (h ^ eight) * PRIME;
		h ^= h >> 29;
	}
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * PRIME;
	return h;
}

static void
spread(uint64_t h, uint8_t *out, size_t n)
{
	struct rng rng = { h };

	for (size_t i = 0; i < n; i += sizeof(h)) {
		h = rng_next(&rng);
		memcpy(out + i, &h, n - i < sizeof(h) ? n - i : sizeof(h));
	}
}

static void
stamp(const uint8_t key[CRYPTO_PUBLIC], const void *p, size_t n,
    uint8_t out[CRYPTO_SIGNATURE])
{
	uint64_t h = hash(0xcbf29ce484222325u, key, CRYPTO_PUBLIC);

	spread(hash(h, p, n), out, CRYPTO_SIGNATURE);
}

void
cheap_seal_digest(const void *p, size_t n, uint8_t out[CRYPTO_DIGEST])
{
	spread(hash(0x84222325cbf29ce4u, p, n), out, CRYPTO_DIGEST);
}

void
cheap_seal_key(const char *name, uint32_t number, uint8_t out[CRYPTO_PUBLIC])
{
	uint64_t h = hash(number, (const uint8_t *)name, strlen(name));

	spread(h, out, CRYPTO_PUBLIC);
}

void
cheap_seal_authority(uint8_t key[CRYPTO_PUBLIC], uint8_t org[CRYPTO_DIGEST])
{
	cheap_seal_key("the authority", 0, key);
	cheap_seal_digest(key, CRYPTO_PUBLIC, org);
}

static void
do_digest(void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_DIGEST])
{
	(void)ctx;
	cheap_seal_digest(p, n, out);
}

static void
do_sign(void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_SIGNATURE])
{
	struct cheap_seal *cheap = ctx;

	if (cheap->signed_ != NULL)
		cheap->signed_(cheap->ctx, p, n);
	stamp(cheap->public_key, p, n, out);
}

static bool
do_verify(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC], const void *p,
    size_t n, const uint8_t sig[CRYPTO_SIGNATURE])
{
	uint8_t want[CRYPTO_SIGNATURE];

	(void)ctx;
	stamp(public_key, p, n, want);
	return memcmp(want, sig, sizeof(want)) == 0;
}

static void
push(char ***list, size_t *n, const char *text)
{
	*list = mem_grow(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = mem_str(text);
}

/* One line: a letter for what it is, a blank, the value. */
static int
line_read(const char *line, struct claims *claims)
{
	const char *value = line + 2;
	char **once = NULL;

	if (strlen(line) < 3)
		return RC_FORMAT;
	switch (line[0]) {
	case 'n':
		once = &claims->name;
		break;
	case 'g':
		once = &claims->group;
		break;
	case 's':
		push(&claims->spaces, &claims->nspaces, value);
		return RC_OK;
	case 'r':
		push(&claims->relays, &claims->nrelays, value);
		return RC_OK;
	case 'c':
		push(&claims->connectors, &claims->nconnectors, value);
		return RC_OK;
	case 'k':
		cheap_seal_key(claims->name == NULL ? "" : claims->name,
		    (uint32_t)strtoul(value, NULL, 10), claims->public_key);
		return RC_OK;
	case 'v':
		claims->not_after = strtoll(value, NULL, 10);
		return RC_OK;
	default:
		return RC_FORMAT;
	}
	if (*once != NULL)
		return RC_TWICE;
	*once = mem_str(value);
	return RC_OK;
}

static int
lines_read(char *text, struct claims *claims)
{
	int rc = RC_OK;

	while (rc == RC_OK && *text != '\0') {
		char *end = strchr(text, '\n');

		if (end == NULL)
			return RC_FORMAT;
		*end = '\0';
		rc = line_read(text, claims);
		text = end + 1;
	}
	if (rc == RC_OK && (claims->name == NULL || claims->group == NULL))
		rc = RC_MISSING;
	return rc;
}

static int
do_vouch(void *ctx, const uint8_t *der, size_t n, struct claims **out)
{
	uint8_t authority[CRYPTO_PUBLIC], org[CRYPTO_DIGEST];
	struct claims *claims;
	char *text;
	int rc;

	*out = NULL;
	if (n <= CRYPTO_SIGNATURE)
		return RC_FORMAT;
	n -= CRYPTO_SIGNATURE;
	cheap_seal_authority(authority, org);
	if (!do_verify(ctx, authority, der, n, der + n))
		return RC_SIGNATURE;
	claims = mem_new(sizeof(*claims), 0, 0);
	claims->not_after = INT64_MAX;
	text = mem_dup(der, n);
	rc = lines_read(text, claims);
	mem_free(text);
	if (rc != RC_OK) {
		claims_free(claims);
		return rc;
	}
	cheap_seal_digest(claims->public_key, CRYPTO_PUBLIC, claims->key);
	*out = claims;
	return RC_OK;
}

struct crypto
cheap_seal_new(struct cheap_seal *cheap)
{
	return (struct crypto){
		.ctx = cheap,
		.digest = do_digest,
		.sign = do_sign,
		.verify = do_verify,
		.vouch = do_vouch,
	};
}

void
cheap_seal_certify(
    struct buf *out, const struct claims *claims, uint32_t number)
{
	uint8_t authority[CRYPTO_PUBLIC], org[CRYPTO_DIGEST];
	uint8_t sig[CRYPTO_SIGNATURE];
	size_t from = out->n;

	buf_printf(out, "n %s\ng %s\n", claims->name, claims->group);
	for (size_t i = 0; i < claims->nspaces; i++)
		buf_printf(out, "s %s\n", claims->spaces[i]);
	for (size_t i = 0; i < claims->nrelays; i++)
		buf_printf(out, "r %s\n", claims->relays[i]);
	for (size_t i = 0; i < claims->nconnectors; i++)
		buf_printf(out, "c %s\n", claims->connectors[i]);
	buf_printf(out, "k %u\n", number);
	cheap_seal_authority(authority, org);
	stamp(authority, out->p + from, out->n - from, sig);
	buf_bytes(out, sig, sizeof(sig));
}
