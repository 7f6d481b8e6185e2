#include "message/basis.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/mem.h"
#include "base/rc.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"

static int
file_map(struct basis_map *map, const char *path, struct stat *seen)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = RC_IO;

	if (fd < 0)
		return RC_IO;
	if (fstat(fd, seen) == 0)
		rc = seen->st_size == 0 ? RC_SHORT : RC_OK;
	if (rc == RC_OK) {
		map->n = (size_t)seen->st_size;
		map->p = mmap(
		    NULL, map->n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (map->p == MAP_FAILED) {
			map->p = NULL;
			rc = RC_IO;
		}
	}
	close(fd);
	return rc;
}

/* The news are taken first, or they could be of a table that came since. Without
 * any, or with bad ones, the table is good, if older. */
static int
table_map(struct basis *b, const char *path)
{
	struct basis_map *table = &b->map[0], *news = &b->map[1];
	char beside[512];
	int rc, behind;

	snprintf(beside, sizeof(beside), "%s%s", path, MTABLE_NEWS);
	(void)stat(beside, &b->seen[3]);
	behind = file_map(news, beside, &b->seen[3]);
	rc = file_map(table, path, &b->seen[0]);
	if (rc == RC_OK)
		rc = mtable_open(&b->table, table->p, table->n);
	if (rc == RC_OK && behind == RC_OK)
		(void)mtable_follow(&b->table, &b->news, news->p, news->n);
	return rc;
}

/* A net of another version is none: no limits are kept then. */
static void
basis_net_read(struct basis *b)
{
	b->limits = b->table.net.left > 0 &&
	            mtable_net_decode(b->table.net, &b->net) == RC_OK;
}

static int
basis_key_read(struct basis *b, const char *path)
{
	struct basis_key *k = &b->key[b->nkeys];
	struct crypto crypto;
	int rc = stat(path, &b->seen[1 + b->nkeys]) == 0 ? RC_OK : RC_IO;

	if (rc == RC_OK)
		rc = keys_read(path, KEYS_MARK, &k->key);
	if (rc != RC_OK)
		return rc;
	b->nkeys++;
	keys_public(k->key, k->public_key);
	crypto_init(&crypto, keys_ref(k->key), NULL);
	keys_digest(k->public_key, k->name);
	mark_secret(&crypto, k->secret);
	crypto_done(&crypto);
	return RC_OK;
}

int
basis_new(
    const struct basis_files *files, struct basis **out, const char **failed)
{
	struct basis *b = mem_new(sizeof(*b), 0, 0);
	int rc = table_map(b, files->table), saved;

	*out = NULL;
	*failed = files->table;
	if (rc == RC_OK && files->key != NULL) {
		rc = basis_key_read(b, files->key);
		*failed = files->key;
	}
	if (rc == RC_OK && files->previous_key != NULL) {
		rc = basis_key_read(b, files->previous_key);
		*failed = files->previous_key;
	}
	if (rc != RC_OK) {
		saved = errno;
		basis_free(b);
		errno = saved;
		return rc;
	}
	basis_net_read(b);
	b->users = 1;
	*out = b;
	return RC_OK;
}

static bool
is_other(const char *path, const struct stat *seen)
{
	struct stat now;

	return stat(path, &now) == 0 &&
	       (now.st_ino != seen->st_ino || now.st_dev != seen->st_dev ||
		   now.st_size != seen->st_size ||
		   now.st_mtim.tv_sec != seen->st_mtim.tv_sec ||
		   now.st_mtim.tv_nsec != seen->st_mtim.tv_nsec);
}

bool
basis_is_old(const struct basis *basis, const struct basis_files *files)
{
	char news[512];

	snprintf(news, sizeof(news), "%s%s", files->table, MTABLE_NEWS);
	return is_other(files->table, &basis->seen[0]) ||
	       is_other(news, &basis->seen[3]) ||
	       (files->key != NULL && is_other(files->key, &basis->seen[1])) ||
	       (files->previous_key != NULL &&
		   is_other(files->previous_key, &basis->seen[2]));
}

void
basis_free(struct basis *basis)
{
	if (basis == NULL)
		return;
	for (size_t i = 0; i < basis->nkeys; i++)
		keys_free(basis->key[i].key);
	if (basis->limits)
		mtable_net_done(&basis->net);
	for (size_t i = 0; i < 2; i++)
		if (basis->map[i].p != NULL)
			munmap(basis->map[i].p, basis->map[i].n);
	mem_free(basis);
}

const char *
basis_remedy(int rc, bool table)
{
	if (rc == RC_PERMISSION)
		return "chmod 640 it";
	if (rc == RC_IO && errno == EACCES)
		return "give it to the group lsrd-mark, mode 640";
	if (rc == RC_IO && (errno == EMFILE || errno == ENFILE))
		return "no descriptor is left: raise LimitNOFILE of its unit, "
		       "or have fewer sessions";
	if (table)
		return "is lsrd running, with milter-table in lsrd.conf?";
	return "lsrctl keys issue makes it";
}
