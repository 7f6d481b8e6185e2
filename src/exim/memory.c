#include "exim/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/crc64.h"
#include "base/cur.h"
#include "base/rc.h"
#include "sys/file.h"

#define CRC 8
#define FULL (LIMIT_MARK_MEMORY / 2 * MEMORY_RECORD) /* octets: of two files */

static struct mtable_version
memory_version_take(struct cur *c)
{
	struct mtable_version v;

	v.epoch = cur_u64(c);
	v.generation = cur_u64(c);
	return v;
}

static void
memory_record_take(struct mark_memory *memory, struct cur *c)
{
	struct visit visit = { .first = false };
	const uint8_t *message, *id;

	if (cur_u64(c) != crc64(c->p, c->left))
		return;
	message = cur_bytes(c, CRYPTO_DIGEST);
	id = cur_bytes(c, MARK_QUEUE_ID + 1);
	memcpy(visit.key, cur_bytes(c, CRYPTO_DIGEST), CRYPTO_DIGEST);
	memcpy(
	    visit.recipients, cur_bytes(c, MARK_RECIPIENTS), MARK_RECIPIENTS);
	visit.time_ms = cur_u64(c);
	visit.now = memory_version_take(c);
	visit.before = memory_version_take(c);
	if (id[MARK_QUEUE_ID] == '\0')
		mark_memory_add(memory, &visit, message, (const char *)id);
}

static void
memory_take(struct mark_memory *memory, const char *path)
{
	struct buf all = { 0 };
	struct cur c;

	if (file_load(path, (size_t)2 * FULL, &all) == RC_OK) {
		c = cur_over(all.p, all.n);
		while (c.left >= MEMORY_RECORD) {
			struct cur record = cur_sub(&c, MEMORY_RECORD);

			memory_record_take(memory, &record);
		}
	}
	buf_done(&all);
}

struct mark_memory *
memory_read(const char *path)
{
	struct mark_memory *memory;
	char old[512];

	if (path[0] == '\0' || access(path, R_OK) != 0)
		return NULL;
	memory = mark_memory_new();
	snprintf(old, sizeof(old), "%s.old", path);
	memory_take(memory, old);
	memory_take(memory, path);
	return memory;
}

static void
memory_version_put(struct buf *out, struct mtable_version v)
{
	buf_u64(out, v.epoch);
	buf_u64(out, v.generation);
}

static void
memory_record_put(struct buf *out, const struct visit *visit,
    const uint8_t message[CRYPTO_DIGEST], const char *queue_id)
{
	char id[MARK_QUEUE_ID + 1] = "";
	struct buf rest = { 0 };

	snprintf(id, sizeof(id), "%s", queue_id);
	buf_bytes(&rest, message, CRYPTO_DIGEST);
	buf_bytes(&rest, id, sizeof(id));
	buf_bytes(&rest, visit->key, CRYPTO_DIGEST);
	buf_bytes(&rest, visit->recipients, MARK_RECIPIENTS);
	buf_u64(&rest, visit->time_ms);
	memory_version_put(&rest, visit->now);
	memory_version_put(&rest, visit->before);
	buf_u64(out, crc64(rest.p, rest.n));
	buf_bytes(out, rest.p, rest.n);
	buf_done(&rest);
}

/* Only if it still has its name: of two who find it full one moves it. */
static void
turn(int fd, const char *path)
{
	struct flock lock = { .l_type = F_WRLCK };
	struct stat ours, named;
	char old[512];

	snprintf(old, sizeof(old), "%s.old", path);
	if (fcntl(fd, F_OFD_SETLK, &lock) == 0 && fstat(fd, &ours) == 0 &&
	    stat(path, &named) == 0 && ours.st_ino == named.st_ino)
		rename(path, old);
}

void
memory_append(const char *path, const struct visit *visit,
    const uint8_t message[CRYPTO_DIGEST], const char *queue_id)
{
	struct buf record = { 0 };
	struct stat st;
	off_t odd;
	int fd;

	if (path[0] == '\0' || strlen(queue_id) > MARK_QUEUE_ID)
		return;
	fd = open(
	    path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	/* Where a write was cut, by a full disk, the next begins in its place. */
	for (odd = fstat(fd, &st) == 0 ? st.st_size % MEMORY_RECORD : 0;
	     odd > 0 && odd < MEMORY_RECORD; odd++)
		buf_u8(&record, 0);
	memory_record_put(&record, visit, message, queue_id);
	file_put(fd, record.p, record.n);
	buf_done(&record);
	if (fstat(fd, &st) == 0 && st.st_size >= FULL)
		turn(fd, path);
	close(fd);
}
