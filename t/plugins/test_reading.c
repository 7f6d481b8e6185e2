/*
 * test_reading.c - what Postfix's configuration says of our tables and of
 * the facts that others need, from what postconf and postmap have written.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "plugins/postfix/passing.h"
#include "plugins/postfix/reading.h"
#include "t/tap.h"
#include "t/temp.h"

static char dir[TEMP_FOLDER];

/* main.cf as `postconf -x` shows it; @ is the folder of the tables. A row of
 * a case replaces the line of the same name. */
static const char *const usual[] = {
	"transport_maps = hash:/etc/postfix/transport, lmdb:@/transport",
	"relay_domains = lmdb:@/domains",
	"sender_dependent_default_transport_maps = "
	"pipemap:{static:*, lmdb:@/default}",
	"inet_protocols = all",
	"smtp_host_lookup = dns",
	"smtp_dns_support_level =",
	"disable_dns_lookups = no",
	"inet_interfaces = all",
	"smtp_bind_address =",
	"smtp_bind_address6 =",
	"recipient_delimiter =",
	"owner_request_special = yes",
	"queue_directory = /var/spool/postfix",
	"maximal_queue_lifetime = 5d",
	"smtputf8_enable = yes",
	"mydestination = localhost",
	"virtual_mailbox_domains =",
	"virtual_alias_domains =",
};

static const char services[] =
    "smtp       inet  n       -       y       -       -       smtpd\n"
    "rewrite    unix  -       -       y       -       -       trivial-rewrite\n"
    "lsrd       unix  -       -       y       -       -       smtp "
    "-o syslog_name=postfix/$service_name -o smtp_fallback_relay=\n"
    "lsrd-hold  unix  -       n       n       -       -       pipe "
    "-o soft_bounce=yes user=nobody argv=/bin/sh -c {exit 75} lsrd-hold\n";

static const char *const here[] = { "*", "own.example", "u@own.example",
	"virtual.example", "xn--bcher-kva.example" };

/* @ becomes the folder. */
static void
put(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '@' && (text[1] == '/' || text[1] == '2'))
			buf_text(out, dir);
		else
			buf_u8(out, (uint8_t)*text);
	}
}

static char *
main_cf(const char *line)
{
	size_t name = line == NULL ? 0 : strcspn(line, " =");
	struct buf out = { 0 };

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		bool is = name > 0 && strncmp(usual[i], line, name) == 0 &&
		          usual[i][name] == ' ';

		put(&out, is ? line : usual[i]);
		buf_u8(&out, '\n');
	}
	return buf_string(&out);
}

/* NULL: that program failed. `found` is what each map answers. */
static void
read_all(struct mta *out, const char *main, const char *master,
    const char *found, struct buf *maps)
{
	struct plugin_want want = { .tables = dir,
		.transport = "lsrd",
		.hold = "lsrd-hold",
		.here = here,
		.nhere = 5 };
	struct plugin_reading *r = reading_postfix.begin(&want);
	const char *answers[] = { main, master, found };
	struct plugin_question q;

	for (size_t i = 0; reading_postfix.ask(r, &q); i++) {
		size_t n = 0;

		while (q.argv[n] != NULL)
			n++;
		if (i >= 2 && maps != NULL)
			buf_printf(maps, "%s;", q.argv[n - 1]);
		if (i >= 2)
			ck_assert_str_eq(q.input,
			    "*\nown.example\nu@own.example\nvirtual.example\n"
			    "xn--bcher-kva.example\nbücher.example\n");
		reading_postfix.take(r, answers[i < 2 ? i : 2]);
	}
	reading_postfix.end(r, out);
}

