/*
 * test_work.c - what a step of an engine costs, counted, for time tells nothing
 * on a machine that is busy: nodes of sorted sets that are walked over, what is
 * looked up in them, blocks that are allocated. What has changed decides it, and
 * of the rest that it is there: links at most a few nodes each, servers of other
 * sites nothing.
 *
 * The linker puts these counters in place of the functions (--wrap).
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/lsa/limits.h"
#include "core/node/dial.h"
#include "t/core/insider.h"
#include "t/core/world.h"
#include "t/tap.h"

struct work {
	uint64_t walked, looked, blocks;
};

static struct work done;

/* The linker's names: nobody else declares them. */
struct tree_node *__real_tree_next(const struct tree_node *node);
struct tree_node *__wrap_tree_next(const struct tree_node *node);
struct tree_node *__real_tree_find(
    const struct tree *t, const void *key, tree_order *order);
struct tree_node *__wrap_tree_find(
    const struct tree *t, const void *key, tree_order *order);
struct tree_node *__real_tree_from(
    const struct tree *t, const void *key, tree_order *order);
struct tree_node *__wrap_tree_from(
    const struct tree *t, const void *key, tree_order *order);
void *__real_mem_new(size_t head, size_t n, size_t each);
void *__wrap_mem_new(size_t head, size_t n, size_t each);
void *__real_mem_grow(void *p, size_t n, size_t each);
void *__wrap_mem_grow(void *p, size_t n, size_t each);

struct tree_node *
__wrap_tree_next(const struct tree_node *node)
{
	done.walked++;
	return __real_tree_next(node);
}

struct tree_node *
__wrap_tree_find(const struct tree *t, const void *key, tree_order *order)
{
	done.looked++;
	return __real_tree_find(t, key, order);
}

struct tree_node *
__wrap_tree_from(const struct tree *t, const void *key, tree_order *order)
{
	done.looked++;
	return __real_tree_from(t, key, order);
}

void *
__wrap_mem_new(size_t head, size_t n, size_t each)
{
	done.blocks++;
	return __real_mem_new(head, n, each);
}

void *
__wrap_mem_grow(void *p, size_t n, size_t each)
{
	done.blocks++;
	return __real_mem_grow(p, n, each);
}

/* --- a hub -------------------------------------------------------------------- */

enum { QUIET, ALIVE, WORD, DECIDED, LOST, CASES };

/* For each link, besides a few. */
static const struct {
	const char *what;
	uint64_t walked, looked, blocks;
} most[CASES] = {
	{ "nothing is due", 2, 0, 0 },
	{ "a keep-alive came", 2, 0, 0 },
	{ "a word of one, which goes to each", 3, 2, 3 },
	{ "the table of that", 2, 0, 0 },
	{ "a session is lost", 2, 0, 0 },
};

static struct work
counted(void)
{
	struct work is = done;

	done = (struct work){ 0 };
	return is;
}

static void
hub_work(uint32_t links, struct work out[CASES])
{
	struct insider f;

	insider_begin(&f);
	insider_hub(&f, links);
	insider_connector(&f, "news", 1, true);
	insider_ticks(&f, 20000);
	insider_step(&f, (struct input){ .kind = IN_TICK });
	counted();
	insider_step(&f, (struct input){ .kind = IN_TICK });
	out[QUIET] = counted();
	insider_frame(&f, MSG_ALIVE, "", 0);
	out[ALIVE] = counted();
	insider_connector(&f, "news", 2, true);
	out[WORD] = counted();
	f.ms += 300; /* and no keep-alive is due yet */
	insider_step(&f, (struct input){ .kind = IN_TICK });
	out[DECIDED] = counted();
	insider_step(&f, (struct input){ .kind = IN_CLOSED, .who = 7 });
	out[LOST] = counted();
	engine_free(f.engine);
}

#define FEW 40

START_TEST(a_hub)
{
	uint32_t links = _i == 0 ? 150 : 600;
	struct work is[CASES];

	hub_work(links, is);
	for (int i = 0; i < CASES; i++) {
		ck_assert_msg(
		    is[i].walked <= links * most[i].walked + FEW &&
			is[i].looked <= links * most[i].looked + FEW &&
			is[i].blocks <= links * most[i].blocks + FEW,
		    "%s: %llu walked, %llu looked up, %llu blocks",
		    most[i].what, (unsigned long long)is[i].walked,
		    (unsigned long long)is[i].looked,
		    (unsigned long long)is[i].blocks);
	}
	ck_assert_uint_ge(is[WORD].blocks, links); /* it did go to each */
	ck_assert_uint_gt(is[DECIDED].looked, 0);
}
END_TEST

/* --- servers of other sites ---------------------------------------------------- */

static void
site_say(struct insider *f, struct world *w, uint32_t i, const char *more)
{
	char text[120], name[20];
	struct lsa_key key = { name, "", LSA_SERVER };
	struct lsa *lsa;

	snprintf(name, sizeof(name), "s%04u.y", i);
	snprintf(text, sizeof(text), "server %s h%04u %s", name, i, more);
	world_say(w, text);
	lsa = lsa_copy(lsdb_find(&w->db, &key));
	lsdb_install(&f->engine->db, lsa);
	dial_learnt(f->engine, lsa);
}

/* What 20 s cost after a server of another site has said something else. */
static struct work
sites_work(uint32_t sites, const char *then)
{
	struct insider f;
	struct world w;
	struct work is;

	insider_begin(&f);
	world_init(&w);
	for (uint32_t i = 0; i < sites; i++)
		site_say(&f, &w, i, "at 192.0.2.7:25");
	insider_ticks(&f, 30000);
	site_say(&f, &w, 3, then);
	counted();
	insider_ticks(&f, 20000);
	is = counted();
	world_done(&w);
	engine_free(f.engine);
	return is;
}

/* Whom it has for neighbours is no matter of ours; where it is, is one of who
 * may come, which is told once, whole. */
START_TEST(servers_of_other_sites)
{
	const char *said = "nbr s0004.y at 192.0.2.7:25";
	struct work few = sites_work(100, said);
	struct work many = sites_work(2000, said);

	ck_assert_uint_eq(few.walked, many.walked);
	ck_assert_uint_eq(few.looked, many.looked);
	ck_assert_uint_eq(few.blocks, many.blocks);
	many = sites_work(2000, "at 192.0.2.8:25");
	ck_assert_uint_ge(many.walked, few.walked + 1900);
	ck_assert_uint_le(many.walked, few.walked + 2100);
	ck_assert_uint_le(many.looked, few.looked + FEW);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("work");
	TCase *tc = tcase_create("work");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, a_hub, 0, 2);
	tcase_add_test(tc, servers_of_other_sites);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
