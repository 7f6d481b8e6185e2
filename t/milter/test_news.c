/* test_news.c - what a decision stands on, where the table has news beside it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rc.h"
#include "core/trace/mtable.h"
#include "message/basis.h"
#include "t/tap.h"
#include "t/temp.h"

static char dir[TEMP_FOLDER], table[128], news[128];
static const struct basis_files files = { table, NULL, NULL };

static void
begin(void)
{
	temp_make(dir);
	snprintf(table, sizeof(table), "%s/table", dir);
	snprintf(news, sizeof(news), "%s/table.news", dir);
}

static void
end(void)
{
	temp_end(dir);
}

static struct basis *
basis_made(void)
{
	const char *failed;
	struct basis *b;

	ck_assert_int_eq(basis_new(&files, &b, &failed), RC_OK);
	return b;
}

/* By rename, as the publisher does. */
static void
put(const char *path, struct buf *octets)
{
	char made[160];
	FILE *file;

	snprintf(made, sizeof(made), "%s.new", path);
	file = fopen(made, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(octets->p, 1, octets->n, file), octets->n);
	fclose(file);
	ck_assert_int_eq(rename(made, path), 0);
	buf_done(octets);
}

/* b.example by this port: a table, or news of the one that is there. */
static void
write_file(bool is_news, uint64_t generation, uint16_t port)
{
	static char pattern[] = "b.example", name[] = "mx2.b.example";
	struct mtable_version now = { 1, generation };
	struct mtable_annex annex = { .version = now, .transport = "lsrd" };
	struct route route = {
		.pattern = pattern, .kind = ROUTE_REMOTE, .nhops = 1
	};
	struct mtable_history history = { .n = 0 };
	struct mtable_writer w = { 0 };
	struct buf out = { 0 };

	mtable_history_add(&history, now, generation * 1000);
	route.hop[0] = (struct route_hop){ name,
		{ 4, { 198, 51, 100, 5 }, port }, false, NULL };
	mtable_add_route(&w, &route, now);
	if (is_news) {
		struct basis *b = basis_made();

		mtable_end_news(&w, b->table.sum, &annex, &history, &out);
		basis_free(b);
	} else {
		mtable_end(&w, &annex, &history, &out);
	}
	put(is_news ? news : table, &out);
}

static void
basis_is(uint64_t generation, unsigned port)
{
	struct basis *b = basis_made();
	struct mtable_route r;

	ck_assert(!basis_is_old(b, &files));
	ck_assert_uint_eq(b->table.now.generation, generation);
	ck_assert_int_eq(mtable_route(&b->table, "u@b.example", &r), RC_OK);
	ck_assert_uint_eq(r.hop[0].addr.port, port);
	basis_free(b);
}

START_TEST(a_basis_follows_news)
{
	struct basis *b;

	write_file(false, 7, 25);
	basis_is(7, 25);
	b = basis_made();
	write_file(true, 8, 26);
	ck_assert(basis_is_old(b, &files));
	basis_is(8, 26);
	basis_free(b);
	b = basis_made();
	write_file(true, 9, 27);
	ck_assert(basis_is_old(b, &files));
	basis_is(9, 27);
	basis_free(b);
}
END_TEST

/* Those of another table, and torn ones: the table alone. */
START_TEST(a_basis_passes_over_what_is_no_good)
{
	write_file(false, 7, 25);
	write_file(true, 8, 26);
	write_file(false, 10, 28);
	basis_is(10, 28);
	write_file(true, 11, 29);
	basis_is(11, 29);
	ck_assert_int_eq(truncate(news, 90), 0);
	basis_is(10, 28);
	ck_assert_int_eq(truncate(news, 0), 0);
	basis_is(10, 28);
	ck_assert_int_eq(unlink(news), 0);
	basis_is(10, 28);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("news");
	TCase *tc = tcase_create("news");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_basis_follows_news);
	tcase_add_test(tc, a_basis_passes_over_what_is_no_good);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
