/* test_fate.c - what becomes of a key that nobody claims and nobody purged, by
 * what the newer certificate of its server allows; and what it costs to know. */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "t/core/cpu.h"
#include "t/core/world.h"
#include "t/tap.h"

#define WORLD                                                                  \
	"self a.x g;key 1;server a.x g nbr b.x up b.x;"                        \
	"space a.x a.x;key 2;server b.x g nbr a.x;space b.x b.x relay"

static bool
certified(void *ctx, const char *origin, const char *pattern)
{
	return *(const bool *)ctx || strcmp(origin, "b.x") != 0 ||
	       strcmp(pattern, "b.x") != 0;
}

static struct rib *
rib_now(struct world *w, struct rib *old, struct view_pending *pending)
{
	struct view *view = view_new(&w->in);
	struct rib *rib = view_rib(view, old, pending);

	view_free(view);
	return rib;
}

static void
identity_said(struct world *w)
{
	static uint8_t octets[] = "certificate";
	struct lsa_identity identity = {
		.cert = { octets }, .cert_len = { sizeof(octets) }, .ncerts = 1
	};
	struct lsa_key key = { "b.x", "", LSA_IDENTITY };
	struct buf body = { 0 };

	lsa_identity_encode(&body, &identity);
	world_install(w, &key, &body);
	buf_done(&body);
}

static void
becomes(bool allowed, const char *want)
{
	struct view_pending pending = { 0 };
	struct world w;
	struct rib *old, *rib;
	char *text;

	world_init(&w);
	w.in.may_claim = certified;
	w.in.ctx = &allowed;
	world_say(&w, WORLD);
	old = rib_now(&w, NULL, &pending);
	world_say(&w, "lose b.x b.x");
	identity_said(&w);
	rib = rib_now(&w, old, &pending);
	text = world_text(rib);
	ck_assert_msg(strstr(text, want) != NULL, "no %s in\n%s", want, text);
	mem_free(text);
	rib_free(rib);
	rib_free(old);
	view_pending_done(&pending);
	world_done(&w);
}

START_TEST(a_certificate_ends_what_it_does_not_allow)
{
	becomes(false, "b.x hold no path: its last claim was withdrawn");
	becomes(true, "b.x remote b.x 0/1 relay");
}
END_TEST

/* Of a claim whose key was given up no number tells, but which key was forgotten. */
static const struct {
	const char *said, *want;
} forgotten[] = {
	{ "forget b.x 2", "b.x hold no path: its last claim was" },
	{ "forget b.x 9", "b.x remote b.x 0/1 relay" },
	{ "", "b.x remote b.x 0/1 relay" },
};

START_TEST(the_key_of_a_claim_is_forgotten)
{
	struct view_pending pending = { 0 };
	struct world w;
	struct rib *old, *rib;
	char *text;

	world_init(&w);
	world_say(&w, WORLD);
	old = rib_now(&w, NULL, &pending);
	for (size_t i = 0; i < old->n; i++)
		if (strcmp(old->routes[i].pattern, "b.x") == 0)
			old->routes[i].claims[0].seq = 0;
	world_say(&w, "lose b.x b.x");
	world_say(&w, forgotten[_i].said);
	rib = rib_now(&w, old, &pending);
	text = world_text(rib);
	ck_assert_msg(strstr(text, forgotten[_i].want) != NULL, "%s", text);
	mem_free(text);
	rib_free(rib);
	rib_free(old);
	view_pending_done(&pending);
	world_done(&w);
}
END_TEST

/* A database that is older than the table: what it has of a key that leaves is what
 * the table says is gone. Not once a peer has told all, nor if it is newer. */
static const struct {
	bool agreed, newer, another_key;
	const char *want;
} stale[] = {
	{ false, false, false, "b.x hold no path: its last claim was" },
	{ true, false, false, "b.x remote b.x 0/1 relay" },
	{ false, true, false, "b.x remote b.x 0/1 relay" },
	{ false, false, true, "b.x remote b.x 0/1 relay" },
};

START_TEST(an_older_database_brings_nothing_back)
{
	struct view_pending pending = { 0 };
	struct world w;
	struct rib *rib[3] = { NULL };
	uint64_t before;
	char *text;

	world_init(&w);
	world_say(&w, "self a.x g;key 1;server a.x g nbr b.x up b.x;"
		      "key 2;server b.x g nbr a.x");
	before = w.seq;
	world_say(&w, "space b.x b.x relay");
	rib[0] = rib_now(&w, NULL, &pending);
	world_say(&w, "purge b.x b.x");
	rib[1] = rib_now(&w, rib[0], &pending);
	world_say(&w, "lose b.x b.x");
	if (!stale[_i].newer)
		w.seq = before;
	w.in.agreed = stale[_i].agreed;
	world_say(&w, stale[_i].another_key ? "key 3;space b.x b.x relay"
					    : "space b.x b.x relay");
	rib[2] = rib_now(&w, rib[1], &pending);
	text = world_text(rib[2]);
	ck_assert_msg(strstr(text, stale[_i].want) != NULL, "%s", text);
	mem_free(text);
	for (int i = 0; i < 3; i++)
		rib_free(rib[i]);
	view_pending_done(&pending);
	world_done(&w);
}
END_TEST

/* A chunk of so many, behind as many purges, which its server has said before. */
static void
chunk_said(struct world *w, unsigned n, unsigned purges)
{
	struct buf out = { 0 };
	char *said;

	for (unsigned i = 0; i < purges; i++)
		buf_printf(&out, "list a%05u.x b.x;", i);
	buf_printf(&out, "list ! b.x");
	for (unsigned i = 0; i < n; i++)
		buf_printf(&out, " p%05u.x", i);
	said = buf_string(&out);
	world_say(w, said);
	mem_free(said);
}

/* Which of the words about it is the newest is not asked anew of each. */
START_TEST(many_that_leave_behind_purges_are_cheap)
{
	struct view_pending pending = { 0 };
	struct world w;
	struct rib *old, *rib;
	double took;

	world_init(&w);
	world_say(&w, "self a.x g;server a.x g nbr b.x;server b.x g nbr a.x");
	chunk_said(&w, 8000, 4000);
	old = rib_now(&w, NULL, &pending);
	chunk_said(&w, 1, 0);
	took = cpu_ms();
	rib = rib_now(&w, old, &pending);
	took = cpu_ms() - took;
	printf("# %zu left in %.1f ms\n", pending.n, took);
	ck_assert_uint_eq(pending.n, 7999);
	ck_assert(took < 200);
	rib_free(rib);
	rib_free(old);
	view_pending_done(&pending);
	world_done(&w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fate");
	TCase *tc = tcase_create("fate");

	tcase_add_test(tc, a_certificate_ends_what_it_does_not_allow);
	tcase_add_loop_test(tc, the_key_of_a_claim_is_forgotten, 0,
	    (int)(sizeof(forgotten) / sizeof(forgotten[0])));
	tcase_add_loop_test(tc, an_older_database_brings_nothing_back, 0,
	    (int)(sizeof(stale) / sizeof(stale[0])));
	tcase_add_test(tc, many_that_leave_behind_purges_are_cheap);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
