/* test_view_json.c - what the live daemon tells of its view. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "t/core/world.h"
#include "t/tap.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define WORLD                                                                  \
	"self a.x g;server a.x g nbr b.x,c.x up b.x;server b.x g nbr a.x;"     \
	"server c.x h nbr a.x;server l.x l;server o.x o drain;"                \
	"connector ac a.x h c.x=10+ size 1000;"                                \
	"connector cx c.x l l.x=5+ m.x=5+ n.x=7- cong 1;"                      \
	"connector ac b.x h c.x=65535+ drain cong 3;"                          \
	"space a.x a.x relay;space b.x b.x fallback;space .x c.x cost 3;"      \
	"space l.x l.x;space o.x o.x down;space p.x c.x local;"                \
	"space w.x a.x way smtp:[192.0.2.1]:587"

static const struct {
	const char *address;
	struct policy_message message;
	const char *want;
} questions[] = {
	{ "u@b.x", { .time = -1 },
	    "{\"address\":\"u@b.x\",\"from\":\"a.x\",\"result\":\"remote\","
	    "\"pattern\":\"b.x\",\"server\":\"b.x\",\"cost\":0,\"hops\":1,"
	    "\"next_hops\":[\"b.x\"],\"alternates\":[],"
	    "\"path\":[\"a.x\",\"b.x\"],\"last_resort\":false,"
	    "\"relay\":false,\"generation\":1,\"candidates\":["
	    "{\"pattern\":\"b.x\",\"server\":\"b.x\",\"cost\":0,\"hops\":1,"
	    "\"verdict\":\"chosen\"},"
	    "{\"pattern\":\".x\",\"server\":\"c.x\",\"cost\":13,\"hops\":1,"
	    "\"verdict\":\"less-specific\"}]}\n" },
	{ "U@W.X", { .time = -1 },
	    "{\"address\":\"U@W.X\",\"from\":\"a.x\",\"result\":\"here\","
	    "\"pattern\":\"w.x\",\"server\":\"a.x\",\"cost\":0,\"hops\":0,"
	    "\"way\":\"smtp:[192.0.2.1]:587\",\"last_resort\":false,"
	    "\"relay\":false,\"generation\":1,\"candidates\":["
	    "{\"pattern\":\"w.x\",\"server\":\"a.x\",\"cost\":0,\"hops\":0,"
	    "\"verdict\":\"chosen\"},"
	    "{\"pattern\":\".x\",\"server\":\"c.x\",\"cost\":13,\"hops\":1,"
	    "\"verdict\":\"less-specific\"}]}\n" },
	{ "u@o.x", { .time = -1 },
	    "{\"address\":\"u@o.x\",\"from\":\"a.x\",\"result\":\"hold\","
	    "\"pattern\":\"o.x\","
	    "\"reason\":\"no path: the way out at o.x is down\","
	    "\"last_resort\":false,\"relay\":false,\"generation\":1,"
	    "\"candidates\":["
	    "{\"pattern\":\"o.x\",\"server\":\"o.x\","
	    "\"verdict\":\"down\"},"
	    "{\"pattern\":\".x\",\"server\":\"c.x\",\"cost\":13,\"hops\":1,"
	    "\"verdict\":\"less-specific\"}]}\n" },
	{ "u@p.x", { .time = -1, .size = 2000 },
	    "{\"address\":\"u@p.x\",\"from\":\"a.x\",\"result\":\"hold\","
	    "\"pattern\":\".x\","
	    "\"reason\":\"no way to c.x admits this message "
	    "(size)\",\"generation\":1,"
	    "\"candidates\":["
	    "{\"pattern\":\"p.x\",\"server\":\"c.x\",\"verdict\":\"scope\"},"
	    "{\"pattern\":\".x\",\"server\":\"c.x\","
	    "\"verdict\":\"size\"}]}\n" },
	{ "u@elsewhere.example", { .time = -1 },
	    "{\"address\":\"u@elsewhere.example\",\"from\":\"a.x\","
	    "\"result\":\"not-ours\",\"generation\":1,\"candidates\":[]}\n" },
	{ "nobody", { .time = -1 }, "" },
};

START_TEST(explain)
{
	struct view_pending pending = { 0 };
	struct view_question q = { .address = questions[_i].address,
		.message = questions[_i].message };
	struct buf out = { 0 };
	struct json j = { .out = &out };
	struct world w;
	struct view *view;
	struct rib *rib;
	char *text;

	world_init(&w);
	world_say(&w, WORLD);
	view = view_new(&w.in);
	rib = view_rib(view, NULL, &pending);
	rib_number(rib, NULL, false);
	q.rib = rib;
	ck_assert(view_explain(&j, view, &q) == (questions[_i].want[0] != 0));
	text = buf_string(&out);
	ck_assert_str_eq(text, questions[_i].want);
	mem_free(text);
	rib_free(rib);
	view_pending_done(&pending);
	view_free(view);
	world_done(&w);
}
END_TEST

/* The rest of a line about a key that leaves: held, and one that was `here`;
 * it is that of the table, whatever is claimed more narrowly meanwhile. */
