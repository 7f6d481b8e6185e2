/*
 * test_front.c - what lsrd-front decides without a socket: whose a line is,
 * the keyword in the answer to EHLO, PROXY headers, addresses, peers.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rc.h"
#include "front/address.h"
#include "front/gate.h"
#include "front/peerlist.h"
#include "front/proxy.h"
#include "front/source.h"
#include "t/tap.h"
#include "t/temp.h"

#define R421 "421 4.3.0 Service not available, closing\r\n"
#define R454 "454 4.3.0 Link state routing not available now\r\n"
#define R500 "500 5.5.2 Line not understood\r\n"
#define R501 "501 5.5.4 Syntax: X-LSA-2 [base64]\r\n"
#define R502 "502 5.5.1 Command not implemented\r\n"
#define R503 "503 5.5.1 Send EHLO first\r\n"
#define HI "220 mx\r\n"
#define YES "250-mx\r\n250 DSN\r\n"
#define YES_SAID "250-mx\r\n250-DSN\r\n250 X-LSA-2\r\n"

/* The client says all of `in`, then the MTA all of `mta`. */
static const struct {
	const char *what;
	const char *in, *mta;
	const char *to_mta, *to_client;
	enum gate_state state;
} rows[] = {
	{ "a greeting", "", HI, "", HI, GATE_READING },
	{ "a greeting of lines", "", "220-a\r\n220-b\r\n" HI, "",
	    "220-a\r\n220-b\r\n" HI, GATE_READING },
	{ "EHLO", "EHLO x\r\n", HI YES, "EHLO x\r\n", HI YES_SAID,
	    GATE_READING },
	{ "EHLO, one line", "ehlo x\r\n", HI "250 mx\r\n", "ehlo x\r\n",
	    HI "250-mx\r\n250 X-LSA-2\r\n", GATE_READING },
	{ "EHLO, code alone", "EHLO x\r\n", HI "250\r\n", "EHLO x\r\n",
	    HI "250-\r\n250 X-LSA-2\r\n", GATE_READING },
	{ "EHLO refused", "EHLO x\r\n", HI "502 no\r\n", "EHLO x\r\n",
	    HI "502 no\r\n", GATE_READING },
	{ "HELO", "HELO x\r\n", HI "250 mx\r\n", "HELO x\r\n", HI "250 mx\r\n",
	    GATE_READING },
	{ "EHLO twice", "EHLO x\r\nEHLO y\r\n", HI YES YES,
	    "EHLO x\r\nEHLO y\r\n", HI YES_SAID YES_SAID, GATE_READING },
	{ "a verb", "EHLO x\r\nX-LSA-2 Zm9v\r\n", HI YES, "EHLO x\r\n",
	    HI YES_SAID, GATE_ASKING },
	{ "a verb waits for the MTA", "EHLO x\r\nX-LSA-2 Zm9v\r\n", HI,
	    "EHLO x\r\n", HI, GATE_READING },
	{ "a verb without EHLO", "X-LSA-2 Zm9v\r\nNOOP\r\n", HI, "NOOP\r\n",
	    HI R503, GATE_READING },
	{ "a verb after HELO", "HELO x\r\nX-LSA-2\r\n", HI "250 mx\r\n",
	    "HELO x\r\n", HI "250 mx\r\n" R503, GATE_READING },
	{ "no base64", "EHLO x\r\nX-LSA-2 Zm9\r\nNOOP\r\n", HI YES,
	    "EHLO x\r\nNOOP\r\n", HI YES_SAID R501, GATE_READING },
	{ "8 bit", "EHLO x\r\nX-LSA-2 \xff\r\n", HI YES, "EHLO x\r\n",
	    HI YES_SAID R500, GATE_READING },
	{ "the ancestor", "EHLO x\r\nX-LINK2STATE FIRST\r\n", HI YES,
	    "EHLO x\r\n", HI YES_SAID R502, GATE_READING },
	{ "a verb with a bare LF", "EHLO x\r\nX-LSA-2 Zm9v\nMAIL FROM:<>\r\n",
	    HI YES, "EHLO x\r\n", HI YES_SAID R500, GATE_ENDED },
	{ "a verb with a bare CR", "EHLO x\r\nX-LSA-2 Zm9v\rMAIL FROM:<>\r\n",
	    HI YES, "EHLO x\r\n", HI YES_SAID R500, GATE_ENDED },
	{ "MAIL", "EHLO x\r\nMAIL FROM:<>\r\nX-LSA-2 Zm9v\r\n",
	    HI YES "250 ok\r\n", "EHLO x\r\nMAIL FROM:<>\r\nX-LSA-2 Zm9v\r\n",
	    HI YES_SAID "250 ok\r\n", GATE_PASSING },
	{ "a letter of MAIL", "M", HI, "M", HI, GATE_PASSING },
	{ "STARTTLS", "EHLO x\r\nSTARTTLS\r\n\x16\x03\x01", HI YES "220 go\r\n",
	    "EHLO x\r\nSTARTTLS\r\n\x16\x03\x01", HI YES_SAID "220 go\r\n",
	    GATE_PASSING },
	{ "NOOP with a bare LF", "NOOP\nX-LSA-2\r\n", HI, "NOOP\nX-LSA-2\r\n",
	    HI, GATE_PASSING },
	{ "an empty line", "\r\n", HI, "\r\n", HI, GATE_PASSING },
	{ "what is no answer", "EHLO x\r\n", "hello\r\n" YES, "EHLO x\r\n",
	    "hello\r\n" YES_SAID, GATE_READING },
	{ "unasked words behind an answer", "EHLO x\r\n", HI YES "421 bye\r\n",
	    "EHLO x\r\n", HI YES_SAID "421 bye\r\n", GATE_READING },
};

