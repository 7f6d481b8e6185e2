/* The rule against loops: what a trace and the memory tell of a message. */

#include "core/trace/mark.h"

#include <stdlib.h>
#include <string.h>

#include "t/core/cheap.h"
#include "t/tap.h"

#define MINUTE UINT64_C(60000)
#define DAY (24 * 60 * MINUTE)
#define NOW (UINT64_C(1794787200) * 1000)

static const uint8_t message[CRYPTO_DIGEST] = { 'm' };

/* --- the window -------------------------------------------------------------- */

static const struct {
	unsigned received, limit;
	uint64_t ms;
} windows[] = {
	{ 0, 100, 15 * MINUTE },
	{ 1, 100, 15 * MINUTE },
	{ 12, 100, 15 * MINUTE },
	{ 13, 100, 15 * MINUTE * 9 / 8 },
	{ 16, 100, 15 * MINUTE * 3 / 2 },
	{ 20, 100, 30 * MINUTE },
	{ 28, 100, 60 * MINUTE },
	{ 68, 100, 32 * 60 * MINUTE },
	{ 72, 100, 2 * DAY },
	{ 71, 100, 2 * DAY - 4 * 60 * MINUTE },
	{ 73, 100, 2 * DAY },
	{ 99, 100, 2 * DAY },
	{ 4000000000, 100, 2 * DAY },
	{ 16, 50, 30 * MINUTE },
	{ 13, 1, 30 * MINUTE },
	{ 13, 0, 30 * MINUTE },
	{ 100, 0, 2 * DAY },
};

START_TEST(window)
{
	ck_assert_msg(mark_window_ms(windows[_i].received, windows[_i].limit) ==
			  windows[_i].ms,
	    "row %d: %llu", _i,
	    (unsigned long long)mark_window_ms(
		windows[_i].received, windows[_i].limit));
}
END_TEST

/* --- the rule ---------------------------------------------------------------- */

/*
 * A trace is words, the newest visit first: a letter, the generation in
 * force at the visit, the one before it, and how long ago: A76@15m. A is our
 * key and a our previous one, B is a next hop's, C another server's; X does
 * not stand. A letter alone is a visit by generation 1, a moment ago.
 * The present table is generation 7 of epoch 2; < is a visit of epoch 1,
 * > of epoch 3, ! one with other recipients; + and - at the end are a
 * millisecond more and less.
 */
