/*
 * test_conf_keys.c - what the configuration says against what keys and
 * certificate say. The keys are made here; none is kept.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "cfg/conf.h"
#include "cfg/outline.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "t/tap.h"
#include "t/temp.h"

static const struct conf_keys readers = { keys_own_public, keys_mark_public,
	keys_authority, keys_authority_end, keys_vouched };

static char dir[TEMP_FOLDER];

static char *
in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
server_make(struct evp_pkey_st *authority, const char *name, const char *key,
    const char *cert)
{
	struct evp_pkey_st *own = keys_new();
	char server[64], group[] = "london", space[] = ".example.org";
	char *spaces[] = { space };
	char relay[] = "a.example.org";
	char *relays[] = { relay };
	struct claims claims = { .name = server,
		.group = group,
		.spaces = spaces,
		.nspaces = 1,
		.relays = relays,
		.nrelays = 1 };
	struct buf der = { 0 };

	snprintf(server, sizeof(server), "%s", name);
	keys_public(own, claims.public_key);
	issue_server(&claims, "example.org", 30, authority, &der);
	if (key != NULL)
		keys_write(in_dir(key), own, KEYS_OWN, NULL);
	keys_write_certificate(in_dir(cert), der.p, der.n, NULL);
	buf_done(&der);
	keys_free(own);
}

static void
setup(void)
{
	struct evp_pkey_st *authority = keys_new(), *foreign = keys_new();
	struct evp_pkey_st *mark = keys_new();
	struct buf der = { 0 };

	temp_make(dir);
	issue_authority("example.org", 30, authority, &der);
	keys_write_certificate(in_dir("authority.pem"), der.p, der.n, NULL);
	server_make(authority, "mx1.example.org", "server.key", "server.pem");
	server_make(authority, "mx2.example.org", "other.key", "other.pem");
	server_make(foreign, "mx1.example.org", NULL, "foreign.pem");
	keys_write(in_dir("mark.key"), mark, KEYS_MARK, NULL);
	keys_write(in_dir("old.key"), foreign, KEYS_MARK, NULL);
	buf_done(&der);
	keys_free(authority);
	keys_free(foreign);
	keys_free(mark);
}

static void
teardown(void)
{
	temp_end(dir);
}

#define KEY "key = \"@/server.key\"\n"
#define CERT "certificate = \"@/server.pem\"\n"
#define ORG "authority = \"@/authority.pem\"\n"
#define SELF "server = mx1.example.org\nrouting-group = london\n"

static const struct {
	const char *what, *text;
	int rc;
	const char *complaint; /* a part of the one complaint; NULL: none */
} rows[] = {
	{ "all is well",
	    SELF KEY CERT ORG "mark-key = \"@/mark.key\"\n"
			      "previous-mark-key = \"@/old.key\"",
	    RC_OK, NULL },
	{ "no mark key where nobody asked for one", SELF KEY CERT ORG, RC_OK,
	    NULL },
	{ "a space it may claim, and relay",
	    SELF KEY CERT ORG "address-space a.example.org { }", RC_OK, NULL },
	{ "a space it may claim, not relay",
	    SELF KEY CERT ORG "address-space b.example.org { }", RC_OK,
	    ":6: warning: address-space \"b.example.org\": the certificate "
	    "does not allow relay = yes, so it counts as no; write relay = "
	    "no, or issue a certificate with --relay 'b.example.org'" },
	{ "a space it may not claim",
	    SELF KEY CERT ORG "address-space example.com { relay = no }",
	    RC_FORMAT,
	    ":6: error: address-space \"example.com\": the certificate does "
	    "not allow it; issue a certificate with --space 'example.com'" },
	{ "everything it may not claim",
	    SELF KEY CERT ORG "address-space '*' { }", RC_FORMAT,
	    "issue a certificate with --space '*'" },
	{ "another name",
	    "server = mx3.example.org\nrouting-group = london\n" KEY CERT ORG,
	    RC_FORMAT,
	    ":1: error: server = \"mx3.example.org\": the certificate says "
	    "\"mx1.example.org\"; mend it" },
	{ "another group",
	    "server = mx1.example.org\nrouting-group = paris\n" KEY CERT ORG,
	    RC_FORMAT, ":2: error: routing-group = \"paris\": the certif" },
	{ "the key of another", SELF "key = \"@/other.key\"\n" CERT ORG,
	    RC_FORMAT,
	    ":3: error: key and certificate do not belong together" },
	{ "another organization",
	    SELF KEY "certificate = \"@/foreign.pem\"\n" ORG, RC_FORMAT,
	    "foreign.pem\": not signed by the organization's authority" },
	{ "no key", SELF "key = \"@/none.key\"\n" CERT ORG, RC_FORMAT,
	    "none.key\": No such file or directory; make it with `lsrctl keys "
	    "issue`" },
	{ "no certificate", SELF KEY "certificate = \"@/none.pem\"\n" ORG,
	    RC_FORMAT, "make it with `lsrctl keys issue`" },
	{ "no authority", SELF KEY CERT "authority = \"@/none.pem\"\n",
	    RC_FORMAT, "`lsrctl keys authority` makes it" },
	{ "a server's certificate as authority",
	    SELF KEY CERT "authority = \"@/server.pem\"\n", RC_FORMAT,
	    "not signed by" },
	{ "a key for a certificate",
	    SELF KEY "certificate = \"@/server.key\"\n" ORG, RC_FORMAT,
	    "not a PEM file of the right kind" },
	{ "no mark key where one was asked for",
	    SELF KEY CERT ORG "mark-key = \"@/none.key\"", RC_FORMAT,
	    ":6: error: mark-key = " },
	{ "the previous certificate is another's",
	    SELF KEY CERT ORG "previous-certificate = \"@/other.pem\"",
	    RC_FORMAT, ":6: error: previous-certificate = " },
	{ "the previous certificate is ours",
	    SELF KEY CERT ORG "previous-certificate = \"@/server.pem\"", RC_OK,
	    NULL },
};