static const struct {
	const char *what, *line; /* of main.cf */
	const char *from, *to;   /* replaced in master.cf */
	enum mta_asks asks, any;
	const char *missing;
} rows[] = {
	{ "as the snippets have it", NULL, NULL, NULL, MTA_YES, MTA_YES, "" },
	{ "Debian's default", "transport_maps =", NULL, NULL, MTA_NO, MTA_YES,
	    "transport_maps" },
	{ "another table", "transport_maps = lmdb:@/transport2", NULL, NULL,
	    MTA_NO, MTA_YES, "transport_maps" },
	{ "below other maps",
	    "transport_maps = unionmap:{hash:/etc/t, proxy:lmdb:@/transport}",
	    NULL, NULL, MTA_YES, MTA_YES, "" },
	{ "by a link", "transport_maps = lmdb:@/link", NULL, NULL, MTA_YES,
	    MTA_YES, "" },
	{ "relay_domains without us", "relay_domains = $mydestination, x.org",
	    NULL, NULL, MTA_UNKNOWN, MTA_YES, "relay_domains" },
	{ "relay_domains empty", "relay_domains =", NULL, NULL, MTA_NO, MTA_YES,
	    "relay_domains" },
	{ "relay_domains in a file", "relay_domains = x.org @/list", NULL, NULL,
	    MTA_YES, MTA_YES, "" },
	{ "a file that is not ours to read", "relay_domains = @/secret", NULL,
	    NULL, MTA_UNKNOWN, MTA_YES, "relay_domains" },
	{ "a file without us", "relay_domains = @/other", NULL, NULL, MTA_NO,
	    MTA_YES, "relay_domains" },
	{ "no table for *", "sender_dependent_default_transport_maps =", NULL,
	    NULL, MTA_YES, MTA_NO, "" },
	{ "no service", NULL, "\nlsrd  ", "\nlsrx  ", MTA_NO, MTA_YES, "lsrd" },
	{ "no service to hold", NULL, "\nlsrd-hold  unix", "\nlsrd-hold  inet",
	    MTA_NO, MTA_YES, "lsrd-hold" },
	{ "overridden in master.cf", NULL, "trivial-rewrite\n",
	    "trivial-rewrite -o transport_maps=hash:/etc/t\n", MTA_NO, MTA_YES,
	    "transport_maps" },
	{ "the same with braces", NULL, "trivial-rewrite\n",
	    "trivial-rewrite -o {transport_maps = hash:/etc/t}\n", MTA_NO,
	    MTA_YES, "transport_maps" },
	{ "a no counts before what cannot be told", "relay_domains = @/secret",
	    "\nlsrd  ", "\nlsrx  ", MTA_NO, MTA_YES, "lsrd" },
};

static char *
master_cf(const char *from, const char *to)
{
	const char *at = from == NULL ? NULL : strstr(services, from);
	struct buf out = { 0 };

	if (from == NULL)
		return mem_str(services);
	ck_assert_ptr_nonnull(at);
	buf_bytes(&out, services, (size_t)(at - services));
	buf_printf(&out, "%s%s", to, at + strlen(from));
	return buf_string(&out);
}

START_TEST(tells_whether_our_tables_are_asked)
{
	char *main = main_cf(rows[_i].line);
	char *master = master_cf(rows[_i].from, rows[_i].to);
	struct mta mta;

	if (rows[_i].asks == MTA_UNKNOWN && geteuid() == 0 &&
	    strstr(rows[_i].line, "secret") != NULL) {
		mem_free(main);
		main = main_cf("relay_domains = @/missing");
	}
	mta_init(&mta);
	read_all(&mta, main, master, "", NULL);
	ck_assert_msg(mta.asks == rows[_i].asks, "%s: %s (%s)", rows[_i].what,
	    mta_asks_word(mta.asks), mta.missing);
	ck_assert_msg(
	    mta.asks_default == rows[_i].any, "%s: default", rows[_i].what);
	ck_assert_str_eq(mta.missing, rows[_i].missing);
	mta_done(&mta);
	mem_free(main);
	mem_free(master);
}
END_TEST

