/*
 * test_contest.c - two servers name one address: who has it, from a start on and
 * as they come, move and go. The servers are c, d and so on in x.org; we are a, and
 * our configuration gives an address to k.
 */

#include <stdio.h>
#include <string.h>

#include "base/rc.h"
#include "core/node/contest.h"
#include "core/node/fx.h"
#include "core/node/group.h"
#include "core/node/node.h"
#include "t/core/cheap.h"
#include "t/tap.h"

static char self[] = "a.x.org", group[] = "g", given[] = "k.x.org";
static struct setup_bridgehead bridgehead = {
	.name = given, .smtp = { { 4, { 192, 0, 2, 99 }, 25 } }, .nsmtp = 1
};
static struct setup_connector connector = {
	.name = group, .bridgeheads = &bridgehead, .nbridgeheads = 1
};
static struct setup setup;
static struct claims claims;
static struct crypto crypto;
static struct engine *e;
static uint64_t sequence;

static void
contest_begin(void)
{
	crypto = cheap_seal("a");
	setup = cheap_setup(self, group, &claims);
	setup.connectors = &connector;
	setup.nconnectors = 1;
	setup.announced.smtp[0] = (struct addr){ 4, { 192, 0, 2, 1 }, 25 };
	setup.announced.nsmtp = 1;
	sequence = 0;
	e = engine_new(1, &crypto);
	e->setup = &setup;
}

static void
contest_end(void)
{
	e->setup = NULL;
	engine_free(e);
}

static struct lsa *
install(const char *name, uint8_t type, const struct buf *body)
{
	uint8_t zero[CRYPTO_DIGEST] = { 0 };
	struct lsa_draft draft = { .key = { name, "", type },
		.org = zero,
		.signer = zero,
		.seq = ++sequence,
		.purge = body == NULL,
		.body = body == NULL ? NULL : body->p,
		.body_len = body == NULL ? 0 : body->n };
	struct buf out = { 0 };
	struct lsa *lsa;

	lsa_encode(&out, &draft, &crypto);
	ck_assert_int_eq(lsa_decode(out.p, out.n, &crypto, &lsa), RC_OK);
	lsdb_install(&e->db, lsa);
	buf_done(&out);
	return lsa;
}

/* Its certificate, valid from then on. */
static void
known(char letter, unsigned not_before)
{
	char name[] = { letter, '.', 'x', '.', 'o', 'r', 'g', '\0' };
	char cert[60];
	struct buf body = { 0 };
	struct lsa_identity id = { .cert = { (const uint8_t *)cert },
		.ncerts = 1 };
	int n = snprintf(
	    cert, sizeof(cert), "%s g - - %c %u", name, letter, not_before);

	id.cert_len[0] = (size_t)n;
	lsa_identity_encode(&body, &id);
	signers_renew(
	    &e->signers, install(name, LSA_IDENTITY, &body), &crypto, e->now);
	buf_done(&body);
}

/* What a server says: its group, and its addresses, which are words. */
static struct lsa *
names(char letter, const char *of, const char *addrs)
{
	char name[] = { letter, '.', 'x', '.', 'o', 'r', 'g', '\0' };
	char text[200], where[60], *next = text, *one;
	struct addr smtp[LIMIT_ADDRESSES];
	struct lsa_server s = { .group = where, .smtp = smtp };
	struct buf body = { 0 };
	struct lsa *lsa;

	snprintf(where, sizeof(where), "%s", of);
	snprintf(text, sizeof(text), "%s", addrs);
	while ((one = next) != NULL && *one != '\0') {
		next = strchr(one, ' ');
		if (next != NULL)
			*next++ = '\0';
		ck_assert(addr_read(&smtp[s.nsmtp++], one));
	}
	lsa_server_encode(&body, &s);
	lsa = install(name, LSA_SERVER, &body);
	buf_done(&body);
	return lsa;
}

/* Who has lost an address, in a word each. */
static const char *
losers(char out[20])
{
	char name[] = "?.x.org";
	size_t n = 0;

	for (name[0] = 'b'; name[0] <= 'm'; name[0]++)
		if (contest_lost(e, name))
			out[n++] = name[0];
	out[n] = '\0';
	ck_assert_uint_eq(e->contest.lost, n);
	return out;
}

/* --- from a start on ------------------------------------------------------------ */

