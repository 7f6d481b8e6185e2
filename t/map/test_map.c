/*
 * test_map.c - what lsrd-map decides without a socket: which questions are
 * some, what becomes of them, and whose requests are answered.
 */

#include <stdio.h>
#include <string.h>

#include "map/gate.h"
#include "map/query.h"
#include "t/tap.h"

/* `words` NULL: refused; `why` NULL then: there is no such path. */
static const struct {
	const char *target, *words, *why;
} queries[] = {
	{ "/api/status", "status", NULL },
	{ "/api/topology", "export|json", NULL },
	{ "/api/status?", "status", NULL },
	{ "/api/status?x=y", NULL, "no such parameter here" },
	{ "/api/statu", NULL, NULL },
	{ "/api/status/", NULL, NULL },
	{ "/api/", NULL, NULL },
	{ "/apistatus", NULL, NULL },
	{ "/api/reload", NULL, NULL },
	{ "/api/explain?address=jo%40oslo.example",
	    "explain|--ways|--|jo@oslo.example", NULL },
	{ "/api/explain?from=a&address=-x", "explain|--ways|--from|a|--|-x",
	    NULL },
	{ "/api/explain", NULL, "a parameter is missing" },
	{ "/api/explain?from=a", NULL, "a parameter is missing" },
	{ "/api/explain?address=", NULL, "a value has another form" },
	{ "/api/explain?address=a&address=b", NULL,
	    "a parameter stands twice" },
	{ "/api/explain?address=a%00b", NULL,
	    "a value is too long, or no text" },
	{ "/api/explain?address=a%0ab", NULL,
	    "a value is too long, or no text" },
	{ "/api/explain?address=%ff", NULL, "a value is too long, or no text" },
	{ "/api/explain?address=%4", NULL, "a value is too long, or no text" },
	{ "/api/explain?address=%zz", NULL, "a value is too long, or no text" },
	{ "/api/explain?address=a+b%c3%a9", "explain|--ways|--|a b\xc3\xa9",
	    NULL },
	{ "/api/simulate", "simulate", NULL },
	{ "/api/simulate?cut=a&cut=b&drain=c",
	    "simulate|--cut|a|--cut|b|--drain|c", NULL },
	{ "/api/simulate?cost=to-oslo:30", "simulate|--cost|to-oslo=30", NULL },
	{ "/api/simulate?cost=a:b=7", "simulate|--cost|a:b=7", NULL },
	{ "/api/simulate?cost=a", NULL, "a value has another form" },
	{ "/api/simulate?cost=:5", NULL, "a value has another form" },
	{ "/api/simulate?cost=a:123456", NULL, "a value has another form" },
	{ "/api/simulate?cut=--topology", "simulate|--cut|--topology", NULL },
	{ "/api/simulate?cu=a", NULL, "no such parameter here" },
	{ "/api/simulate?cut", NULL, "no such parameter here" },
	{ "/api/simulate?cut=a&&", NULL, "no such parameter here" },
	{ "/api/events?since=1796003269.78&until=1796003270&limit=5",
	    "events|--since|1796003269|--until|1796003270|--last|5", NULL },
	{ "/api/events?since=2h", NULL, "a value has another form" },
	{ "/api/events?since=1.5.5", NULL, "a value has another form" },
	{ "/api/events?limit=-1", NULL, "a value has another form" },
	{ "/api/events?folder=/etc", NULL, "no such parameter here" },
};

START_TEST(query)
{
	struct query q;
	char words[QUERY_OCTETS] = "";
	bool good = query_read(&q, queries[_i].target);

	for (size_t i = 0; good && i < q.n; i++) {
		strcat(words, i > 0 ? "|" : "");
		strcat(words, q.word[i]);
	}
	ck_assert_int_eq(good, queries[_i].words != NULL);
	if (good)
		ck_assert_str_eq(words, queries[_i].words);
	else if (queries[_i].why == NULL)
		ck_assert_ptr_null(q.why);
	else
		ck_assert_str_eq(q.why, queries[_i].why);
}
END_TEST

/* However many there are, and however long one is. */
START_TEST(bounds)
{
	static const char head[] = "/api/simulate?";
	struct query q;
	char target[QUERY_OCTETS + 64];
	size_t n = sizeof(head) - 1;

	memcpy(target, head, sizeof(head));
	while (n < 3900)
		n += (size_t)snprintf(target + n, 16, "cut=a&");
	target[n] = '\0';
	ck_assert(!query_read(&q, target));
	ck_assert_str_eq(q.why, "too many parameters");
	n = (size_t)snprintf(target, 64, "/api/simulate?cut=");
	memset(target + n, 'a', QUERY_VALUE);
	target[n + QUERY_VALUE - 1] = '\0';
	ck_assert(query_read(&q, target));
	target[n + QUERY_VALUE - 1] = 'a';
	target[n + QUERY_VALUE] = '\0';
	ck_assert(!query_read(&q, target));
	memset(target + n, 'a', sizeof(target) - n);
	target[QUERY_OCTETS] = '\0';
	ck_assert(!query_read(&q, target));
}
END_TEST

START_TEST(moments)
{
	double at = 0;

	ck_assert(query_moment("/x?time=1796003269.78", "time", &at));
	ck_assert(at > 1796003269.7 && at < 1796003269.8);
	ck_assert(!query_moment("/x?time=", "time", &at));
	ck_assert(!query_moment("/x?time=1e5", "time", &at));
	ck_assert(!query_moment("/x?time=nan", "time", &at));
	ck_assert(!query_moment("/x?time=1&time=2", "time", &at));
	ck_assert(!query_moment("/x", "time", &at));
}
END_TEST

static const char *const names[] = { "map.example.org" };

static const struct {
	struct gate_request request;
	bool may;
} requests[] = {
	{ { NULL, NULL, NULL, NULL }, true },
	{ { "127.0.0.1:8691", NULL, NULL, NULL }, true },
	{ { "evil.example", NULL, NULL, NULL }, false },
	{ { "localhost:8691", "http://localhost:8691", "same-origin", "cors" },
	    true },
	{ { "localhost:8691", "http://localhost:8692", NULL, NULL }, false },
	{ { "localhost:8691", "http://evil.example", NULL, NULL }, false },
	{ { "127.0.0.1:8691", "http://192.0.2.1:8691", NULL, NULL }, false },
	{ { "127.0.0.1:8691", "null", NULL, NULL }, false },
	{ { "127.0.0.1:8691", "ftp://127.0.0.1:8691", NULL, NULL }, false },
	{ { "127.0.0.1:8691", "https://map.example.org", NULL, NULL }, true },
	{ { "127.0.0.1:8691", "https://map.example.org.evil", NULL, NULL },
	    false },
	{ { "map.example.org", NULL, "none", "navigate" }, true },
	{ { "map.example.org", NULL, "cross-site", "navigate" }, true },
	{ { "map.example.org", NULL, "cross-site", "no-cors" }, false },
	{ { "map.example.org", NULL, "same-site", "cors" }, false },
	{ { "map.example.org", NULL, "cross-site", NULL }, false },
};

START_TEST(gate)
{
	ck_assert_int_eq(gate_judge(&requests[_i].request, names, 1) == NULL,
	    requests[_i].may);
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

int
main(void)
{
	Suite *suite = suite_create("map");
	TCase *all = tcase_create("map");

	tcase_add_loop_test(all, query, 0, COUNT(queries));
	tcase_add_test(all, bounds);
	tcase_add_test(all, moments);
	tcase_add_loop_test(all, gate, 0, COUNT(requests));
	suite_add_tcase(suite, all);
	return tap_run(suite);
}