START_TEST(tells_nothing_without_an_answer)
{
	char *main = main_cf("recipient_delimiter = +");
	const char *half[][2] = { { NULL, services }, { main, NULL },
		{ "", services }, { main, "" }, { NULL, NULL } };
	struct mta mta;

	mta_init(&mta);
	read_all(&mta, main, services, "", NULL);
	for (size_t i = 0; i < 5; i++) {
		read_all(&mta, half[i][0], half[i][1], "", NULL);
		ck_assert_int_eq(mta.asks, MTA_UNKNOWN);
		ck_assert_int_eq(mta.asks_default, MTA_UNKNOWN);
		ck_assert_str_eq(mta.delimiters, "+"); /* as it was */
		ck_assert(mta.read);
	}
	mta_done(&mta);
	mem_free(main);
}
END_TEST

START_TEST(reads_the_facts)
{
	static const char master[] =
	    "lsrd unix - - y - - smtp -o smtp_bind_address6=[2001:db8::5]\n"
	    "lsrd-hold unix - n n - - pipe user=nobody argv=/bin/false\n";
	static const char main[] = "inet_protocols = ipv4\n"
				   "smtp_bind_address = 192.0.2.7\n"
				   "smtp_bind_address6 =\n"
				   "recipient_delimiter = +-\n"
				   "queue_directory = /data/pf\n"
				   "maximal_queue_lifetime = 36h\n"
				   "smtputf8_enable = no\n";
	struct mta mta;
	char text[ADDR_TEXT];

	mta_init(&mta);
	ck_assert(mta.ipv4 && mta.ipv6 && mta.utf8 && !mta.read);
	ck_assert_uint_eq(mta.lifetime_s, 5 * 86400);
	read_all(&mta, main, master, "", NULL);
	ck_assert(mta.read && mta.ipv4 && !mta.ipv6 && !mta.utf8);
	ck_assert_str_eq(addr_ip_text(&mta.bind4, text), "192.0.2.7");
	ck_assert_str_eq(addr_ip_text(&mta.bind6, text), "2001:db8::5");
	ck_assert_str_eq(mta.delimiters, "+-");
	ck_assert_str_eq(mta.queue_directory, "/data/pf");
	ck_assert_uint_eq(mta.lifetime_s, 36 * 3600);
	/* Parameters that this Postfix does not know leave what was known. */
	ck_assert_int_eq(mta.asks, MTA_UNKNOWN);
	mta_done(&mta);
}
END_TEST

/* From where it connects: one address alone of a family counts as well. */
START_TEST(reads_sources)
{
	static const struct {
		const char *main, *four, *six;
	} cases[] = {
		{ "inet_interfaces = 192.0.2.5\nsmtp_bind_address =\n"
		  "smtp_bind_address6 =\n",
		    "192.0.2.5", NULL },
		{ "inet_interfaces = 192.0.2.5, [2001:db8::5]\n", "192.0.2.5",
		    "2001:db8::5" },
		{ "smtp_bind_address = 192.0.2.7\n", "192.0.2.7",
		    "2001:db8::5" },
		{ "inet_interfaces = 192.0.2.5 127.0.0.1 2001:db8::5\n"
		  "smtp_bind_address =\n",
		    NULL, "2001:db8::5" },
		{ "inet_interfaces = 127.0.0.1\n", NULL, NULL },
		{ "inet_interfaces = 192.0.2.5\n", "192.0.2.5", NULL },
		{ "inet_interfaces = 192.0.2.5 mx.example\n", NULL, NULL },
		{ "inet_interfaces = 192.0.2.5\n", "192.0.2.5", NULL },
		{ "inet_interfaces = all\n", NULL, NULL },
	};
	struct mta mta;
	char text[ADDR_TEXT];

	mta_init(&mta);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_all(&mta, cases[i].main, services, "", NULL);
		ck_assert_int_eq(mta.bind4.family, cases[i].four ? 4 : 0);
		ck_assert_int_eq(mta.bind6.family, cases[i].six ? 6 : 0);
		if (cases[i].four != NULL)
			ck_assert_str_eq(
			    addr_ip_text(&mta.bind4, text), cases[i].four);
		if (cases[i].six != NULL)
			ck_assert_str_eq(
			    addr_ip_text(&mta.bind6, text), cases[i].six);
	}
	mta_done(&mta);
}
END_TEST

/* How the service looks names up, and by whose files; rows without a value
 * leave what the row before has found. */
