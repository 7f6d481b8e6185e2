/*
 * test_serve.c - the publisher itself, spoken to in the frames of wire.h: what
 * it makes of differences from a table that it does not have.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rc.h"
#include "publish/copy.h"
#include "publish/wire.h"
#include "t/publish/seen.h"
#include "t/tap.h"
#include "t/temp.h"

static char dir[TEMP_FOLDER], tables[80];
static int fd;
static pid_t pid;

static void
begin(void)
{
	const char *build = getenv("top_builddir");
	char program[512];
	int pair[2];

	temp_make(dir);
	snprintf(tables, sizeof(tables), "%s/postfix", dir);
	snprintf(program, sizeof(program), "%s/lsrd-publish",
	    build == NULL ? "." : build);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pair[1], STDIN_FILENO);
		close(pair[0]);
		close(pair[1]);
		execl(program, program, "--tables", tables, "--state", dir,
		    "--mta", "postfix", (char *)NULL);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	close(pair[1]);
	fd = pair[0];
}

static void
end(void)
{
	close(fd);
	waitpid(pid, NULL, 0);
	temp_end(dir);
}

static void
say(struct buf *frames)
{
	ck_assert_int_eq(write(fd, frames->p, frames->n), (int)frames->n);
	buf_done(frames);
}

/* Holds for these patterns, a word each; `-x` goes. */
static void
put(struct buf *out, uint64_t generation, uint64_t since, const char *words)
{
	char text[256], *rest = text, *word;
	struct wire_writer w;

	snprintf(text, sizeof(text), "%s", words);
	wire_begin(&w, out, generation, since);
	while ((word = strtok_r(rest, " ", &rest)) != NULL) {
		struct route r = { .pattern = word,
			.kind = ROUTE_HOLD,
			.reason = (char *)(uintptr_t) "no path" };

		if (*word == '-')
			wire_gone(&w, word + 1);
		else
			wire_set(&w, &r);
	}
	wire_end(&w);
}

/* What the next acknowledgement says; others are passed over. */
static struct wire_ack
ack_get(void)
{
	static uint8_t octets[4096];
	struct wire_frame frame;
	struct wire_ack ack;
	size_t n = 0;

	for (;;) {
		struct cur in = cur_over(octets, n);

		ck_assert_int_eq(read(fd, octets + n, 1), 1);
		in = cur_over(octets, ++n);
		if (wire_frame(&in, &frame) != RC_OK)
			continue;
		if (frame.type == WIRE_ACK &&
		    wire_get_ack(frame.body, &ack) == RC_OK)
			return ack;
		n = 0;
	}
}

/* As many keys as the plain copy has, which is of this generation. */
static void
copy_is(uint64_t generation, size_t n)
{
	struct plugin_setup setup;
	struct got got = { 0 };
	struct copy copy;

	copy_init(&copy, tables);
	ck_assert_int_eq(copy_load(&copy, &got, &setup), RC_OK);
	ck_assert_uint_eq(got.generation, generation);
	ck_assert_uint_eq(got.tree.n, n);
	ck_assert_uint_eq(seen_keys(tables, "transport"), n);
	got_clear(&got);
	copy_done(&copy);
}

/* One batch after the other: what becomes of each. */
static const struct {
	const char *what;
	uint64_t generation, since;
	const char *words;
	int result;
	uint64_t is; /* generation published then */
	size_t n;    /* keys */
} rows[] = {
	{ "the whole", 3, 0, "a.x b.x c.x", RC_OK, 3, 3 },
	{ "a difference", 4, 3, "d.x", RC_OK, 4, 4 },
	{ "one was missed", 6, 5, "e.x -a.x", RC_MISSING, 4, 4 },
	{ "of an older one", 6, 3, "e.x -a.x", RC_MISSING, 4, 4 },
	{ "of that one after all", 6, 4, "e.x -a.x", RC_OK, 6, 4 },
	{ "the same once more", 6, 4, "e.x -a.x", RC_MISSING, 6, 4 },
	{ "the whole again, a lower number", 2, 0, "a.x", RC_OK, 2, 1 },
	{ "from before that", 7, 6, "b.x", RC_MISSING, 2, 1 },
	{ "from that", 7, 2, "b.x", RC_OK, 7, 2 },
};

START_TEST(differences_have_a_number)
{
	static const struct plugin_setup setup = { .transport = "lsrd",
		.hold = "lsrd-hold" };
	struct buf out = { 0 };

	wire_put_setup(&out, &setup);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_ack ack;

		put(&out, rows[i].generation, rows[i].since, rows[i].words);
		say(&out);
		ack = ack_get();
		ck_assert_msg(ack.result == rows[i].result, "%s: %s",
		    rows[i].what, rc_word(ack.result));
		ck_assert_uint_eq(ack.generation, rows[i].generation);
		copy_is(rows[i].is, rows[i].n);
	}
}
END_TEST

/* One that begins gets the whole first: nothing is taken before. */
START_TEST(differences_from_nothing)
{
	static const struct plugin_setup setup = { .transport = "lsrd",
		.hold = "lsrd-hold" };
	struct buf out = { 0 };

	wire_put_setup(&out, &setup);
	put(&out, 2, 1, "a.x");
	put(&out, 3, 0, "b.x c.x");
	say(&out);
	ck_assert_int_eq(ack_get().result, RC_MISSING);
	ck_assert_int_eq(ack_get().result, RC_OK);
	copy_is(3, 2);
}
END_TEST

/* A group of the plain copy that was lost is not passed over: the tables that
 * are sound stay, as with any damaged copy. */
START_TEST(a_copy_that_lacks_a_difference)
{
	static const struct plugin_setup setup = { .transport = "lsrd",
		.hold = "lsrd-hold" };
	struct plugin_setup read;
	struct buf out = { 0 };
	struct got got = { 0 };
	struct copy copy;

	copy_init(&copy, dir);
	got.generation = 6;
	ck_assert_int_eq(copy_whole(&copy, &got, &setup), RC_OK);
	put(&out, 8, 7, "b.x");
	ck_assert_int_eq(
	    copy_add(&copy, cur_over(out.p, out.n), &got, &setup), RC_OK);
	ck_assert_int_eq(copy_load(&copy, &got, &read), RC_FORMAT);
	buf_done(&out);
	copy_done(&copy);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("serve");
	TCase *tc = tcase_create("serve");

	signal(SIGPIPE, SIG_IGN);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, differences_have_a_number);
	tcase_add_test(tc, differences_from_nothing);
	tcase_add_test(tc, a_copy_that_lacks_a_difference);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