/* The text with our folder for each @. */
static void
file_write(const char *text)
{
	FILE *out = fopen(in_dir("lsrd.conf"), "w");

	ck_assert_ptr_nonnull(out);
	for (; *text != '\0'; text++)
		if (*text == '@')
			fputs(dir, out);
		else
			fputc(*text, out);
	fputs(
	    "\norganization = example.org\nsmtp = { \"192.0.2.1:25\" }\n", out);
	fclose(out);
}

static void
compare(const struct complaints *complaints, const char *what, const char *part)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < complaints->list.n; i++) {
		complaint_text(&text, &complaints->list.v[i]);
		buf_u8(&text, '\n');
	}
	buf_u8(&text, 0);
	ck_assert_msg(complaints->list.n == (part != NULL), "%s: %s", what,
	    (char *)text.p);
	ck_assert_msg(part == NULL || strstr((char *)text.p, part) != NULL,
	    "%s: %s", what, (char *)text.p);
	buf_done(&text);
}

START_TEST(agrees_or_complains)
{
	struct complaints complaints = { 0 };
	struct conf *conf;
	int rc;

	file_write(rows[_i].text);
	rc = conf_load(in_dir("lsrd.conf"), &readers, &conf, &complaints);
	compare(&complaints, rows[_i].what, rows[_i].complaint);
	ck_assert_msg(rc == rows[_i].rc, "%s: %s", rows[_i].what, rc_word(rc));
	if (conf != NULL)
		ck_assert_str_eq(conf->setup.claims->name, "mx1.example.org");
	conf_free(conf);
	complaints_done(&complaints);
}
END_TEST

START_TEST(setup_is_complete)
{
	struct complaints complaints = { 0 };
	struct conf *conf;
	uint8_t digest[CRYPTO_DIGEST];

	file_write(rows[0].text);
	ck_assert_int_eq(
	    conf_load(in_dir("lsrd.conf"), &readers, &conf, &complaints),
	    RC_OK);
	ck_assert_uint_eq(conf->setup.announced.nmark, 2);
	ck_assert_uint_gt(conf->setup.cert.now_len, 200);
	keys_digest(conf->setup.authority.key, digest);
	ck_assert(
	    memcmp(digest, conf->setup.authority.id, sizeof(digest)) == 0);
	conf_free(conf);
	complaints_done(&complaints);
}
END_TEST

START_TEST(a_readable_key_has_its_own_reason)
{
	struct complaints complaints = { 0 };
	struct conf *conf;
	char key[128];

	snprintf(key, sizeof(key), "%s", in_dir("server.key"));
	ck_assert_int_eq(chmod(key, 0644), 0);
	file_write(rows[0].text);
	ck_assert_int_eq(
	    conf_load(in_dir("lsrd.conf"), &readers, &conf, &complaints),
	    RC_PERMISSION);
	compare(&complaints, "0644",
	    "a key that others may read; chmod 600 /tmp/lsrd-test.");
	ck_assert_ptr_null(conf);
	complaints_done(&complaints);
}
END_TEST

START_TEST(a_missing_file_has_its_own_reason)
{
	struct complaints complaints = { 0 };
	struct conf *conf;

	ck_assert_int_eq(
	    conf_load("/nonexistent/lsrd.conf", NULL, &conf, &complaints),
	    RC_IO);
	compare(&complaints, "missing",
	    "/nonexistent/lsrd.conf: error: cannot be read: No such file or "
	    "directory; lsrd.conf.sample is a good beginning");
	complaints_done(&complaints);
}
END_TEST