static const struct {
	const char *address, *more, *pattern;
	bool over;
	const char *want;
} leavings[] = {
	{ "u@o.x", "", "o.x", false, "\"pattern\":\"o.x\"" },
	{ "u@o.x", "", "o.x", true, "\"given_up\":true," },
	{ "u@w.x", "", "w.x", false,
	    "\"leaves\":1800000000,\"given_up\":false," },
	{ "u@o.x", "space u@o.x o.x", "o.x", false, "\"pattern\":\"o.x\"" },
};

START_TEST(explain_says_when_a_key_leaves)
{
	struct policy_message none = { .time = -1 };
	struct view_question q = { .address = leavings[_i].address,
		.message = none };
	struct view_pending pending = { 0 };
	struct buf out = { 0 };
	struct json j = { .out = &out };
	struct world w;
	struct view *view;
	struct rib *rib;
	char *text;

	world_init(&w);
	world_say(&w, WORLD);
	view = view_new(&w.in);
	rib = view_rib(view, NULL, &pending);
	view_free(view);
	rib_number(rib, NULL, false);
	for (size_t i = 0; i < rib->n; i++)
		if (strcmp(rib->routes[i].pattern, leavings[_i].pattern) == 0) {
			rib->routes[i].leaves = 1800000000;
			rib->routes[i].over = leavings[_i].over;
		}
	world_say(&w, leavings[_i].more);
	view = view_new(&w.in);
	q.rib = rib;
	ck_assert(view_explain(&j, view, &q));
	text = buf_string(&out);
	ck_assert_msg(strstr(text, leavings[_i].want) != NULL, "%s", text);
	ck_assert_msg(
	    strstr(text, "\"leaves\":1800000000,") != NULL, "%s", text);
	mem_free(text);
	rib_free(rib);
	view_pending_done(&pending);
	view_free(view);
	world_done(&w);
}
END_TEST

/* As the MTA beside us takes them off. */
START_TEST(explain_takes_extensions_off)
{
	struct policy_message none = { .time = -1 };
	struct view_question q = { .address = "Boss+X@b.x", .message = none };
	const char *pattern =
	    _i == 0 ? "\"pattern\":\"b.x\"" : "\"pattern\":\"boss@b.x\"";
	struct view_pending pending = { 0 };
	struct buf out = { 0 };
	struct json j = { .out = &out };
	struct mta mta;
	struct world w;
	struct view *view;
	struct rib *rib;
	char *text;

	mta_init(&mta);
	snprintf(
	    mta.delimiters, sizeof(mta.delimiters), "%s", _i == 0 ? "-" : "-+");
	world_init(&w);
	world_say(&w, WORLD ";space boss@b.x c.x");
	w.in.mta = &mta;
	view = view_new(&w.in);
	rib = view_rib(view, NULL, &pending);
	rib_number(rib, NULL, false);
	q.rib =
	    _i == 1 ? rib : NULL; /* both of what is published and computed */
	ck_assert(view_explain(&j, view, &q));
	text = buf_string(&out);
	ck_assert_msg(strstr(text, pattern) != NULL, "%s", text);
	mem_free(text);
	rib_free(rib);
	view_pending_done(&pending);
	view_free(view);
	world_done(&w);
	mta_done(&mta);
}
END_TEST

