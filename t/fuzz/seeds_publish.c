/*
 * seeds_publish.c - what lsrd-publish is given, and the copy that it keeps of a
 * table: in order, and as it goes where a disk or lsrd fails.
 */

#include "core/trace/mtable.h"
#include "core/view/rib.h"
#include "publish/wire.h"
#include "t/fuzz/seeds.h"

/* How fuzz_serve.c's tables are, by its last octet. */
enum { FAILS = 1, NO_ROOM = 2, MISSING = 4 };

static void
serve_put(const char *name, struct buf *out, uint8_t how)
{
	buf_u8(out, how);
	seeds_put("serve", name, out);
}

static void
whole_put(struct buf *out, const struct route *list, size_t n)
{
	struct plugin_setup setup = { .transport = "lsrd",
		.hold = "lsrd-hold" };
	struct wire_writer writer;

	wire_put_setup(out, &setup);
	wire_begin(&writer, out, 5, 0);
	for (size_t i = 0; i < n; i++)
		wire_set(&writer, &list[i]);
	wire_end(&writer);
}

/* From generation `since` to the next: one is other, one goes. */
static void
difference_put(struct buf *out, const struct route *list, uint64_t since)
{
	struct wire_writer writer;

	wire_begin(&writer, out, since + 1, since);
	wire_set(&writer, &list[1]);
	wire_gone(&writer, list[2].pattern);
	wire_end(&writer);
}

static void
served(const struct route *list, size_t n, const struct mtable_annex *annex)
{
	static const struct {
		const char *name;
		uint8_t how;
	} files[] = { { "two-batches", 0 }, { "disk-full", FAILS },
		{ "no-room", NO_ROOM }, { "no-room-fails", NO_ROOM | FAILS },
		{ "not-there", MISSING } };
	struct buf out = { 0 };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		whole_put(&out, list, n);
		difference_put(&out, list, 5);
		if (files[i].how > FAILS)
			whole_put(&out, list, n);
		serve_put(files[i].name, &out, files[i].how);
	}
	whole_put(&out, list, 0);
	whole_put(&out, list, n);
	difference_put(&out, list, 7);
	difference_put(&out, list, 5);
	serve_put("missed", &out, 0);
	wire_put_annex(&out, annex, MTABLE_ALL);
	whole_put(&out, list, n);
	wire_put_annex(&out, annex, MTABLE_ALL);
	serve_put("annex", &out, 0);
	difference_put(&out, list, 0);
	serve_put("no-setup", &out, 0);
}

static void
group_put(struct buf *out, struct buf *group)
{
	buf_u32(out, (uint32_t)group->n);
	buf_bytes(out, group->p, group->n);
	buf_done(group);
}

static void
copied(const struct route *list, size_t n)
{
	static const struct {
		const char *name;
		uint8_t how;
	} files[] = { { "two-groups", 0 }, { "torn", 3 }, { "headless", 'x' },
		{ "turned", 'y' } };
	struct buf out = { 0 }, group = { 0 };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		whole_put(&group, list, n);
		group_put(&out, &group);
		difference_put(&group, list, 5);
		group_put(&out, &group);
		if (files[i].how >= 'x') {
			difference_put(&group, list, 6);
			group_put(&out, &group);
		}
		buf_u8(&out, files[i].how);
		seeds_put("copy", files[i].name, &out);
	}
}

void
seeds_publish(
    const struct route *list, size_t n, const struct mtable_annex *annex)
{
	served(list, n, annex);
	copied(list, n);
}
