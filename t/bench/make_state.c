/*
 * make_state.c - a saved state of an organization of N servers, with real
 * keys, certificates and signatures, so that a real lsrd can be started on
 * it and measured. usage: make_state N FOLDER
 *
 * Servers stand in a ring with chords (degree 4), one routing group each,
 * one connector per link and one address space each. FOLDER gets the keys
 * and certificates of the first, of the second, its neighbour, and of the
 * third, the authority's certificate, and the state.
 */

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "core/lsa/lsa.h"
#include "crypt/crypto.h"
#include "crypt/issue.h"
#include "crypt/keys.h"

struct maker {
	size_t n;
	uint8_t org[CRYPTO_DIGEST], authority[CRYPTO_PUBLIC];
	EVP_PKEY *authority_key;
	struct buf lsas;
	uint32_t count;
};

static void
text(char out[64], const char *before, size_t i, const char *behind)
{
	snprintf(out, 64, "%s%06zu%s", before, i, behind);
}

static void
add(struct maker *m, const struct crypto *crypto, const struct claims *c,
    const struct lsa_key *key, struct buf *body)
{
	struct lsa_draft draft = { .key = *key,
		.org = m->org,
		.signer = c->key,
		.seq = (uint64_t)1 << 32 | 1,
		.issued = (uint64_t)time(NULL),
		.body = body->p,
		.body_len = body->n };
	size_t hole = buf_hole32(&m->lsas);

	lsa_encode(&m->lsas, &draft, crypto);
	buf_fill32(&m->lsas, hole);
	m->count++;
	buf_reset(body);
}

/* On loopback: who reads the state may dial them. */
static struct addr
address(size_t i, uint16_t port)
{
	return (struct addr){ 4,
		{ 127, (uint8_t)(128 + (i >> 16)), (uint8_t)(i >> 8),
		    (uint8_t)i },
		port };
}