static const struct {
	const char *what, *trace;
	unsigned received;
	enum mark_verdict verdict;
} rules[] = {
	{ "no trace", "", 1, MARK_PASSES },
	{ "others alone", "B77 C77", 3, MARK_PASSES },

	/* in force 31 s before the visit already */
	{ "settled", "C A77", 3, MARK_SETTLED },
	{ "settled, a later one", "C A98", 3, MARK_SETTLED },
	{ "not settled", "C A76", 3, MARK_PASSES },
	{ "an older epoch", "C A99<", 3, MARK_PASSES },
	{ "a later epoch", "C A11>", 3, MARK_SETTLED },
	{ "other recipients", "B A77!", 3, MARK_PASSES },
	{ "our previous key", "C a77", 3, MARK_SETTLED },
	{ "others' visits settled", "B77 A66", 3, MARK_PASSES },
	{ "our visit does not stand", "X", 2, MARK_PASSES },

	/* in force at the visit: what followed tells */
	{ "a next hop follows", "B A76", 3, MARK_SAME },
	{ "a next hop follows a later one", "B A86", 3, MARK_SAME },
	{ "a next hop, by an older table", "B A66", 3, MARK_PASSES },
	{ "a next hop, by an older epoch", "B A99<", 3, MARK_PASSES },
	{ "nothing follows", "A76", 2, MARK_SAME },
	{ "nothing follows, older table", "A66", 2, MARK_PASSES },
	{ "nothing follows, other recipients", "A76!", 2, MARK_PASSES },
	{ "we follow ourselves", "C A66! A76", 4, MARK_SAME },
	{ "our previous key follows", "C a66! A76", 4, MARK_SAME },
	{ "a next hop after another", "B C A76", 4, MARK_PASSES },
	{ "another after a next hop", "C B A76", 4, MARK_SAME },
	{ "a stranger's does not follow", "X A76", 3, MARK_SAME },
	{ "a stranger's between", "C X A76", 4, MARK_PASSES },

	/* the window */
	{ "of this moment", "A77@0m", 2, MARK_SETTLED },
	{ "from the future", "A77@0m-", 2, MARK_PASSES },
	{ "as old as counts", "A77@15m", 2, MARK_SETTLED },
	{ "too old", "A77@15m+", 2, MARK_PASSES },
	{ "as old as counts at 12", "A77@15m", 12, MARK_SETTLED },
	{ "too old at 12", "A77@15m+", 12, MARK_PASSES },
	{ "as old as counts at 20", "A77@30m", 20, MARK_SETTLED },
	{ "too old at 20", "A77@30m+", 20, MARK_PASSES },
	{ "as old as counts at 90", "A77@2880m", 90, MARK_SETTLED },
	{ "too old at 90", "A77@2880m+", 90, MARK_PASSES },

	/* three that count, by older tables */
	{ "two", "A55 A55@15m", 3, MARK_PASSES },
	{ "three", "A55 A55@1m A55@15m", 4, MARK_OFTEN },
	{ "three, one too old", "A55 A55@1m A55@15m+", 4, MARK_PASSES },
	{ "three at 20", "A55 A55@1m A55@30m", 20, MARK_OFTEN },
	{ "three at 20, one too old", "A55 A55 A55@30m+", 20, MARK_PASSES },
	{ "three, one of other recipients", "A55 A55! A55", 4, MARK_PASSES },
	{ "three, one another's", "A55 B55 A55", 4, MARK_PASSES },
	{ "three, others between", "A55 B55 A55 C55 B55 A55", 7, MARK_OFTEN },
	{ "three, with our previous key", "A55 a55 A55", 4, MARK_OFTEN },
	{ "three, one of the future", "A55 A55@0m- A55", 4, MARK_PASSES },
	{ "four", "A55 A55 A55 A55", 5, MARK_OFTEN },
	{ "three, one of them settled", "A55 A55 A77", 4, MARK_SETTLED },

	/* no reason */
	{ "long, all others'", "B77 B77 C77 B77 B77 C77", 99, MARK_PASSES },
	{ "came far", "", 99, MARK_PASSES },
};

/* The recipients by the secrets of our two keys, and others. */
static const uint8_t digests[3][MARK_RECIPIENTS] = { "current", "previous",
	"others" };

/* The visit of the word at `p`; returns what is behind it. */
static const char *
visit_read(const char *p, struct visit *v)
{
	uint64_t epoch = 2, age = 1;
	size_t list = *p == 'a';
	char *end;

	memset(v, 0, sizeof(*v));
	cheap_key(*p++, v->key);
	v->now.generation = v->before.generation = 1;
	if (*p >= '0' && *p <= '9') {
		v->now.generation = (uint64_t)(*p++ - '0');
		v->before.generation = (uint64_t)(*p++ - '0');
	}
	for (; *p != ' ' && *p != '\0'; p++) {
		if (*p == '@') {
			age = MINUTE * strtoul(p + 1, &end, 10);
			p = end; /* at the m */
		}
		epoch = *p == '<' ? 1 : *p == '>' ? 3 : epoch;
		age += *p == '+';
		age -= *p == '-';
		list = *p == '!' ? 2 : list;
	}
	v->now.epoch = v->before.epoch = epoch;
	v->time_ms = NOW - age;
	memcpy(v->recipients, digests[list], MARK_RECIPIENTS);
	return *p == ' ' ? p + 1 : p;
}

/* Signatures are test_mark's matter: all but those of X stand. */
static void
trace_read(struct mark_trace *trace, const char *words)
{
	for (const char *p = words; *p != '\0';) {
		struct mark_field field = { .stands = *p != 'X' };

		p = visit_read(p, &field.visit);
		vec_push(&trace->fields, field);
	}
}

