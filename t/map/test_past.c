/*
 * test_past.c - what lsrd-map keeps of topologies: each moment gives the
 * document of then, over many files, after a new start, and after a disk that
 * has lost something; and never more octets than it may have.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "map/past.h"
#include "map/state.h"
#include "t/tap.h"
#include "t/temp.h"

#define SERVERS 40
#define MOMENTS 400
#define FIRST UINT64_C(1796003269000)

static char dir[TEMP_FOLDER];

/* The document of a moment: one server less now and then, costs that move. */
static json_t *
document_of(unsigned moment)
{
	json_t *servers = json_array(), *connectors = json_array();

	for (unsigned i = 0; i < SERVERS; i++) {
		char name[32];

		if (i == moment % SERVERS && moment % 3 == 0)
			continue;
		snprintf(name, sizeof(name), "mx%u.example.org", i);
		json_array_append_new(
		    servers, json_pack("{s:s,s:s}", "name", name, "state",
				 i < moment % 7 ? "drain" : "up"));
		json_array_append_new(connectors,
		    json_pack("{s:s,s:i}", "name", name, "cost",
			(int)(i == moment % SERVERS ? moment : 10)));
	}
	return json_pack("{s:s,s:o,s:o,s:[{s:s,s:s},{s:s,s:s,s:i}]}", "format",
	    "lsrd-topology/1", "servers", servers, "connectors", connectors,
	    "address_spaces", "pattern", "a.b", "server", "x", "pattern", "a.b",
	    "server", "x", "cost", (int)(moment / 100));
}

static void
take(struct past *past, unsigned moment)
{
	json_t *document = document_of(moment);
	char *text = json_dumps(document, JSON_COMPACT);

	past_take(past, text, strlen(text), FIRST + 1000 * (uint64_t)moment);
	free(text);
	json_decref(document);
}

/* Whether it is known as it was, in whatever order. */
static bool
knows(const struct past *past, unsigned moment)
{
	struct state was, is;
	struct buf out = { 0 };
	json_t *document, *found, *differs;
	bool same;

	if (!past_at(past, (double)FIRST / 1000 + moment + 0.5, &out))
		return false;
	found = json_loadb((char *)out.p, out.n, 0, NULL);
	document = document_of(moment);
	ck_assert(state_read(&was, document) && state_read(&is, found));
	differs = state_differs(&was, &is);
	same = differs == NULL;
	json_decref(differs);
	state_done(&was);
	state_done(&is);
	json_decref(document);
	json_decref(found);
	buf_done(&out);
	return same;
}

static void
past_set(void)
{
	temp_make(dir);
}

static void
past_clear(void)
{
	temp_end(dir);
}

START_TEST(every_moment_is_there)
{
	struct past *past = past_new(dir, PAST_OCTETS);

	ck_assert(!knows(past, 0));
	for (unsigned i = 0; i < MOMENTS; i++) {
		if (i == MOMENTS / 2) { /* a new start */
			past_free(past);
			past = past_new(dir, PAST_OCTETS);
		}
		take(past, i);
	}
	for (unsigned i = 0; i < MOMENTS; i += 13)
		ck_assert_msg(knows(past, i), "moment %u", i);
	past_free(past);
	past = past_new(dir, PAST_OCTETS);
	ck_assert(knows(past, MOMENTS / 3) && knows(past, MOMENTS - 1));
	past_free(past);
}
END_TEST

/* The newest are there, and the oldest have gone for them. */
START_TEST(octets_are_bounded)
{
	struct past *past = past_new(dir, 400000);
	struct buf out = { 0 };
	json_t *extent;

	for (unsigned i = 0; i < 3 * MOMENTS; i++)
		take(past, i);
	past_extent(past, &out);
	extent = json_loadb((char *)out.p, out.n, 0, NULL);
	ck_assert_int_le(
	    json_integer_value(json_object_get(extent, "octets")), 400000);
	ck_assert(knows(past, 3 * MOMENTS - 1));
	ck_assert(!knows(past, 0));
	json_decref(extent);
	buf_done(&out);
	past_free(past);
}
END_TEST

static void
newest(char path[TEMP_FOLDER + 64])
{
	snprintf(path, TEMP_FOLDER + 64, "%s/topology.%llu", dir,
	    (unsigned long long)FIRST);
}

/* Cut in the last line: what was before is there, and what comes after. */
START_TEST(a_torn_end_costs_itself)
{
	struct past *past = past_new(dir, PAST_OCTETS);
	char path[TEMP_FOLDER + 64];
	struct stat st;

	for (unsigned i = 0; i < 5; i++)
		take(past, i);
	past_free(past);
	newest(path);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, st.st_size - 7), 0);
	past = past_new(dir, PAST_OCTETS);
	ck_assert(knows(past, 3));
	take(past, 5);
	ck_assert(knows(past, 3) && knows(past, 5) && !knows(past, 4));
	past_free(past);
	ck_assert_int_eq(truncate(path, 0), 0);
	past = past_new(dir, PAST_OCTETS);
	ck_assert(!knows(past, 3) && knows(past, 5));
	past_free(past);
}
END_TEST

START_TEST(nobody_looked)
{
	struct past *past = past_new(dir, PAST_OCTETS);
	struct buf out = { 0 };

	take(past, 0);
	past_away(past, true, FIRST + 1000);
	past_away(past, false, FIRST + 5000);
	ck_assert(past_at(past, (double)FIRST / 1000 + 2, &out));
	buf_u8(&out, 0);
	ck_assert_ptr_nonnull(strstr((char *)out.p, "\"away\":true"));
	buf_reset(&out);
	ck_assert(past_at(past, (double)FIRST / 1000 + 6, &out));
	buf_u8(&out, 0);
	ck_assert_ptr_nonnull(strstr((char *)out.p, "\"away\":false"));
	buf_done(&out);
	past_free(past);
}
END_TEST

/* What is none of ours is left alone. */
START_TEST(foreign_files_are_left)
{
	char path[TEMP_FOLDER + 64];
	struct past *past;

	snprintf(path, sizeof(path), "%s/topology.x", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	past = past_new(dir, PAST_OCTETS);
	past_take(past, "[]", 2, FIRST);
	past_take(past, "{", 1, FIRST);
	past_take(past, "{\"servers\":1}", 13, FIRST);
	ck_assert(!knows(past, 0));
	take(past, 1);
	ck_assert(knows(past, 1));
	past_free(past);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("past");
	TCase *all = tcase_create("past");

	tcase_add_checked_fixture(all, past_set, past_clear);
	tcase_add_test(all, every_moment_is_there);
	tcase_add_test(all, octets_are_bounded);
	tcase_add_test(all, a_torn_end_costs_itself);
	tcase_add_test(all, nobody_looked);
	tcase_add_test(all, foreign_files_are_left);
	suite_add_tcase(suite, all);
	return tap_run(suite);
}