/* The four neighbours on the ring of n. */
static size_t
around(const struct maker *m, size_t i, size_t k)
{
	static const size_t step[] = { 1, 97 };
	size_t d = step[k / 2] % m->n;

	return k % 2 ? (i + m->n - d) % m->n : (i + d) % m->n;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
say_links(struct maker *m, const struct crypto *crypto, const struct claims *c,
    size_t i)
{
	char names[4][64], *sorted[4], id[64], group[64];
	struct buf body = { 0 };
	struct lsa_server s = { .group = c->group,
		.smtp = (struct addr[]){ address(i + 1, 25) },
		.nsmtp = 1,
		.peer = (struct addr[]){ address(i + 1, 691) },
		.npeer = 1,
		.neighbours = sorted };

	for (size_t k = 0; k < 4; k++) {
		size_t to = around(m, i, k);
		struct lsa_bridgehead b = { names[k], true, 10 };
		struct lsa_connector con = {
			.group = group, .bridgeheads = &b, .nbridgeheads = 1
		};
		struct lsa_key key = { c->name, id, LSA_CONNECTOR };

		text(names[k], "mx", to, ".bench.example");
		text(group, "g", to, "");
		text(id, "to-", to, "");
		sorted[k] = names[k];
		lsa_connector_encode(&body, &con);
		add(m, crypto, c, &key, &body);
	}
	qsort(sorted, 4, sizeof(*sorted), by_name);
	s.nneighbours = 4;
	lsa_server_encode(&body, &s);
	add(m, crypto, c, &(struct lsa_key){ c->name, "", LSA_SERVER }, &body);
	buf_done(&body);
}

/* One server: identity first, so that the rest can be verified. */
static void
server(struct maker *m, size_t i, const char *folder)
{
	static const char *const files[] = { "server", "second", "third" };
	char name[64], group[64], space[64], path[512];
	char *spaces[] = { space };
	struct claims c = {
		.name = name, .group = group, .spaces = spaces, .nspaces = 1
	};
	struct lsa_space ls = { .cost = 0 };
	EVP_PKEY *key = keys_new();
	struct lsa_identity identity = { .ncerts = 1 };
	struct buf der = { 0 }, body = { 0 };
	struct crypto crypto;

	text(name, "mx", i, ".bench.example");
	text(group, "g", i, "");
	text(space, "d", i, ".bench.example");
	keys_public(key, c.public_key);
	keys_digest(c.public_key, c.key);
	issue_server(&c, "bench.example", 365, m->authority_key, &der);
	if (i < 3) {
		snprintf(path, sizeof(path), "%s/%s.key", folder, files[i]);
		CHECK(keys_write(path, key, KEYS_OWN, &keys_force) == 0);
		snprintf(path, sizeof(path), "%s/%s.pem", folder, files[i]);
		CHECK(keys_write_certificate(path, der.p, der.n, &keys_force) ==
		      0);
	}
	crypto_init(&crypto, key, m->authority);
	identity.cert[0] = der.p;
	identity.cert_len[0] = der.n;
	lsa_identity_encode(&body, &identity);
	add(m, &crypto, &c, &(struct lsa_key){ name, "", LSA_IDENTITY }, &body);
	lsa_space_encode(&body, &ls);
	add(m, &crypto, &c, &(struct lsa_key){ name, space, LSA_SPACE }, &body);
	say_links(m, &crypto, &c, i);
	crypto_done(&crypto);
	buf_done(&body);
	buf_done(&der);
}

/* io/store_io.h says what a file looks like. */
static void
write_state(const struct maker *m, const char *folder)
{
	uint8_t digest[CRYPTO_DIGEST];
	struct buf file = { 0 };
	char path[512];
	unsigned len;
	FILE *f;

	buf_text(&file, "lsrdsave");
	buf_u32(&file, 1);
	buf_u32(&file, 1); /* SAVE_STATE */
	buf_u64(&file, 1 + 4 + m->lsas.n + 8 + 4 + 4);
	for (int i = 0; i < CRYPTO_DIGEST; i++)
		buf_u8(&file, 0);
	buf_u8(&file, 1); /* core/node/saved.c: version, LSAs, no table */
	buf_u32(&file, m->count);
	buf_bytes(&file, m->lsas.p, m->lsas.n);
	buf_u64(&file, 0);
	buf_u32(&file, 0);
	buf_u32(&file, 0);
	EVP_Digest(file.p, file.n, digest, &len, EVP_sha256(), NULL);
	memcpy(file.p + 24, digest, sizeof(digest));
	snprintf(path, sizeof(path), "%s/state", folder);
	f = fopen(path, "w");
	CHECK(f != NULL && fwrite(file.p, 1, file.n, f) == file.n);
	fclose(f);
	printf("lsas %u octets %zu\n", m->count, file.n);
	buf_done(&file);
}

int
main(int argc, char **argv)
{
	struct maker m = { 0 };
	struct buf der = { 0 };
	char path[512];

	if (argc != 3 || strtoul(argv[1], NULL, 10) < 200) {
		fprintf(stderr, "usage: make_state N FOLDER (N from 200)\n");
		return 2;
	}
	m.n = strtoul(argv[1], NULL, 10);
	m.authority_key = keys_new();
	keys_public(m.authority_key, m.authority);
	keys_digest(m.authority, m.org);
	issue_authority("bench.example", 365, m.authority_key, &der);
	snprintf(path, sizeof(path), "%s/authority.pem", argv[2]);
	CHECK(keys_write_certificate(path, der.p, der.n, &keys_force) == 0);
	snprintf(path, sizeof(path), "%s/mark.key", argv[2]);
	CHECK(keys_write(path, m.authority_key, KEYS_MARK, &keys_force) == 0);
	for (size_t i = 0; i < m.n; i++)
		server(&m, i, argv[2]);
	write_state(&m, argv[2]);
	keys_free(m.authority_key);
	buf_done(&der);
	buf_done(&m.lsas);
	return 0;
}