START_TEST(reads_lookups)
{
	static const struct {
		const char *main, *service;
		bool dns, native, chroot;
	} cases[] = {
		{ "smtp_host_lookup = dns\nsmtp_dns_support_level =\n"
		  "disable_dns_lookups = no\n",
		    "y - - smtp", true, false, true },
		{ "smtp_host_lookup = native\n", "n - - smtp", false, true,
		    false },
		{ "smtp_host_lookup = dns, native\n", "- - - smtp", true, true,
		    false },
		{ "smtp_host_lookup = dns\n",
		    "y - - smtp -o smtp_host_lookup=native,dns", true, true,
		    true },
		{ "smtp_host_lookup = native\n",
		    "n - - smtp -o {smtp_host_lookup = dns}", true, false,
		    false },
		{ "smtp_host_lookup = dns\n"
		  "smtp_dns_support_level = dnssec\n",
		    "n - - smtp -o smtp_dns_support_level=disabled", false,
		    true, false },
		{ "smtp_host_lookup = dns\n"
		  "smtp_dns_support_level = dnssec\n",
		    "n - - smtp", true, false, false },
		{ "smtp_host_lookup = dns, native\ndisable_dns_lookups = yes\n",
		    "n - - smtp", false, true, false },
		{ "smtp_host_lookup = $strange\n", "n - - smtp", false, true,
		    false },
	};
	struct mta mta;

	mta_init(&mta);
	ck_assert(mta.dns && !mta.native && !mta.chroot);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char master[256];

		snprintf(master, sizeof(master), "lsrd unix - - %s\n",
		    cases[i].service);
		read_all(&mta, cases[i].main, master, "", NULL);
		ck_assert_int_eq(mta.dns, cases[i].dns);
		ck_assert_int_eq(mta.native, cases[i].native);
		ck_assert_int_eq(mta.chroot, cases[i].chroot);
	}
	mta_done(&mta);
}
END_TEST

/* Whether owner-list@ is a user of its own, and what is read again. */
START_TEST(reads_owners)
{
	static const struct {
		const char *main, *wanted;
	} cases[] = {
		{ "recipient_delimiter = +-\nowner_request_special = no\n",
		    "@+-" },
		{ "recipient_delimiter = +-\nowner_request_special = yes\n",
		    "+-" },
		{ "recipient_delimiter = +\nowner_request_special = no\n",
		    "+" },
		{ "recipient_delimiter =\nowner_request_special = no\n", "" },
	};
	struct mta mta;

	mta_init(&mta);
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		read_all(&mta, cases[i / 2].main, services, "", NULL);
		ck_assert_str_eq(mta.delimiters, cases[i / 2].wanted);
	}
	mta_done(&mta);
}
END_TEST

/* Of main.cf and master.cf: s and l for a content filter of what comes by
 * SMTP and by sendmail(1), c for copies. */
