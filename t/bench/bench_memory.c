/*
 * bench_memory.c - what a database takes in memory beyond the octets of its
 * LSAs, one line a step: the LSAs, the claims of who signs them, the table.
 * usage: bench_memory FOLDER, which make_state has filled.
 */

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/lsdb.h"
#include "core/node/signers.h"
#include "core/view/view.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"

#define HEAD 56 /* of the file; then a version and the number of LSAs */

struct told {
	struct lsdb db;
	struct signers signers;
	struct crypto crypto;
	size_t used;
};

static struct buf
file_read(const char *folder, const char *name)
{
	char path[512], part[65536];
	struct buf all = { 0 };
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	CHECK(f != NULL);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_bytes(&all, part, n);
	fclose(f);
	return all;
}

static double
resident_mb(void)
{
	unsigned long pages = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	CHECK(f != NULL && fscanf(f, "%lu %lu", &pages, &resident) == 2);
	fclose(f);
	return (double)resident * 4096 / 1e6;
}

/* What was allocated since the last line, of each LSA. */
static void
line(struct told *t, const char *what, size_t octets)
{
	size_t n = lsdb_count(&t->db);
	struct mallinfo2 now = mallinfo2();
	size_t used = now.uordblks + now.hblkhd;

	printf(
	    "memory   %-8s lsas=%zu octets=%zu beyond=%.0f resident=%.1f MB\n",
	    what, n, octets / n,
	    ((double)used - (double)t->used - (double)octets) / (double)n,
	    resident_mb());
	t->used = used;
}

static void
lsas_read(struct told *t, const struct buf *file)
{
	struct cur in = cur_over(file->p + HEAD, file->n - HEAD);
	uint32_t n;

	cur_u8(&in);
	n = cur_u32(&in);
	for (uint32_t i = 0; i < n; i++) {
		size_t len = cur_u32(&in);
		struct lsa *lsa;

		CHECK(lsa_decode(cur_bytes(&in, len), len, &t->crypto, &lsa) ==
		      RC_OK);
		lsdb_install(&t->db, lsa);
	}
}

static void
claims_read(struct told *t)
{
	struct mono now = { 1 };

	for (struct lsa *l = lsdb_first(&t->db); l != NULL; l = lsdb_next(l))
		if (l->key.type == LSA_IDENTITY)
			CHECK(signers_renew(&t->signers, l, &t->crypto, now) !=
			      NULL);
}

int
main(int argc, char **argv)
{
	uint8_t authority[CRYPTO_PUBLIC], org[CRYPTO_DIGEST];
	struct told t = { 0 };
	struct buf file;
	char path[512];

	if (argc != 2) {
		fprintf(stderr, "usage: bench_memory FOLDER (of make_state)\n");
		return 2;
	}
	file = file_read(argv[1], "state");
	snprintf(path, sizeof(path), "%s/authority.pem", argv[1]);
	CHECK(keys_authority(path, authority, org) == RC_OK);
	crypto_init(&t.crypto, NULL, authority);
	lsdb_init(&t.db);
	t.used = mallinfo2().uordblks + mallinfo2().hblkhd;
	lsas_read(&t, &file);
	line(&t, "lsas", t.db.octets);
	claims_read(&t);
	line(&t, "claims", 0);
	buf_done(&file);
	lsdb_done(&t.db);
	signers_done(&t.signers);
	crypto_done(&t.crypto);
	return 0;
}