/* Two of them; at 0 it has no certificate that we know. */
static const struct {
	const char *what;
	const char *c_group, *c_at, *d_group, *d_at;
	unsigned c_since, d_since;
	const char *down; /* whom we reported so last; or NULL */
	const char *lost;
} starts[] = {
	{ "two addresses", "g", "198.51.100.1:25", "g", "198.51.100.2:25", 1, 1,
	    NULL, "" },
	{ "two ports", "g", "198.51.100.1:25", "g", "198.51.100.1:26", 1, 1,
	    NULL, "" },
	{ "one, and nothing tells", "g", "198.51.100.1:25", "h",
	    "198.51.100.1:25", 1, 1, NULL, "d" },
	{ "the older certificate", "g", "198.51.100.1:25", "h",
	    "198.51.100.1:25", 9, 1, NULL, "c" },
	{ "the older certificate, once more", "g", "198.51.100.1:25", "h",
	    "198.51.100.1:25", 1, 9, NULL, "d" },
	{ "one certificate alone is no older one", "g", "198.51.100.1:25", "h",
	    "198.51.100.1:25", 0, 1, NULL, "d" },
	{ "nor is the other", "g", "198.51.100.1:25", "h", "198.51.100.1:25", 9,
	    0, NULL, "d" },
	{ "whom we did not report down", "g", "198.51.100.1:25", "g",
	    "198.51.100.1:25", 1, 9, "c.x.org", "c" },
	{ "the same, of the other", "g", "198.51.100.1:25", "g",
	    "198.51.100.1:25", 9, 1, "d.x.org", "d" },
	{ "somebody else was down", "g", "198.51.100.1:25", "g",
	    "198.51.100.1:25", 9, 1, "e.x.org", "c" },
	{ "ten, in two groups", "g", "10.1.2.3:25", "h", "10.1.2.3:25", 1, 1,
	    NULL, "" },
	{ "ten, in one", "g", "10.1.2.3:25", "g", "10.1.2.3:25", 1, 1, NULL,
	    "d" },
	{ "172.16", "g", "172.16.0.1:25", "h", "172.16.0.1:25", 1, 1, NULL,
	    "" },
	{ "172.31", "g", "172.31.0.1:25", "h", "172.31.0.1:25", 1, 1, NULL,
	    "" },
	{ "172.32 is public", "g", "172.32.0.1:25", "h", "172.32.0.1:25", 1, 1,
	    NULL, "d" },
	{ "192.168", "g", "192.168.0.1:25", "h", "192.168.0.1:25", 1, 1, NULL,
	    "" },
	{ "192.169 is public", "g", "192.169.0.1:25", "h", "192.169.0.1:25", 1,
	    1, NULL, "d" },
	{ "100.64", "g", "100.64.0.1:25", "h", "100.64.0.1:25", 1, 1, NULL,
	    "" },
	{ "100.128 is public", "g", "100.128.0.1:25", "h", "100.128.0.1:25", 1,
	    1, NULL, "d" },
	{ "fd00::", "g", "[fd00::1]:25", "h", "[fd00::1]:25", 1, 1, NULL, "" },
	{ "2001:db8:: is public", "g", "[2001:db8::1]:25", "h",
	    "[2001:db8::1]:25", 1, 1, NULL, "d" },
	{ "ours", "g", "192.0.2.1:25", "g", "192.0.2.1:25", 1, 1, NULL, "cd" },
	{ "our port alone", "g", "192.0.2.1:26", "g", "192.0.2.2:25", 1, 1,
	    NULL, "" },
	{ "what we give to k", "g", "192.0.2.99:25", "g", "192.0.2.98:25", 1, 1,
	    NULL, "c" },
	{ "the first that can be sent to", "g", "127.0.0.1:25 198.51.100.1:25",
	    "g", "198.51.100.1:25", 1, 1, NULL, "d" },
	{ "the second is none", "g", "198.51.100.2:25 198.51.100.1:25", "g",
	    "198.51.100.1:25", 1, 1, NULL, "" },
	{ "none that can be sent to", "g", "127.0.0.1:25", "g", "127.0.0.1:25",
	    1, 1, NULL, "" },
	{ "no address at all", "g", "", "g", "", 1, 1, NULL, "" },
};

