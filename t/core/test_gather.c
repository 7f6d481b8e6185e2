/* test_gather.c - what takes several links at once is said once. */

#include "t/core/insider.h"
#include "t/tap.h"

static const struct lsa *
said(const struct insider *f)
{
	struct lsa_key key = { SELF, "", LSA_SERVER };

	return lsdb_find(&f->engine->db, &key);
}

static void
hub_begin(struct insider *f, uint32_t links)
{
	insider_begin(f);
	insider_hub(f, links);
	ck_assert_ptr_nonnull(said(f));
	ck_assert_uint_eq(lsa_server(said(f))->nneighbours, 1 + links);
}

static void
wake(struct insider *f, uint64_t until)
{
	for (; f->ms < until; f->ms++)
		insider_step(f, (struct input){ .kind = IN_TICK });
}

static const struct {
	uint32_t links;         /* besides the insider's */
	uint64_t apart, within; /* ms */
	uint64_t says;          /* at most */
} losses[] = {
	{ 4, 0, 20, 1 },   /* one turn of the loop */
	{ 4, 2, 20, 1 },   /* a turn each */
	{ 4, 25, 600, 3 }, /* as far as each of them is */
	{ 620, 0, 20, 1 }, /* 600 sites, and the group it is in */
};

START_TEST(links_lost)
{
	struct insider f;
	uint64_t seq, begun;

	hub_begin(&f, losses[_i].links);
	/* None of them has heard of this: their loss withdraws them. */
	insider_connector(&f, "news", 1, true);
	seq = said(&f)->seq;
	begun = f.ms;
	for (uint32_t i = 0; i < losses[_i].links; i++) {
		insider_step(
		    &f, (struct input){ .kind = IN_CLOSED, .who = 2 + i });
		wake(&f, begun + (i + 1) * losses[_i].apart);
	}
	wake(&f, begun + losses[_i].within);
	ck_assert_uint_eq(lsa_server(said(&f))->nneighbours, 1);
	ck_assert_uint_ge(said(&f)->seq, seq + 1);
	ck_assert_uint_le(said(&f)->seq, seq + losses[_i].says);
	engine_free(f.engine);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("gather");
	TCase *tc = tcase_create("gather");

	tcase_add_loop_test(
	    tc, links_lost, 0, sizeof(losses) / sizeof(losses[0]));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