static bool
is_next_hop(void *ctx, const uint8_t key[CRYPTO_DIGEST])
{
	uint8_t b[CRYPTO_DIGEST];

	(void)ctx;
	cheap_key('B', b);
	return memcmp(key, b, CRYPTO_DIGEST) == 0;
}

/* Of queue ids there is one that the message has passed. */
static bool
has_passed(void *ctx, const char *queue_id)
{
	(void)ctx;
	return strcmp(queue_id, "4cXyz1") == 0;
}

/* Of one recipient. */
static bool
since_seven(void *ctx, size_t i, struct mtable_version *out)
{
	(void)ctx;
	*out = (struct mtable_version){ 2, 7 };
	return i == 0;
}

static struct mark_present
present_of(unsigned received, const struct mark_memory *memory)
{
	struct mark_present p = { .time_ms = NOW,
		.nself = 2,
		.received = received,
		.hop_limit = 100,
		.memory = memory,
		.since = since_seven,
		.next_hop = is_next_hop,
		.passed = has_passed };

	memcpy(p.message, message, CRYPTO_DIGEST);
	for (size_t i = 0; i < 2; i++) {
		cheap_key("Aa"[i], p.self[i].key);
		memcpy(p.self[i].recipients, digests[i], MARK_RECIPIENTS);
	}
	return p;
}

START_TEST(rule)
{
	struct mark_trace trace = { 0 };
	struct mark_present present = present_of(rules[_i].received, NULL);
	enum mark_verdict verdict;

	trace_read(&trace, rules[_i].trace);
	verdict = mark_judge(&trace, &present);
	ck_assert_msg(verdict == rules[_i].verdict, "%s: %s", rules[_i].what,
	    mark_word(verdict));
	mark_trace_done(&trace);
}
END_TEST

/* Of several recipients the one whose route moved last tells. */
static const struct {
	const char *what, *trace;
	uint64_t since[3]; /* a generation of each; 0: there are no more */
	enum mark_verdict verdict;
} several[] = {
	{ "all long before", "A77", { 3, 5 }, MARK_SETTLED },
	{ "the last at the visit", "A75", { 3, 6 }, MARK_SAME },
	{ "the first at the visit", "A75", { 6, 3 }, MARK_SAME },
	{ "one since", "A66", { 3, 7, 4 }, MARK_PASSES },
	{ "the first since", "A66", { 7, 3, 4 }, MARK_PASSES },
	{ "an older table, all as they were", "A44", { 3, 4, 1 },
	    MARK_SETTLED },
	{ "so, and it went on another way", "C A43", { 3, 4, 1 }, MARK_PASSES },
};

static bool
since_each(void *ctx, size_t i, struct mtable_version *out)
{
	const uint64_t *since = ctx;

	*out = (struct mtable_version){ 2, i < 3 ? since[i] : 0 };
	return i < 3 && since[i] > 0;
}

START_TEST(recipients)
{
	struct mark_trace trace = { 0 };
	struct mark_present present = present_of(5, NULL);
	uint64_t since[3];
	enum mark_verdict verdict;

	memcpy(since, several[_i].since, sizeof(since));
	present.ctx = since;
	present.since = since_each;
	trace_read(&trace, several[_i].trace);
	verdict = mark_judge(&trace, &present);
	ck_assert_msg(verdict == several[_i].verdict, "%s: %s",
	    several[_i].what, mark_word(verdict));
	mark_trace_done(&trace);
}
END_TEST

/* With visits that are remembered, beside a trace. */
static const struct {
	const char *what, *trace, *memory;
	unsigned received;
	enum mark_verdict verdict;
} memories[] = {
	{ "taken off", "", "A76", 20, MARK_SAME },
	{ "taken off, settled", "", "A77", 20, MARK_SETTLED },
	{ "an older table", "", "A66", 20, MARK_PASSES },
	{ "not come far", "", "A76", 19, MARK_PASSES },
	{ "other recipients", "", "A76!", 20, MARK_PASSES },
	{ "as old as counts", "", "A77@30m", 20, MARK_SETTLED },
	{ "too old", "", "A77@30m+", 20, MARK_PASSES },
	{ "in the trace: what follows tells", "C A76@1m", "A76@1m", 20,
	    MARK_PASSES },
	{ "in the trace: counts once", "A55@1m A55@2m", "A55@1m A55@2m", 20,
	    MARK_PASSES },
	{ "in the trace, of other recipients", "C A76@1m!", "A76@1m", 20,
	    MARK_PASSES },
	{ "in the trace, but does not stand", "X76@1m", "A76@1m", 20,
	    MARK_SAME },
	{ "a third time", "A55@1m A55@2m", "A55@3m", 20, MARK_OFTEN },
	{ "our previous key", "", "a76", 20, MARK_SAME },
};