static const struct {
	const char *what, *main, *master, *wanted;
} passings[] = {
	{ "none", "content_filter =\nalways_bcc =\n", "", "" },
	{ "nothing is known", "", "", "" },
	{ "for all", "content_filter = scan:dummy\n", "", "sl" },
	{ "for all but one", "content_filter = scan:dummy\n",
	    "10025 inet n - n - - smtpd -o content_filter=\n", "sl" },
	{ "for port 25 alone", "content_filter =\n",
	    "26 inet n - n - - smtpd -o content_filter=scan:[127.0.0.1]:1\n",
	    "s" },
	{ "in braces", "content_filter =\n",
	    "26 inet n - n - - smtpd -o {content_filter = scan:dummy}\n", "s" },
	{ "in empty braces", "content_filter =\n",
	    "26 inet n - n - - smtpd -o {content_filter = }\n", "" },
	{ "another option behind it", "content_filter =\n",
	    "26 inet n - n - - smtpd -o content_filter= -o x=y\n", "" },
	{ "another parameter", "content_filter =\n",
	    "26 inet n - n - - smtpd -o my_content_filter=x\n", "" },
	{ "copies", "content_filter =\nalways_bcc = a@b\n", "", "c" },
	{ "copies by a map", "recipient_bcc_maps = hash:/x\n", "", "c" },
	{ "aliases", "virtual_alias_maps = hash:/x\n", "", "c" },
	{ "no aliases", "virtual_alias_maps =\ncanonical_maps =\n", "", "" },
	{ "another name", "recipient_canonical_maps = hash:/x\n", "", "c" },
	{ "by the sender", "sender_bcc_maps = hash:/x\n", "", "c" },
	{ "nobody is masked",
	    "masquerade_domains =\nmasquerade_classes = envelope_recipient\n",
	    "", "" },
	{ "senders are",
	    "masquerade_domains = x.y\nmasquerade_classes = "
	    "envelope_sender, header_recipient\n"
	    "x = envelope_recipient\n",
	    "", "" },
	{ "recipients are",
	    "masquerade_domains = x.y\nmasquerade_classes = "
	    "envelope_sender, envelope_recipient\n",
	    "", "c" },
	{ "those of one cleanup",
	    "masquerade_domains =\nmasquerade_classes = envelope_sender\n",
	    "scan unix n - n - 0 cleanup -o masquerade_domains=x.y -o "
	    "masquerade_classes=envelope_recipient\n",
	    "c" },
	{ "of cleanup alone", "always_bcc =\n",
	    "scan unix n - n - 0 cleanup -o always_bcc=a@b\n", "c" },
	{ "a rule in an access table",
	    "smtpd_client_restrictions = check_client_access "
	    "regexp:{{/^/ filter scan:[127.0.0.1]:10024}}\n",
	    "", "s" },
	{ "of headers", "header_checks = regexp:{{/^X:/ FILTER scan:dummy}}\n",
	    "", "sl" },
	{ "of one service", "content_filter =\n",
	    "26 inet n - n - - smtpd -o smtpd_client_restrictions="
	    "check_client_access,static:{FILTER scan:dummy}\n",
	    "s" },
	{ "of cleanup", "content_filter =\n",
	    "cleanup unix n - n - 0 cleanup -o body_checks=static:{FILTER "
	    "scan:dummy}\n",
	    "sl" },
	{ "our own", "milter_header_checks = x\n",
	    "cleanup unix n - n - 0 cleanup -o milter_header_checks="
	    "regexp:{{/^LSR-Route: (.*)/ FILTER $1}}\n",
	    "" },
	{ "only words", "header_checks = static:{REJECT the filter says no}\n",
	    "", "" },
	{ "in a file", "header_checks = regexp:@/rules\n", "", "sl" },
	{ "in a comment of one", "header_checks = hash:@/none\n", "", "" },
	{ "of no service that takes mail", "content_filter =\n",
	    "x unix - - n - - smtp -o content_filter=scan:dummy\n", "" },
};

START_TEST(tells_what_is_made_of_a_message)
{
	static const char master[] = "smtp inet n - y - - smtpd\n"
				     "pickup unix n - y 60 1 pickup\n"
				     "cleanup unix n - y - 0 cleanup\n";
	struct buf all = { 0 }, main = { 0 };
	struct mta mta;
	char is[8] = "", *text, *lines;

	buf_text(&all, master);
	buf_text(&all, passings[_i].master);
	text = buf_string(&all);
	mta_init(&mta);
	put(&main, passings[_i].main);
	lines = buf_string(&main);
	passing_read(lines, text, &mta);
	mem_free(lines);
	snprintf(is, sizeof(is), "%s%s%s", mta.filters_smtp ? "s" : "",
	    mta.filters_local ? "l" : "", mta.copies ? "c" : "");
	ck_assert_msg(strcmp(is, passings[_i].wanted) == 0, "%s: %s",
	    passings[_i].what, is);
	mta_done(&mta);
	mem_free(text);
}
END_TEST

