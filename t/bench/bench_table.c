/*
 * bench_table.c - what the milter's table costs: made and put in place,
 * opened, and asked, for 1 000, 10 000 and 70 000 routes. One line a figure.
 *
 *     bench_table DIRECTORY
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "base/rc.h"
#include "publish/mtable_file.h"
#include "publish/wire.h"

#define TIMES 20
#define LOOKUPS 200000

static struct mtable_file milter;
static const struct plugin_setup setup = { .transport = "lsrd" };

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
hold(unsigned n)
{
	char name[] = "mx1.paris.example.org", pattern[40];
	struct plugin_change change = { pattern, NULL };
	struct mtable_published published = {
		.generation = 0, .list = &change, .n = 1, .setup = &setup
	};

	for (unsigned i = 0; i < n; i++) {
		struct route r = { .pattern = pattern,
			.kind = ROUTE_REMOTE,
			.server = name,
			.nhops = 2 };

		snprintf(pattern, sizeof(pattern), "d%06u.example.org", i);
		r.hop[0] = (struct route_hop){ name,
			{ 4, { 192, 0, 2, 1 }, 25 }, false };
		r.hop[1] = (struct route_hop){ name,
			{ 4, { 192, 0, 2, 2 }, 25 }, true };
		change.route = &r;
		mtable_file_published(&milter, &published);
	}
}

static void
annex(uint64_t generation)
{
	const struct mtable_mta mta = { .delimiters = "+" };
	struct mtable_key key = { .name = "mx1.paris.example.org" };
	struct buf keys = { 0 }, net = { 0 }, octets = { 0 }, frames = { 0 };
	struct mtable_annex annex;
	struct wire_frame frame;
	struct cur in;
	bool all;

	mtable_keys_encode(&keys, &key, 1);
	mtable_annex_encode(&octets, (struct mtable_version){ 1, generation },
	    &mta, &keys, &net);
	if (mtable_annex_decode(octets.p, octets.n, &annex) != RC_OK)
		abort();
	wire_put_annex(&frames, &annex, MTABLE_ALL);
	in = cur_over(frames.p, frames.n);
	while (wire_frame(&in, &frame) == RC_OK) {
		cur_bytes(&in, frame.octets);
		if (mtable_file_take(&milter, frame.body, &all) != RC_OK)
			abort();
	}
	mtable_file_published(
	    &milter, &(struct mtable_published){ .generation = generation,
			 .wall_ms = generation,
			 .setup = &setup });
	buf_done(&keys);
	buf_done(&octets);
	buf_done(&frames);
}

static void
write_file(void)
{
	struct mtable_written written;
	int rc = RC_OK;

	if (mtable_file_begin(&milter))
		rc = mtable_file_write(&milter, &written);
	if (rc != RC_OK)
		abort();
	mtable_file_end(&milter, rc, &written);
}

static void
file_read(struct buf *out)
{
	FILE *in = fopen(milter.path, "rb");
	struct stat st;

	if (in == NULL || stat(milter.path, &st) != 0)
		abort();
	out->p = mem_new(0, (size_t)st.st_size, 1);
	out->n = out->room = (size_t)st.st_size;
	if (fread(out->p, 1, out->n, in) != out->n)
		abort();
	fclose(in);
}

static void
ask(const struct mtable *t, unsigned n)
{
	struct mtable_route r;
	char address[48];
	uint64_t began = now_us();

	for (unsigned i = 0; i < LOOKUPS; i++) {
		snprintf(address, sizeof(address), "user@d%06u.example.org",
		    (unsigned)(i * 2654435761u) % n);
		if (mtable_route(t, address, &r) != RC_OK)
			abort();
	}
	printf("%u routes: a lookup %.2f us\n", n,
	    (double)(now_us() - began) / LOOKUPS);
}

static void
measure(unsigned n)
{
	uint64_t best_write = UINT64_MAX, best_open = UINT64_MAX;
	static uint64_t generation;
	struct buf file = { 0 };
	struct mtable t;

	hold(n);
	for (int i = 0; i < TIMES; i++) {
		uint64_t began;

		annex(++generation);
		began = now_us();
		write_file();
		if (now_us() - began < best_write)
			best_write = now_us() - began;
		buf_done(&file);
		file_read(&file);
		began = now_us();
		if (mtable_open(&t, file.p, file.n) != RC_OK)
			abort();
		if (now_us() - began < best_open)
			best_open = now_us() - began;
	}
	printf("%u routes: %zu octets, made and in place %.1f ms, "
	       "opened %.1f ms (best of %d)\n",
	    n, file.n, (double)best_write / 1000, (double)best_open / 1000,
	    TIMES);
	ask(&t, n);
	buf_done(&file);
}

int
main(int argc, char **argv)
{
	char path[512];

	if (argc != 2) {
		fputs("usage: bench_table DIRECTORY\n", stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "%s/milter", argv[1]);
	mkdir(path, 0755);
	mtable_file_init(&milter, argv[1]);
	measure(1000);
	measure(10000);
	measure(70000);
	mtable_file_done(&milter);
	return 0;
}
