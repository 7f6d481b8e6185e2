#include "message/basis.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/mem.h"
#include "base/rc.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"

static int
table_map(struct basis *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = RC_IO;

	if (fd < 0)
		return RC_IO;
	if (fstat(fd, &b->seen[0]) == 0) {
		b->octets = (size_t)b->seen[0].st_size;
		rc = b->octets == 0 ? RC_SHORT : RC_OK;
	}
	if (rc == RC_OK) {
		b->map = mmap(NULL, b->octets, PROT_READ,
		    MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (b->map == MAP_FAILED) {
			b->map = NULL;
			rc = RC_IO;
		}
	}
	close(fd);
	return rc == RC_OK ? mtable_open(&b->table, b->map, b->octets) : rc;
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
	return is_other(files->table, &basis->seen[0]) ||
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
	if (basis->map != NULL)
		munmap(basis->map, basis->octets);
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
