/*
 * test_retry.c - what is asked of the MTA's queue, and how often; the MTA
 * here is three local sockets that note what they are told. The real one is
 * in t/system/publish-mail.sh.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "base/mem.h"
#include "base/rc.h"
#include "io/listing.h"
#include "io/retry.h"
#include "io/retry_set.h"
#include "sys/clock.h"
#include "t/tap.h"
#include "t/temp.h"

static char dir[TEMP_FOLDER];
static struct event_base *base;
static struct evconnlistener *listeners[3];
static struct sink *sink;
static struct retry *retry;
static int lists, ones, alls;
static int messages; /* in the queue */
static int slow_s;   /* so long an asked one takes; 0: none */

/* The listing is `I RECIPIENT` octets; each message is for a@paris.example,
 * but the odd ones for b+x@tokyo.example. */
static int
feed(void *state, const uint8_t *octets, size_t n, plugin_found *found,
    void *ctx)
{
	(void)state;
	for (size_t i = 0; i < n; i++) {
		char id[16];
		struct plugin_queued one = { .id = id, .deferred = true };

		snprintf(id, sizeof(id), "%c%d", octets[i], ++*(int *)state);
		one.recipient =
		    octets[i] == 'p' ? "a@paris.example" : "b+x@tokyo.example";
		found(ctx, &one);
	}
	return RC_OK;
}

static void
put_one(struct buf *out, const char *id)
{
	buf_text(out, id);
}

static void
put_all(struct buf *out)
{
	buf_text(out, "all");
}

static const struct plugin_queue queue = {
	.name = "test",
	.list = "list",
	.one = "one",
	.all = "all",
	.state_size = sizeof(int),
	.feed = feed,
	.put_one = put_one,
	.put_all = put_all,
};

static void
on_said(struct bufferevent *bev, void *arg)
{
	(void)arg;
	bufferevent_free(bev);
}

static void
on_end(struct bufferevent *bev, short what, void *arg)
{
	(void)what;
	(void)arg;
	bufferevent_free(bev);
}

static void
on_client(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa, int n, void *arg)
{
	struct bufferevent *bev =
	    bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	int *count = arg;

	(void)listener;
	(void)sa;
	(void)n;
	++*count;
	if (count != &lists) {
		struct timeval slow = { .tv_sec = slow_s };

		bufferevent_setcb(
		    bev, slow_s > 0 ? NULL : on_said, NULL, on_end, NULL);
		if (slow_s > 0)
			bufferevent_set_timeouts(bev, &slow, NULL);
		bufferevent_enable(bev, EV_READ);
		return;
	}
	for (int i = 0; i < messages; i++)
		bufferevent_write(bev, i % 2 == 0 ? "p" : "t", 1);
	bufferevent_setcb(bev, NULL, on_said, on_end, NULL);
	bufferevent_enable(bev, EV_WRITE);
	if (messages == 0)
		bufferevent_free(bev);
}

static void
on_line(void *ctx, int priority, const char *line)
{
	(void)ctx;
	(void)priority;
	(void)line;
}

static void
begin(void)
{
	static const char *const names[] = { "list", "one", "all" };
	int *const counts[] = { &lists, &ones, &alls };

	temp_make(dir);
	base = event_base_new();
	for (int i = 0; i < 3; i++) {
		struct sockaddr_un sun = { .sun_family = AF_UNIX };

		snprintf(
		    sun.sun_path, sizeof(sun.sun_path), "%s/%s", dir, names[i]);
		listeners[i] = evconnlistener_new_bind(base, on_client,
		    counts[i], LEV_OPT_CLOSE_ON_FREE, 16,
		    (const struct sockaddr *)&sun, sizeof(sun));
		ck_assert_ptr_nonnull(listeners[i]);
		*counts[i] = 0;
	}
	sink = sink_new(on_line, NULL);
	retry = retry_new(base, sink, &queue);
	retry_directory(retry, dir);
}

static void
end(void)
{
	retry_free(retry);
	for (int i = 0; i < 3; i++)
		evconnlistener_free(listeners[i]);
	sink_free(sink);
	event_base_free(base);
	temp_end(dir);
}

static void
run_for(int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };

	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
}