static void
memory_read(struct mark_memory *memory, const char *words, const char *queue_id)
{
	struct visit v;

	while (*words != '\0') {
		words = visit_read(words, &v);
		mark_memory_add(memory, &v, message, queue_id);
	}
}

START_TEST(remembered)
{
	struct mark_memory *memory = mark_memory_new();
	struct mark_trace trace = { 0 };
	struct mark_present present = present_of(memories[_i].received, memory);
	enum mark_verdict verdict;

	memory_read(memory, memories[_i].memory, "4cXyz1");
	trace_read(&trace, memories[_i].trace);
	verdict = mark_judge(&trace, &present);
	ck_assert_msg(verdict == memories[_i].verdict, "%s: %s",
	    memories[_i].what, mark_word(verdict));
	present.message[0] ^= 1;
	verdict = mark_judge(&trace, &present);
	ck_assert_msg(verdict == MARK_PASSES, "%s: another message: %s",
	    memories[_i].what, mark_word(verdict));
	mark_trace_done(&trace);
	mark_memory_free(memory);
}
END_TEST

/* What is remembered, but of another queue file: another copy. */
static const struct {
	const char *queue_id;
	enum mark_verdict verdict;
} queue_ids[] = {
	{ "4cXyz1", MARK_SAME }, { "4cXyz2", MARK_PASSES }, { "", MARK_PASSES },
	{ "00000000000000000000000000000000", MARK_PASSES }, /* too long */
};

START_TEST(other_copies)
{
	struct mark_memory *memory = mark_memory_new();
	struct mark_trace trace = { 0 };
	struct mark_present present = present_of(20, memory);

	memory_read(memory, "A76", queue_ids[_i].queue_id);
	ck_assert_int_eq(mark_judge(&trace, &present), queue_ids[_i].verdict);
	mark_memory_free(memory);
}
END_TEST

/* The oldest goes when there is no room, and no other. */
START_TEST(memory_is_bounded)
{
	struct mark_memory *memory = mark_memory_new();
	struct mark_trace trace = { 0 };
	struct mark_present present = present_of(20, memory);

	memory_read(memory, "A76", "4cXyz1");
	for (size_t i = 1; i < LIMIT_MARK_MEMORY; i++)
		memory_read(memory, "B", "4cXyz1");
	ck_assert_int_eq(mark_judge(&trace, &present), MARK_SAME);
	memory_read(memory, "B", "4cXyz1");
	ck_assert_int_eq(mark_judge(&trace, &present), MARK_PASSES);
	mark_memory_free(memory);
}
END_TEST

/* From this host itself: whether the newest is taken back, and the verdict. */
static const struct {
	const char *what, *trace, *memory;
	unsigned received;
	bool returns;
	enum mark_verdict verdict;
} returns[] = {
	{ "no trace", "", "", 1, false, MARK_PASSES },
	{ "back from the filter", "A77", "", 2, true, MARK_PASSES },
	{ "by an older table", "A55", "", 2, true, MARK_PASSES },
	{ "our previous key", "a77", "", 2, true, MARK_PASSES },
	{ "a stranger's on top", "X A77", "", 2, true, MARK_PASSES },
	{ "very long ago", "A77@2880m+", "", 2, true, MARK_PASSES },
	{ "from the next hop", "B A77", "", 3, false, MARK_SETTLED },
	{ "other recipients", "A77!", "", 2, false, MARK_PASSES },
	{ "others, ours below", "A77! A77", "", 3, false, MARK_SETTLED },
	{ "there and back, by an older table", "A77 B55 A55", "", 4, true,
	    MARK_PASSES },
	{ "a loop before", "A77 B77 A77", "", 4, true, MARK_SETTLED },
	{ "the third stay", "A77 B55 A55 B55 A55", "", 6, true, MARK_PASSES },
	{ "the fourth", "A77 B55 A55 B55 A55 B55 A55", "", 8, true,
	    MARK_OFTEN },
	{ "remembered", "A77@1m", "A77@1m", 20, true, MARK_PASSES },
	{ "and the one before it", "A77@1m", "A77@2m A77@1m", 20, true,
	    MARK_SETTLED },
};