static void
in_pieces(void (*say)(struct gate *, const uint8_t *, size_t),
    struct gate *gate, const char *text, size_t cut)
{
	for (size_t at = 0, n = strlen(text); at < n; at += cut) {
		size_t part = cut < n - at ? cut : n - at;
		uint8_t *exact = malloc(part);

		memcpy(exact, text + at, part);
		say(gate, exact, part);
		free(exact);
	}
}

static bool
is_text(const struct buf *b, const char *text)
{
	return b->n == strlen(text) &&
	       (b->n == 0 || memcmp(b->p, text, b->n) == 0);
}

START_TEST(gate_dialogues)
{
	for (size_t cut = 1; cut < 40; cut++) {
		struct gate gate;

		gate_init(&gate);
		in_pieces(gate_client, &gate, rows[_i].in, cut);
		in_pieces(gate_mta, &gate, rows[_i].mta, cut);
		ck_assert_msg(gate.state == rows[_i].state, "%s: cut %zu: %d",
		    rows[_i].what, cut, (int)gate.state);
		ck_assert_msg(is_text(&gate.to_mta, rows[_i].to_mta),
		    "%s: cut %zu: to the MTA %.*s", rows[_i].what, cut,
		    (int)gate.to_mta.n, (const char *)gate.to_mta.p);
		ck_assert_msg(is_text(&gate.to_client, rows[_i].to_client),
		    "%s: cut %zu: to the client %.*s", rows[_i].what, cut,
		    (int)gate.to_client.n, (const char *)gate.to_client.p);
		gate_done(&gate);
	}
}
END_TEST

static void
gate_say(struct gate *gate, const char *client, const char *mta)
{
	in_pieces(gate_client, gate, client, 1000);
	in_pieces(gate_mta, gate, mta, 1000);
}

START_TEST(gate_refuses)
{
	struct gate gate;

	gate_init(&gate);
	gate_say(&gate, "EHLO x\r\nX-LSA-2 Zm9v\r\nNOOP\r\n", HI YES);
	ck_assert_int_eq(gate.state, GATE_ASKING);
	ck_assert(gate_is_full(&gate));
	buf_reset(&gate.to_client);
	buf_reset(&gate.to_mta);
	gate_refuse(&gate);
	ck_assert(is_text(&gate.to_client, R454));
	ck_assert(is_text(&gate.to_mta, "NOOP\r\n"));
	ck_assert_int_eq(gate.state, GATE_READING);
	gate_done(&gate);
}
END_TEST