static const struct {
	const char *line, *found, *local, *maps;
} classes[] = {
	{ "mydestination = localhost", "", "", "hash:/etc/postfix/transport;" },
	{ "mydestination = Own.Example, localhost", "", "own.example ",
	    "hash:/etc/postfix/transport;" },
	{ "virtual_mailbox_domains = @/domains-file", "", "virtual.example ",
	    "hash:/etc/postfix/transport;" },
	{ "virtual_alias_domains = proxy:hash:/etc/v, mysql:/etc/m",
	    "own.example yes\nvirtual.example\tx y\n",
	    "own.example virtual.example to own.example to virtual.example ",
	    "hash:/etc/v;mysql:/etc/m;hash:/etc/postfix/transport;" },
	{ "mydestination = Bücher.example", "", "xn--bcher-kva.example ",
	    "hash:/etc/postfix/transport;" },
	{ "virtual_alias_domains = hash:/etc/v", NULL, "",
	    "hash:/etc/v;hash:/etc/postfix/transport;" },
	{ "transport_maps = lmdb:@/transport, proxy:hash:/etc/t, pcre:/etc/p",
	    "own.example local:\n", "to own.example ",
	    "hash:/etc/t;pcre:/etc/p;" },
	{ "transport_maps = unionmap:{hash:/etc/t,lmdb:@/transport}", "", "",
	    "" },
};

START_TEST(finds_our_domains_in_its_classes)
{
	char *main = main_cf(classes[_i].line), *got;
	struct buf maps = { 0 }, local = { 0 };
	struct mta mta;

	mta_init(&mta);
	read_all(&mta, main, services, classes[_i].found, &maps);
	for (size_t i = 0; i < mta.local.n; i++)
		buf_printf(&local, "%s ", mta.local.v[i]);
	for (size_t i = 0; i < mta.routed.n; i++)
		buf_printf(&local, "to %s ", mta.routed.v[i]);
	got = buf_string(&local);
	ck_assert_str_eq(got, classes[_i].local);
	ck_assert_int_eq(
	    mta_has(&mta, "own.example"), strncmp(got, "own", 3) == 0);
	ck_assert_int_eq(
	    mta_routes(&mta, "own.example"), strstr(got, "to own") != NULL);
	mem_free(got);
	got = buf_string(&maps);
	ck_assert_str_eq(got, classes[_i].maps);
	mem_free(got);
	mta_done(&mta);
	mem_free(main);
}
END_TEST

static void
make(const char *name, const char *text, mode_t mode)
{
	struct buf b = { 0 };
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	put(&b, text);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fwrite(b.p, 1, b.n, f);
	fclose(f);
	chmod(path, mode);
	buf_done(&b);
}

static void
set_up(void)
{
	char from[128], to[128];

	temp_make(dir);
	make("transport.lmdb", "x", 0644);
	make("list", "y.org\nlmdb:@/domains\n", 0644);
	make("other", "y.org, lmdb:/etc/x\n", 0644);
	make("secret", "lmdb:@/domains\n", 0);
	make("domains-file", "virtual.example\n", 0644);
	make("rules", "# none\n/^X-Odd:/  FILTER  scan:dummy\n", 0644);
	make("none", "# x FILTER scan:dummy\nx REJECT no filter here, y\n",
	    0644);
	snprintf(from, sizeof(from), "%s/transport.lmdb", dir);
	snprintf(to, sizeof(to), "%s/link.lmdb", dir);
	ck_assert_int_eq(symlink(from, to), 0);
}

static void
tear_down(void)
{
	temp_end(dir);
}

int
main(void)
{
	Suite *suite = suite_create("plugins/postfix/reading");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, tells_whether_our_tables_are_asked, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, tells_nothing_without_an_answer);
	tcase_add_test(tc, reads_the_facts);
	tcase_add_test(tc, reads_sources);
	tcase_add_test(tc, reads_lookups);
	tcase_add_test(tc, reads_owners);
	tcase_add_loop_test(tc, tells_what_is_made_of_a_message, 0,
	    (int)(sizeof(passings) / sizeof(passings[0])));
	tcase_add_loop_test(tc, finds_our_domains_in_its_classes, 0,
	    (int)(sizeof(classes) / sizeof(classes[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