/* Until it is so many, and then a while for one too many. */
static void
run_until(const int *count, int n)
{
	struct mono begin = clock_mono();

	while (*count < n && mono_since(begin, clock_mono()) < 30000)
		run_for(50);
	run_for(500);
	ck_assert_int_eq(*count, n);
}

START_TEST(asks_for_the_moved_only)
{
	messages = 6;
	retry_pattern(retry, "paris.example");
	retry_pattern(retry, ".example.org");
	run_until(&ones, 3);
	ck_assert_int_eq(lists, 1);
	ck_assert_int_eq(alls, 0);
}
END_TEST

/* As the MTA does, where it has extensions. */
START_TEST(takes_extensions_off)
{
	messages = 6;
	retry_pattern(retry, "b@tokyo.example");
	if (_i == 1) {
		struct mta mta;

		mta_init(&mta);
		snprintf(mta.queue_directory, sizeof(mta.queue_directory), "%s",
		    dir);
		snprintf(mta.delimiters, sizeof(mta.delimiters), "-+");
		retry_told(retry, &mta);
	}
	run_until(&lists, 1);
	run_until(&ones, _i == 1 ? 3 : 0);
}
END_TEST

START_TEST(asks_for_all_when_many)
{
	messages = 3 * RETRY_MAX;
	retry_pattern(retry, "*");
	run_until(&alls, 1);
	ck_assert_int_eq(ones, 0);
}
END_TEST

START_TEST(is_rate_limited)
{
	messages = 2;
	for (int i = 0; i < 12; i++) {
		retry_pattern(retry, "paris.example");
		run_for(200);
	}
	ck_assert_int_eq(lists, 3);
	ck_assert_int_eq(ones, 3);
}
END_TEST

/* After the first began: what the MTA remembers is older than that, however
 * long the first one took. */
START_TEST(comes_again_after_31_s)
{
	struct mono since = clock_mono();

	messages = 2;
	slow_s = 12;
	retry_pattern(retry, "paris.example");
	run_for(RETRY_AGAIN_MS - 5000);
	ck_assert_int_eq(ones, 1);
	slow_s = 0;
	run_until(&ones, 2);
	ck_assert_int_eq(lists, 2);
	ck_assert_uint_lt(
	    mono_since(since, clock_mono()), RETRY_AGAIN_MS + 12000);
}
END_TEST

static void
put(struct tree *set, uint64_t ms)
{
	struct retry_entry *entry = mem_new(sizeof(*entry), 0, 0);

	entry->pattern = mem_str("paris.example");
	entry->at.ms = ms;
	retry_set_put(set, entry);
}

/* It has moved once more before its second round. */
START_TEST(the_later_time_counts)
{
	struct tree set = { 0 };
	uint64_t now = clock_mono().ms;

	put(&set, now + 100000);
	put(&set, now + 300000);
	put(&set, now + 200000);
	ck_assert_uint_eq(set.n, 1);
	ck_assert_uint_gt(retry_set_wait(&set), 200000);
	retry_set_clear(&set);
}
END_TEST

START_TEST(a_missing_socket_does_no_harm)
{
	messages = 2;
	retry_directory(retry, "/nonexistent");
	retry_pattern(retry, "paris.example");
	run_for(300);
	retry_directory(retry, dir);
	retry_pattern(retry, "paris.example");
	run_until(&ones, 1);
}
END_TEST

START_TEST(follows_the_queue)
{
	messages = 2;
	retry_directory(retry, "/nonexistent");
	retry_pattern(retry, "paris.example");
	run_for(300);
	ck_assert_int_eq(ones, 0);
	retry_moved(retry, "/nonexistent"); /* it is where it was */
	run_for(300);
	ck_assert_int_eq(lists, 0);
	retry_moved(retry, dir);
	run_until(&ones, 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("retry");
	TCase *tc = tcase_create("retry");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, asks_for_the_moved_only);
	tcase_add_loop_test(tc, takes_extensions_off, 0, 2);
	tcase_add_test(tc, asks_for_all_when_many);
	tcase_add_test(tc, is_rate_limited);
	tcase_add_test(tc, comes_again_after_31_s);
	tcase_add_test(tc, the_later_time_counts);
	tcase_add_test(tc, a_missing_socket_does_no_harm);
	tcase_add_test(tc, follows_the_queue);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