START_TEST(gate_has_patience_for_20)
{
	struct gate gate;

	gate_init(&gate);
	gate_say(&gate, "EHLO x\r\n", HI YES);
	for (int i = 0; i < GATE_REFUSALS; i++)
		gate_say(&gate, "X-LSA-2 !\r\n", "");
	ck_assert_int_eq(gate.state, GATE_READING);
	buf_reset(&gate.to_client);
	gate_say(&gate, "X-LINK2STATE\r\n", "");
	ck_assert_int_eq(gate.state, GATE_ENDED);
	ck_assert(is_text(&gate.to_client, R421));
	ck_assert_uint_eq(gate.legacy, 1);
	gate_done(&gate);
}
END_TEST

START_TEST(gate_is_bounded)
{
	struct gate gate;

	gate_init(&gate);
	gate_say(&gate, "EHLO x\r\n", HI YES);
	for (int i = 0; i < 3 * GATE_AWAITED && !gate_is_full(&gate); i++)
		gate_say(&gate,
		    "NOOP 0123456789012345678901234567890\r\n"
		    "NOOP 0123456789012345678901234567890\r\n",
		    "");
	ck_assert_uint_le(gate.nawaited, GATE_AWAITED);
	ck_assert(gate_is_full(&gate));
	for (int i = 0; i < 6 * GATE_AWAITED; i++)
		gate_say(&gate, "", "250 ok\r\n");
	ck_assert(!gate_is_full(&gate) && gate.nawaited == 0);
	ck_assert_uint_eq(gate.held.n, 0);
	gate_say(&gate, "X-LSA-2 ", "");
	for (int i = 0; i < 2000 && gate.state == GATE_READING; i++)
		gate_say(&gate, "A", "");
	ck_assert_int_eq(gate.state, GATE_ENDED);
	gate_done(&gate);
}
END_TEST

START_TEST(gate_closes)
{
	static const struct {
		const char *begun, *to_mta;
	} ends[] = { { "", "" }, { "NOO", "NOO" }, { "NOOP x", "NOOP x" },
		{ "X-LSA-2 Zm", "" }, { "X-LSA-2", "X-LSA-2" } };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct gate gate;

		gate_init(&gate);
		gate_say(&gate, ends[i].begun, HI);
		ck_assert(!gate_has_said_all(&gate));
		gate_close(&gate);
		ck_assert(gate_has_said_all(&gate));
		ck_assert(is_text(&gate.to_mta, ends[i].to_mta));
		gate_done(&gate);
	}
}
END_TEST

START_TEST(proxy_headers)
{
	struct addr client = { 4, { 203, 0, 113, 7 }, 40000 };
	struct addr here = { 4, { 192, 0, 2, 1 }, 25 };
	static const uint8_t v2[] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a,
		0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0, 12, 203, 0, 113, 7,
		192, 0, 2, 1, 0x9c, 0x40, 0, 25 };
	struct buf out = { 0 };

	proxy_put(&out, PROXY_V1, &client, &here);
	ck_assert(
	    is_text(&out, "PROXY TCP4 203.0.113.7 192.0.2.1 40000 25\r\n"));
	buf_reset(&out);
	proxy_put(&out, PROXY_V2, &client, &here);
	ck_assert_uint_eq(out.n, sizeof(v2));
	ck_assert_mem_eq(out.p, v2, sizeof(v2));
	buf_reset(&out);
	client.family = here.family = 6;
	proxy_put(&out, PROXY_V2, &client, &here);
	ck_assert_uint_eq(out.n, 16 + 36);
	ck_assert_uint_eq(out.p[13], 0x21);
	buf_reset(&out);
	proxy_put(&out, PROXY_NONE, &client, &here);
	ck_assert_uint_eq(out.n, 0);
	buf_done(&out);
}
END_TEST