START_TEST(export)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };
	struct world w;
	struct view *view;
	char *text;

	world_init(&w);
	world_say(&w, WORLD);
	view = view_new(&w.in);
	view_export(&j, view);
	text = buf_string(&out);
	ck_assert_str_eq(text,
	    "{\"format\":\"lsrd-topology/1\",\"organization\":\"example\","
	    "\"servers\":["
	    "{\"name\":\"a.x\",\"routing_group\":\"g\",\"state\":\"up\"},"
	    "{\"name\":\"b.x\",\"routing_group\":\"g\",\"state\":\"up\"},"
	    "{\"name\":\"c.x\",\"routing_group\":\"h\",\"state\":\"up\"},"
	    "{\"name\":\"l.x\",\"routing_group\":\"l\",\"state\":\"drain\","
	    "\"away\":true},"
	    "{\"name\":\"o.x\",\"routing_group\":\"o\",\"state\":\"down\","
	    "\"away\":true},"
	    "{\"name\":\"m.x\",\"routing_group\":\"l\",\"state\":\"drain\","
	    "\"away\":true},"
	    "{\"name\":\"n.x\",\"routing_group\":\"l\",\"state\":\"drain\","
	    "\"away\":true}],"
	    "\"connectors\":["
	    "{\"name\":\"ac@a.x\",\"server\":\"a.x\",\"to\":[\"c.x\"],"
	    "\"cost\":10,\"state\":\"up\",\"routing_group\":\"h\","
	    "\"max_message_size\":1000},"
	    "{\"name\":\"ac@b.x\",\"server\":\"b.x\",\"to\":[\"c.x\"],"
	    "\"cost\":65535,\"state\":\"drain\",\"routing_group\":\"h\"},"
	    "{\"name\":\"cx\",\"server\":\"c.x\",\"to\":[\"l.x\",\"m.x\"],"
	    "\"cost\":10,\"state\":\"up\",\"routing_group\":\"l\"},"
	    "{\"name\":\"cx:n.x\",\"server\":\"c.x\",\"to\":[\"n.x\"],"
	    "\"cost\":14,\"state\":\"down\",\"routing_group\":\"l\"}],"
	    "\"address_spaces\":["
	    "{\"pattern\":\".x\",\"server\":\"c.x\",\"cost\":3},"
	    "{\"pattern\":\"a.x\",\"server\":\"a.x\",\"cost\":0,"
	    "\"relay\":true},"
	    "{\"pattern\":\"b.x\",\"server\":\"b.x\",\"cost\":0,"
	    "\"fallback\":true},"
	    "{\"pattern\":\"l.x\",\"server\":\"l.x\",\"cost\":0},"
	    "{\"pattern\":\"o.x\",\"server\":\"o.x\",\"cost\":0,"
	    "\"state\":\"down\"},"
	    "{\"pattern\":\"p.x\",\"server\":\"c.x\",\"cost\":0,"
	    "\"scope\":\"routing-group\"},"
	    "{\"pattern\":\"w.x\",\"server\":\"a.x\",\"cost\":0}]}\n");
	mem_free(text);
	view_free(view);
	world_done(&w);
}
END_TEST

static char *
exported(struct world *w)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };
	struct view *view = view_new(&w->in);

	view_export(&j, view);
	view_free(view);
	return buf_string(&out);
}