START_TEST(who_has_it_at_a_start)
{
	char down[20], lost[20], *list[] = { down };
	struct lsa_server own = { .group = group };
	struct buf body = { 0 };

	if (starts[_i].down != NULL) {
		snprintf(down, sizeof(down), "%s", starts[_i].down);
		own.mail_down = list;
		own.nmail_down = 1;
	}
	lsa_server_encode(&body, &own);
	install(self, LSA_SERVER, &body);
	buf_done(&body);
	names('c', starts[_i].c_group, starts[_i].c_at);
	names('d', starts[_i].d_group, starts[_i].d_at);
	if (starts[_i].c_since > 0)
		known('c', starts[_i].c_since);
	if (starts[_i].d_since > 0)
		known('d', starts[_i].d_since);
	contest_start(e);
	ck_assert_msg(strcmp(losers(lost), starts[_i].lost) == 0, "%s: %s",
	    starts[_i].what, lost);
}
END_TEST

/* --- and then ------------------------------------------------------------------------- */

static void
learn(char letter, const char *of, const char *addrs)
{
	contest_learnt(e, names(letter, of, addrs));
}

/* Who names it later has lost it, whatever his name, as long as the other names
 * it; what is said before a start decides nothing. */
START_TEST(who_comes_later)
{
	struct names members = { 0 };
	char lost[20];

	learn('d', "g", "198.51.100.9:25");
	ck_assert_str_eq(losers(lost), "");
	contest_start(e);
	known('c', 1);
	known('d', 9);
	learn('c', "g", "198.51.100.9:25");
	ck_assert_str_eq(losers(lost), "c");
	learn('c', "g", "198.51.100.9:25"); /* once more */
	ck_assert_str_eq(losers(lost), "c");
	learn('e', "h", "198.51.100.9:25");
	ck_assert_str_eq(losers(lost), "ce");
	contest_members(e, &members); /* of our group */
	ck_assert_uint_eq(members.list.n, 1);
	ck_assert_str_eq(members.list.v[0], "c.x.org");
	vec_done(&members.list);
	/* It moves: of those who are left the older certificate has it. */
	learn('d', "g", "198.51.100.8:25");
	ck_assert_str_eq(losers(lost), "e");
	learn('d', "g", "198.51.100.9:25");
	ck_assert_str_eq(losers(lost), "de");
	contest_gone(e, "c.x.org");
	ck_assert_str_eq(losers(lost), "e");
	contest_gone(e, "c.x.org");
	contest_gone(e, "d.x.org");
	ck_assert_str_eq(losers(lost), "");
	contest_gone(e, "e.x.org");
	ck_assert_ptr_null(e->contest.names.root);
	ck_assert_ptr_null(e->contest.addrs.root);
}
END_TEST

/* A private address is another one in another group. */
START_TEST(who_changes_group)
{
	char lost[20];

	contest_start(e);
	learn('c', "g", "10.0.0.1:25");
	learn('d', "h", "10.0.0.1:25");
	ck_assert_str_eq(losers(lost), "");
	learn('d', "g", "10.0.0.1:25");
	ck_assert_str_eq(losers(lost), "d");
	learn('c', "h", "10.0.0.1:25");
	ck_assert_str_eq(losers(lost), "");
	learn('d', "h", "10.0.0.1:25");
	ck_assert_str_eq(losers(lost), "d");
	contest_learnt(e, install("c.x.org", LSA_SERVER, NULL)); /* purged */
	ck_assert_str_eq(losers(lost), "");
	learn('c', "h", "127.0.0.1:25"); /* nothing that can be sent to */
	ck_assert_str_eq(losers(lost), "");
	learn('a', "h", "10.0.0.1:25"); /* of ourselves */
	ck_assert_str_eq(losers(lost), "");
}
END_TEST

/* Another configuration gives the address to another. */
START_TEST(who_is_given_it)
{
	char lost[20];

	contest_start(e);
	learn('c', "g", "192.0.2.98:25");
	learn('k', "g", "192.0.2.98:25");
	ck_assert_str_eq(losers(lost), "k");
	bridgehead.smtp[0].ip[3] = 98;
	contest_look(e);
	ck_assert_str_eq(losers(lost), "c");
	bridgehead.smtp[0].ip[3] = 99;
	contest_look(e);
	ck_assert_str_eq(losers(lost), "k");
}
END_TEST

#define LENGTH(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int
main(void)
{
	Suite *suite = suite_create("contest");
	TCase *tc = tcase_create("contest");

	tcase_add_checked_fixture(tc, contest_begin, contest_end);
	tcase_add_loop_test(tc, who_has_it_at_a_start, 0, LENGTH(starts));
	tcase_add_test(tc, who_comes_later);
	tcase_add_test(tc, who_changes_group);
	tcase_add_test(tc, who_is_given_it);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