/* An error of libconfuse's lexer would spoil every later load. */
START_TEST(a_bad_file_spoils_no_later_one)
{
	static const char *const bad[] = { "organization = \"", "a = '",
		"a = \"\\400\"", "/* ", "a = \"\\", "\"", "a = {", "a {" };
	struct conf *conf;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct complaints complaints = { 0 };

		file_write(bad[i]);
		ck_assert_int_eq(
		    conf_load(in_dir("lsrd.conf"), NULL, &conf, &complaints),
		    RC_FORMAT);
		complaints_done(&complaints);
		file_write(SELF);
		ck_assert_int_eq(
		    conf_load(in_dir("lsrd.conf"), NULL, &conf, &complaints),
		    RC_OK);
		conf_free(conf);
		complaints_done(&complaints);
	}
}
END_TEST

START_TEST(a_long_line_is_read)
{
	struct complaints complaints = { 0 };
	size_t n = 1 << 20;
	char *text = malloc(n + 64);
	struct conf *conf;

	strcpy(text, "x = \"");
	memset(text + 5, 'x', n);
	strcpy(text + 5 + n, "\"");
	file_write(text);
	ck_assert_int_eq(
	    conf_load(in_dir("lsrd.conf"), NULL, &conf, &complaints),
	    RC_FORMAT);
	ck_assert_uint_eq(complaints.list.v[2].line, 1);
	ck_assert_ptr_nonnull(
	    strstr(complaints.list.v[2].text, "option \"x\" is not known"));
	complaints_done(&complaints);
	free(text);
}
END_TEST

/* What is no text at all, with octets after a NUL. */
static const struct {
	const char *text;
	size_t n;
	const char *complaint; /* a part of the first */
	size_t complaints;
} wide[] = {
	{ "\xff\xfeo\0r\0", 6, ":1: error: a text in UTF-16 or UTF-32; save",
	    1 },
	{ "\xfe\xff\0o\0r", 6, ":1: error: a text in UTF-16 or UTF-32", 1 },
	{ "o\0r\0g\0", 6, ":1: error: a text in UTF-16 or UTF-32", 1 },
	{ "\0o\0r\0g", 6, ":1: error: a text in UTF-16 or UTF-32", 1 },
	{ "o\0\0\0r\0\0\0", 8, ":1: error: a text in UTF-16 or UTF-32", 1 },
	{ "a = b\nc\0\0\nd = e\n\0", 17, ":2: error: a NUL as octet 2", 2 },
	{ "\0\0\0\0\0\0\0\0", 8, ":1: error: a NUL as octet 1; remove it; a",
	    1 },
	{ "a\0", 2, ":1: error: a NUL as octet 2", 1 },
};

START_TEST(what_is_no_text_is_named)
{
	struct complaints complaints = { 0 };
	FILE *out = fopen(in_dir("lsrd.conf"), "w");
	struct buf text = { 0 };
	struct conf *conf;

	ck_assert_uint_eq(
	    fwrite(wide[_i].text, 1, wide[_i].n, out), wide[_i].n);
	fclose(out);
	ck_assert_int_eq(
	    conf_load(in_dir("lsrd.conf"), NULL, &conf, &complaints),
	    RC_FORMAT);
	ck_assert_uint_eq(complaints.list.n, wide[_i].complaints);
	complaint_text(&text, &complaints.list.v[0]);
	buf_u8(&text, 0);
	ck_assert_msg(strstr((char *)text.p, wide[_i].complaint) != NULL, "%s",
	    (char *)text.p);
	buf_done(&text);
	complaints_done(&complaints);
}
END_TEST

/* A file of another kind with a line end in each second octet. */
START_TEST(bad_lines_without_end)
{
	struct complaints complaints = { 0 };
	size_t n = 1 << 20;
	char *text = malloc(n + 1);
	struct conf *conf;

	for (size_t i = 0; i < n; i++)
		text[i] = i % 2 == 0 ? '\x01' : '\n';
	text[n] = '\0';
	file_write(text);
	ck_assert_int_eq(
	    conf_load(in_dir("lsrd.conf"), NULL, &conf, &complaints),
	    RC_FORMAT);
	ck_assert_uint_eq(complaints.list.n, OUTLINE_BAD_LINES + 2);
	complaints_done(&complaints);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conf-keys");
	TCase *tc = tcase_create("conf-keys");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
	    tc, agrees_or_complains, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, setup_is_complete);
	tcase_add_test(tc, a_readable_key_has_its_own_reason);
	tcase_add_test(tc, a_missing_file_has_its_own_reason);
	tcase_add_test(tc, a_bad_file_spoils_no_later_one);
	tcase_add_test(tc, a_long_line_is_read);
	tcase_add_loop_test(
	    tc, what_is_no_text_is_named, 0, sizeof(wide) / sizeof(wide[0]));
	tcase_add_test(tc, bad_lines_without_end);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