/* What it has besides. */
static const struct {
	const char *what, *more, *part;
} exports[] = {
	{ "where a server is", "",
	    "{\"name\":\"b.x\",\"routing_group\":\"g\",\"state\":\"up\","
	    "\"position\":[2.35,48.85]}," },
	{ "strangers by name, each once, in the first group of theirs",
	    "connector s1 c.x y m.x=5+ z.x=5+;"
	    "connector s2 c.x k a9.x=5+ z.x=5+",
	    "{\"name\":\"a9.x\",\"routing_group\":\"k\",\"state\":\"drain\","
	    "\"away\":true},"
	    "{\"name\":\"m.x\",\"routing_group\":\"l\",\"state\":\"drain\","
	    "\"away\":true},"
	    "{\"name\":\"n.x\",\"routing_group\":\"l\",\"state\":\"drain\","
	    "\"away\":true},"
	    "{\"name\":\"z.x\",\"routing_group\":\"k\",\"state\":\"drain\","
	    "\"away\":true}]" },
};

/* b.x, once more, from where it is. */
static void
somewhere(struct world *w)
{
	char group[] = "g", name[] = "a.x", *neighbours[] = { name };
	struct lsa_server s = { .group = group,
		.neighbours = neighbours,
		.nneighbours = 1,
		.position = { { 2350000, 48850000 }, 2 } };
	struct buf body = { 0 };

	lsa_server_encode(&body, &s);
	world_install(w, &(struct lsa_key){ "b.x", "", LSA_SERVER }, &body);
	buf_done(&body);
}

START_TEST(export_has)
{
	struct world w;
	char *text;

	world_init(&w);
	world_say(&w, WORLD);
	somewhere(&w);
	world_say(&w, exports[_i].more);
	text = exported(&w);
	ck_assert_msg(strstr(text, exports[_i].part) != NULL, "%s: %s",
	    exports[_i].what, text);
	mem_free(text);
	world_done(&w);
}
END_TEST

/* Whom our connector has found stands where the next one would: with who is up.
 * What another server's is like we cannot know. */
START_TEST(export_any)
{
	struct world w;
	struct setup_connector *own;
	char *text;

	world_init(&w);
	world_say(&w,
	    "self a.x g;server a.x g nbr b.x up b.x;server b.x h nbr a.x;"
	    "server c.x h;server d.x h;connector ah a.x h b.x=7- c.x=10+ "
	    "d.x=10-;connector bg b.x g a.x=10+");
	own = &w.setup.connectors[0];
	own->any = true;
	own->bridgeheads[0].found = own->bridgeheads[1].found = true;
	text = exported(&w);
	ck_assert_msg(
	    strstr(text, "{\"name\":\"ah:c.x\",\"server\":\"a.x\","
			 "\"to\":[\"c.x\"],\"bridgehead\":\"any\",") != NULL,
	    "%s", text);
	ck_assert_ptr_null(strstr(strstr(text, "\"any\"") + 1, "\"any\""));
	mem_free(text);
	own->bridgeheads[1].found = false; /* he is down who was found */
	text = exported(&w);
	ck_assert_ptr_null(strstr(text, "\"any\""));
	mem_free(text);
	own->any = false;
	own->bridgeheads[1].found = true;
	text = exported(&w);
	ck_assert_ptr_null(strstr(text, "\"any\""));
	mem_free(text);
	world_done(&w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("view, told");
	TCase *tc = tcase_create("json");

	tcase_add_loop_test(tc, explain, 0, COUNT(questions));
	tcase_add_loop_test(tc, explain_takes_extensions_off, 0, 3);
	tcase_add_loop_test(
	    tc, explain_says_when_a_key_leaves, 0, COUNT(leavings));
	tcase_add_test(tc, export);
	tcase_add_loop_test(tc, export_has, 0, COUNT(exports));
	tcase_add_test(tc, export_any);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
