/*
 * fuzz_serve.c - the publisher at work, with whatever comes by the socket that
 * lsrd alone has. Its tables take everything, or, as the last octet says, every
 * other write fails, the copy has no more room from the first write on, or what
 * they differ from is not there. It acknowledges no generation that it was not given, and
 * ends when the socket does.
 */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rc.h"
#include "publish/serve.h"
#include "publish/wire.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"
#include "t/temp.h"

const unsigned fuzz_runs = 200;
PIECES(PIECES_FRAMES);

#define OCTETS_MAX 16384 /* what it answers has room in the socket */

/* By the last octet. */
enum how { HOW_FAILS = 1, HOW_NO_ROOM = 2, HOW_MISSING = 4 };

/* What the export is told, of this process's one run. */
static struct {
	enum how how;
	const char *dir;
	unsigned writes;
	size_t keys;
} table;

static const char *const none[] = { NULL };

static int
table_open(struct plugin_run **out, const struct plugin_setup *setup,
    const struct plugin_start *start)
{
	(void)setup;
	(void)start;
	*out = (struct plugin_run *)&table;
	return RC_OK;
}

/* A new copy cannot be made. */
static void
no_room(void)
{
	char path[TEMP_FOLDER + 16];

	snprintf(path, sizeof(path), "%s/routes.new", table.dir);
	if ((table.how & HOW_NO_ROOM) != 0 && mkdir(path, 0700) != 0)
		FUZZ_CHECK(errno == EEXIST);
}

/* Sorted, each pattern once. */
static int
table_write(struct plugin_run *run, const struct plugin_change *list, size_t n,
    bool whole, struct plugin_report *report)
{
	(void)run;
	memset(report, 0, sizeof(*report));
	for (size_t i = 1; i < n; i++)
		FUZZ_CHECK(strcmp(list[i - 1].pattern, list[i].pattern) < 0);
	no_room();
	if (!whole && (table.how & HOW_MISSING) != 0)
		return RC_MISSING;
	table.keys = whole ? n : table.keys + n;
	if ((table.how & HOW_FAILS) == 0 || table.writes++ % 2 == 0)
		return RC_OK;
	errno = ENOSPC;
	return RC_IO;
}

static bool
table_intact(struct plugin_run *run)
{
	return run != NULL;
}

static void
table_close(struct plugin_run *run)
{
	(void)run;
}

static const struct plugin_export export_nothing = {
	.name = "postfix",
	.tables = none,
	.open = table_open,
	.write = table_write,
	.intact = table_intact,
	.close = table_close,
};

/* Whether a batch of that generation is among the frames. */
static bool
is_given(const uint8_t *p, size_t n, uint64_t generation)
{
	struct cur in = cur_over(p, n);
	struct wire_frame frame;
	struct wire_batch batch;

	while (wire_frame(&in, &frame) == RC_OK) {
		if (frame.type == WIRE_BATCH &&
		    wire_get_batch(&frame.body, &batch) == RC_OK &&
		    batch.generation == generation)
			return true;
		cur_bytes(&in, frame.octets);
	}
	return false;
}

static void
look(int fd, const uint8_t *p, size_t n)
{
	static uint8_t said[1 << 18];
	struct wire_frame frame;
	struct wire_ack ack;
	size_t octets = 0;
	ssize_t got;
	struct cur in;

	while ((got = recv(fd, said + octets, sizeof(said) - octets, 0)) > 0)
		octets += (size_t)got;
	in = cur_over(said, octets);
	while (wire_frame(&in, &frame) == RC_OK) {
		if (frame.type == WIRE_ACK) {
			FUZZ_CHECK(wire_get_ack(frame.body, &ack) == RC_OK);
			FUZZ_CHECK(is_given(p, n, ack.generation));
		}
		cur_bytes(&in, frame.octets);
	}
	FUZZ_CHECK(in.left == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char dir[TEMP_FOLDER];
	struct owner owner = { dir, dir };
	int pair[2], first;

	if (n == 0 || n > OCTETS_MAX)
		return 0;
	temp_make(dir);
	table.how = p[n - 1];
	table.dir = dir;
	table.writes = 0;
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	FUZZ_CHECK(send(pair[0], p, n - 1, 0) == (ssize_t)(n - 1));
	shutdown(pair[0], SHUT_WR);
	first = dup(pair[1]);
	close(first);
	serve(pair[1], &export_nothing, &owner);
	/* what makes it the owner is kept for the life of a process */
	close_range((unsigned)first, ~0u, 0);
	close(pair[1]);
	look(pair[0], p, n - 1);
	close(pair[0]);
	temp_end(dir);
	return 0;
}
