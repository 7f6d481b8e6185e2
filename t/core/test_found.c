/*
 * test_found.c - the bridgeheads of a connector with `bridgehead = any`: who is of
 * its group, but for whom it names and ourselves, and no more than there may be.
 */

#include <stdio.h>
#include <string.h>

#include "base/rc.h"
#include "core/node/found.h"
#include "core/node/node.h"
#include "t/core/cheap.h"
#include "t/core/drafts.h"
#include "t/tap.h"

static char self[] = "a.x.org", far[] = "far", near[] = "near",
	    named[] = "d.x.org", id[] = "one", other[] = "two";
static struct setup_bridgehead given = { .name = named, .cost = 7 };
static struct setup_connector connectors[2];
static struct setup setup;
static struct claims claims;
static struct crypto crypto;
static struct engine *e;
static uint64_t sequence;

static void
found_begin(void)
{
	crypto = cheap_seal("a");
	setup = cheap_setup(self, near, &claims);
	connectors[0] = (struct setup_connector){
		.name = id, .group = far, .any = true, .every.cost = 20
	};
	connectors[1] = (struct setup_connector){ .name = other,
		.group = near,
		.bridgeheads = &given,
		.nbridgeheads = 1 };
	setup.connectors = connectors;
	setup.nconnectors = 2;
	e = engine_new(1, &crypto);
	e->setup = &setup;
}

static void
found_end(void)
{
	e->setup = NULL;
	engine_free(e);
}

static void
server(const char *name, const char *group, bool up)
{
	char of[20];
	struct lsa_server s = { .group = of,
		.state = up ? LSA_UP : LSA_STARTING };
	struct buf body = { 0 };

	snprintf(of, sizeof(of), "%s", group);
	lsa_server_encode(&body, &s);
	draft_install(&e->db, &(struct lsa_key){ name, "", LSA_SERVER },
	    ++sequence, &body);
}

/* "NAME=COST" of each, `!` before who was found; the caller frees it. */
static char *
bridgeheads(const struct setup_connector *c)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < c->nbridgeheads; i++)
		buf_printf(&out, "%s%s%s=%u", i > 0 ? " " : "",
		    c->bridgeheads[i].found ? "!" : "", c->bridgeheads[i].name,
		    c->bridgeheads[i].cost);
	return buf_string(&out);
}

static void
are(const struct setup *filled, size_t connector, const char *want)
{
	char *is = bridgeheads(&filled->connectors[connector]);

	ck_assert_str_eq(is, want);
	mem_free(is);
}

START_TEST(all_of_the_group)
{
	struct setup *filled;

	server("c.x.org", far, true);
	server(self, far, true);
	server("e.x.org", far, false);
	server("f.x.org", near, true);
	filled = found_setup(e, &setup);
	are(filled, 0, "!c.x.org=20 !e.x.org=20");
	are(filled, 1, "d.x.org=7");
	found_free(filled);
}
END_TEST

/* Whom it names has what is said there, and stands in its order. */
START_TEST(beside_one_that_is_named)
{
	struct setup *filled;

	connectors[0].bridgeheads = &given;
	connectors[0].nbridgeheads = 1;
	server("c.x.org", far, true);
	server("d.x.org", far, true);
	server("e.x.org", far, true);
	filled = found_setup(e, &setup);
	are(filled, 0, "!c.x.org=20 d.x.org=7 !e.x.org=20");
	found_free(filled);
	ck_assert(!given.found);
}
END_TEST

/* Nobody is there; and nobody is asked for. */
START_TEST(nobody_at_all)
{
	struct setup *filled = found_setup(e, &setup);

	are(filled, 0, "");
	found_free(filled);
	connectors[0].any = false;
	server("c.x.org", far, true);
	ck_assert_ptr_null(found_setup(e, &setup));
	ck_assert(!found_concerns(&setup, far));
	connectors[0].any = true;
	ck_assert(found_concerns(&setup, far));
	ck_assert(!found_concerns(&setup, near));
	found_free(NULL);
}
END_TEST

/* What differs by who is there alone. */
START_TEST(the_same_and_another)
{
	struct setup *one, *two;

	server("c.x.org", far, true);
	one = found_setup(e, &setup);
	two = found_setup(e, &setup);
	ck_assert(found_same(one, two));
	ck_assert(found_same(NULL, NULL));
	ck_assert(!found_same(one, NULL));
	ck_assert(!found_same(NULL, one));
	found_free(two);
	server("e.x.org", far, true);
	two = found_setup(e, &setup);
	ck_assert(!found_same(one, two));
	ck_assert(!found_same(two, one));
	found_free(one);
	server("c.x.org", near, true); /* another in its place */
	one = found_setup(e, &setup);
	server("c.x.org", far, true);
	server("e.x.org", near, true);
	found_free(two);
	two = found_setup(e, &setup);
	ck_assert(!found_same(one, two));
	found_free(one);
	found_free(two);
}
END_TEST

/* As many as carry mail are enough; of those that do not there may be more. */
START_TEST(so_many_and_no_more)
{
	struct setup *filled;
	char name[20];

	for (unsigned i = 0; i < LIMIT_BRIDGEHEADS + 20; i++) {
		snprintf(name, sizeof(name), "m%03u.x.org", i);
		server(name, far, _i == 0);
	}
	filled = found_setup(e, &setup);
	ck_assert_uint_eq(filled->connectors[0].nbridgeheads,
	    _i == 0 ? LIMIT_FOUND : LIMIT_BRIDGEHEADS);
	found_free(filled);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("found");
	TCase *tc = tcase_create("found");

	tcase_add_checked_fixture(tc, found_begin, found_end);
	tcase_add_test(tc, all_of_the_group);
	tcase_add_test(tc, beside_one_that_is_named);
	tcase_add_test(tc, nobody_at_all);
	tcase_add_test(tc, the_same_and_another);
	tcase_add_loop_test(tc, so_many_and_no_more, 0, 2);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