START_TEST(addresses)
{
	static const char *const good[] = { "192.0.2.1:25", "[2001:db8::1]:25",
		"127.0.0.1:65535" };
	static const char *const bad[] = { "", ":25", "192.0.2.1", "[::1]",
		"::1:25", "[192.0.2.1]:25", "192.0.2.1:0", "192.0.2.1:65536",
		"192.0.2.1:+1", "192.0.2.1: 1", "mx:25", "192.0.2.1:25x",
		"[]:25", "192.0.2.256:25" };
	char text[ADDR_TEXT];
	struct addr addr;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(address_of_text(good[i], &addr), RC_OK);
		ck_assert_str_eq(addr_text(&addr, text), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(
		    address_of_text(bad[i], &addr) != RC_OK, "%s", bad[i]);
}
END_TEST

static int
list_read(struct peerlist *list, const char *text, size_t *line)
{
	char dir[TEMP_FOLDER], path[96];
	FILE *f;
	int rc;

	temp_make(dir);
	snprintf(path, sizeof(path), "%s/peers", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	rc = peerlist_read(list, path, line);
	temp_end(dir);
	return rc;
}

START_TEST(peers)
{
	struct peerlist list = { 0 };
	struct addr addr;
	size_t line;

	ck_assert_int_eq(peerlist_add(&list, "192.0.2.1"), RC_OK);
	ck_assert_int_eq(peerlist_add(&list, "192.0.2.0/24"), RC_NAME);
	ck_assert_int_eq(list_read(&list,
			     "# our bridgeheads\n\n  2001:db8::5 # paris\n"
			     "198.51.100.5\r\n",
			     &line),
	    RC_OK);
	ck_assert_uint_eq(list.read.n, 2);
	address_of_text("[2001:db8::5]:4711", &addr);
	ck_assert(peerlist_has(&list, &addr));
	address_of_text("192.0.2.1:4711", &addr);
	ck_assert(peerlist_has(&list, &addr));
	address_of_text("192.0.2.2:4711", &addr);
	ck_assert(!peerlist_has(&list, &addr));
	ck_assert_int_eq(
	    list_read(&list, "192.0.2.7\nmx1.example\n", &line), RC_NAME);
	ck_assert_uint_eq(line, 2);
	ck_assert_uint_eq(list.read.n, 2); /* as it was */
	ck_assert_int_eq(peerlist_read(&list, "no/such/file", &line), RC_IO);
	ck_assert_int_eq(list_read(&list, "", &line), RC_OK);
	ck_assert_uint_eq(list.read.n, 0);
	peerlist_done(&list);
}
END_TEST

START_TEST(sources)
{
	struct tree tree = { 0 };
	struct addr a, b;
	struct source *held[4];

	address_of_text("[2001:db8::1]:1", &a);
	address_of_text("[2001:db8::2]:2", &b); /* of the same network */
	held[0] = source_take(&tree, &a, 2);
	held[1] = source_take(&tree, &b, 2);
	ck_assert(held[0] != NULL && held[0] == held[1]);
	ck_assert_ptr_null(source_take(&tree, &a, 2));
	address_of_text("192.0.2.1:1", &a);
	held[2] = source_take(&tree, &a, 2);
	ck_assert(held[2] != NULL && held[2] != held[0]);
	source_leave(&tree, held[0]);
	held[3] = source_take(&tree, &b, 2);
	ck_assert_ptr_eq(held[3], held[1]);
	for (int i = 1; i < 4; i++)
		source_leave(&tree, held[i]);
	ck_assert_uint_eq(tree.n, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("front");
	TCase *tc = tcase_create("pure");

	tcase_add_loop_test(
	    tc, gate_dialogues, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, gate_refuses);
	tcase_add_test(tc, gate_has_patience_for_20);
	tcase_add_test(tc, gate_is_bounded);
	tcase_add_test(tc, gate_closes);
	tcase_add_test(tc, proxy_headers);
	tcase_add_test(tc, addresses);
	tcase_add_test(tc, peers);
	tcase_add_test(tc, sources);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