START_TEST(own_filter)
{
	struct mark_memory *memory = mark_memory_new();
	struct mark_trace trace = { 0 };
	struct mark_present present = present_of(returns[_i].received, memory);
	const struct visit *taken;
	enum mark_verdict verdict;

	memory_read(memory, returns[_i].memory, "4cXyz1");
	trace_read(&trace, returns[_i].trace);
	taken = mark_trace_return(&trace, &present);
	ck_assert_msg(
	    (taken != NULL) == returns[_i].returns, "%s", returns[_i].what);
	ck_assert(taken == NULL || taken != mark_trace_newest(&trace));
	verdict = mark_judge(&trace, &present);
	ck_assert_msg(verdict == returns[_i].verdict, "%s: %s",
	    returns[_i].what, mark_word(verdict));
	mark_trace_done(&trace);
	mark_memory_free(memory);
}
END_TEST

static bool
counts_asked(void *ctx, const char *queue_id)
{
	(void)queue_id;
	(*(unsigned *)ctx)++;
	return false;
}

/* One message, sent again and again, fills it: the path of each further one
 * is not searched for all of that. The newest are asked for. */
START_TEST(memory_asks_few)
{
	struct mark_memory *memory = mark_memory_new();
	struct mark_trace trace = { 0 };
	struct mark_present present = present_of(20, memory);
	unsigned asked = 0;

	for (size_t i = 0; i < LIMIT_MARK_MEMORY; i++)
		memory_read(memory, "A76", "4cXyz2");
	present.ctx = &asked;
	present.passed = counts_asked;
	ck_assert_int_eq(mark_judge(&trace, &present), MARK_PASSES);
	ck_assert_uint_eq(asked, LIMIT_TRACE_FIELDS);
	memory_read(memory, "A76", "4cXyz1");
	present.passed = has_passed;
	ck_assert_int_eq(mark_judge(&trace, &present), MARK_SAME);
	mark_memory_free(memory);
}
END_TEST

/* Nor are the routes of all recipients asked for more often than decides. */
static bool
no_next_hop(void *ctx, const uint8_t key[CRYPTO_DIGEST])
{
	(void)key;
	(*(unsigned *)ctx)++;
	return false;
}

START_TEST(routes_are_asked_few)
{
	struct mark_trace trace = { 0 };
	struct mark_present present = present_of(20, NULL);
	unsigned asked = 0;

	for (int i = 0; i < 60; i++)
		trace_read(&trace, "B11 A76");
	present.ctx = &asked;
	present.next_hop = no_next_hop;
	ck_assert_int_eq(mark_judge(&trace, &present), MARK_OFTEN);
	ck_assert_uint_eq(asked, 3);
	mark_trace_done(&trace);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("mark_rule");
	TCase *tc = tcase_create("mark_rule");

	tcase_add_loop_test(tc, window, 0, ROWS(windows));
	tcase_add_loop_test(tc, rule, 0, ROWS(rules));
	tcase_add_loop_test(tc, recipients, 0, ROWS(several));
	tcase_add_loop_test(tc, remembered, 0, ROWS(memories));
	tcase_add_loop_test(tc, other_copies, 0, ROWS(queue_ids));
	tcase_add_test(tc, memory_is_bounded);
	tcase_add_test(tc, memory_asks_few);
	tcase_add_loop_test(tc, own_filter, 0, ROWS(returns));
	tcase_add_test(tc, routes_are_asked_few);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
