/*
 * test_parts.c - the digest of a database is not one that a signer can solve; and
 * when its servers are elsewhere.
 *
 * Digests that are merely added up (XOR) can be: of 300 LSAs that may be said
 * in two ways a few dozen, turned over, change nothing in the sum. They are
 * found here by elimination, as an insider would.
 */

#include <stdio.h>
#include <string.h>

#include "t/core/world.h"
#include "t/tap.h"

#define SPACES 300
#define BITS (8 * CRYPTO_DIGEST)

/* What turning some of them over does to the sum. */
struct row {
	uint8_t sum[CRYPTO_DIGEST];
	bool turned[SPACES];
};

static void
sum_add(uint8_t sum[CRYPTO_DIGEST], const uint8_t digest[CRYPTO_DIGEST])
{
	for (size_t i = 0; i < CRYPTO_DIGEST; i++)
		sum[i] ^= digest[i];
}

static bool
bit(const uint8_t sum[CRYPTO_DIGEST], size_t n)
{
	return sum[n / 8] >> n % 8 & 1;
}

static void
row_add(struct row *to, const struct row *from)
{
	sum_add(to->sum, from->sum);
	for (size_t i = 0; i < SPACES; i++)
		to->turned[i] ^= from->turned[i];
}

/* A server that says each of its spaces in one of two ways. */
static void
say(struct world *w, const bool turned[SPACES])
{
	char line[80];

	world_init(w);
	world_say(w, "self a.example g; server a.example g; "
		     "server mallory.example g");
	for (size_t i = 0; i < SPACES; i++) {
		snprintf(line, sizeof(line),
		    "space p%03zu.example "
		    "mallory.example %s",
		    i, turned[i] ? "cost 2" : "cost 1");
		world_say(w, line);
	}
}

static void
sum_of(struct world *w, uint8_t sum[CRYPTO_DIGEST])
{
	memset(sum, 0, CRYPTO_DIGEST);
	for (struct lsa *l = lsdb_first(&w->db); l != NULL; l = lsdb_next(l))
		sum_add(sum, l->digest);
}

/* What each does to the sum: the spaces stand in both in one order. */
static void
rows_fill(struct row rows[SPACES], struct world *one, struct world *other)
{
	struct lsa *a = lsdb_first(&one->db), *b = lsdb_first(&other->db);

	memset(rows, 0, SPACES * sizeof(*rows));
	for (size_t n = 0; a != NULL; a = lsdb_next(a), b = lsdb_next(b)) {
		if (a->key.type != LSA_SPACE)
			continue;
		ck_assert_str_eq(a->key.id, b->key.id);
		sum_add(rows[n].sum, a->digest);
		sum_add(rows[n].sum, b->digest);
		rows[n].turned[n] = true;
		n++;
	}
}

/* Elimination: the first row of which nothing is left. */
static const struct row *
solve(struct row rows[SPACES])
{
	size_t done = 0;

	for (size_t b = 0; b < BITS; b++) {
		size_t at = done;
		struct row swap;

		while (at < SPACES && !bit(rows[at].sum, b))
			at++;
		if (at == SPACES)
			continue;
		swap = rows[at];
		rows[at] = rows[done];
		rows[done] = swap;
		for (size_t i = done + 1; i < SPACES; i++)
			if (bit(rows[i].sum, b))
				row_add(&rows[i], &rows[done]);
		done++;
	}
	return &rows[done];
}

START_TEST(what_is_added_up_can_be_solved)
{
	static struct row rows[SPACES];
	bool none[SPACES] = { false }, all[SPACES];
	uint8_t sum[2][CRYPTO_DIGEST], whole[2][CRYPTO_DIGEST];
	struct world one, other;
	const struct row *solved;

	memset(all, true, sizeof(all));
	say(&one, none);
	say(&other, all);
	rows_fill(rows, &one, &other);
	world_done(&other);
	solved = solve(rows);
	say(&other, solved->turned);
	sum_of(&one, sum[0]);
	sum_of(&other, sum[1]);
	ck_assert_msg(memcmp(sum[0], sum[1], CRYPTO_DIGEST) == 0,
	    "two databases with one sum");
	ck_assert(memchr(solved->turned, true, SPACES) != NULL);
	parts_whole(&one.db, PARTS_ALL, &world_seal, whole[0]);
	parts_whole(&other.db, PARTS_ALL, &world_seal, whole[1]);
	ck_assert_msg(memcmp(whole[0], whole[1], CRYPTO_DIGEST) != 0,
	    "and with one digest");
	world_done(&one);
	world_done(&other);
}
END_TEST

/* Where servers are may be another thing, and only then is it looked at. */
static const struct {
	const char *said;
	bool moved;
} moves[] = {
	{ "server b.example g at 192.0.2.1:25", false },
	{ "server b.example g at 192.0.2.2:25", true },
	{ "server b.example h at 192.0.2.1:25", false },
	{ "server c.example g at 192.0.2.1:25", true },
	{ "space p.example b.example", false },
	{ "lose b.example", true },
};

START_TEST(places_are_told_apart)
{
	struct world w;
	uint64_t before;

	world_init(&w);
	world_say(&w, "self a.example g; server a.example g; "
		      "server b.example g at 192.0.2.1:25");
	before = w.db.places;
	world_say(&w, moves[_i].said);
	ck_assert_msg(
	    (w.db.places != before) == moves[_i].moved, "%s", moves[_i].said);
	world_done(&w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("core/parts");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, what_is_added_up_can_be_solved);
	tcase_add_loop_test(tc, places_are_told_apart, 0,
	    (int)(sizeof(moves) / sizeof(moves[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
