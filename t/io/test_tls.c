#include <string.h>

#include <openssl/ssl.h>

#include "base/mem.h"
#include "t/io/pki.h"
#include "t/tap.h"

static struct pki pki;

/* What one side has for the other. `cut` octets at a time. */
static void
carry(struct tls *from, struct tls *to, size_t cut)
{
	uint8_t octets[4096];
	size_t n;

	while ((n = tls_pull(from, octets, cut)) > 0) {
		uint8_t *exact = mem_dup(octets, n);

		tls_feed(to, exact, n);
		mem_free(exact);
		tls_run(to);
	}
}

static void
shake(struct tls *a, struct tls *b, size_t cut)
{
	for (int i = 0; i < 6; i++) {
		tls_run(a);
		carry(a, b, cut);
		tls_run(b);
		carry(b, a, cut);
	}
}

START_TEST(both_prove_their_names)
{
	static const size_t cuts[] = { 1, 7, 4096 };
	struct tls_self *one = pki_self(&pki, "a.example.org");
	struct tls_self *two = pki_self(&pki, "b.example.org");
	struct tls *client = tls_new(one, "b.example.org");
	struct tls *server = tls_new(two, NULL);
	uint8_t got[64];
	size_t n;

	shake(client, server, cuts[_i]);
	ck_assert_int_eq(tls_state(client), TLS_OPEN);
	ck_assert_int_eq(tls_state(server), TLS_OPEN);
	ck_assert_str_eq(tls_name(client), "b.example.org");
	ck_assert_str_eq(tls_name(server), "a.example.org");
	ck_assert(tls_certificate(server, &n) != NULL && n > 100);
	tls_write(client, (const uint8_t *)"hello", 5);
	carry(client, server, cuts[_i]);
	ck_assert_uint_eq(tls_read(server, got, sizeof(got)), 5);
	ck_assert_mem_eq(got, "hello", 5);
	ck_assert_uint_eq(tls_read(server, got, sizeof(got)), 0);
	tls_shut(server);
	carry(server, client, cuts[_i]);
	ck_assert_uint_eq(tls_read(client, got, sizeof(got)), 0);
	ck_assert_int_eq(tls_state(client), TLS_ENDED);
	tls_free(client);
	tls_free(server);
	tls_self_free(one);
	tls_self_free(two);
}
END_TEST

/* An organization of two: what the server says of this client. */
static void
refused(struct tls_self *client_self, const char *expect, struct tls **fails,
    const char *reason)
{
	struct tls_self *two = pki_self(&pki, "b.example.org");
	struct tls *client = tls_new(client_self, expect);
	struct tls *server = tls_new(two, NULL);
	uint8_t got[16];

	shake(client, server, 4096);
	*fails = expect[0] == 'b' ? server : client;
	ck_assert_int_eq(tls_state(*fails), TLS_FAILED);
	ck_assert_str_eq(tls_reason(*fails), reason);
	ck_assert_uint_eq(tls_read(*fails, got, sizeof(got)), 0);
	tls_free(client);
	tls_free(server);
	tls_self_free(two);
}

START_TEST(other_authority)
{
	struct pki other;
	struct tls_self *self;
	struct tls *fails;

	pki_init(&other);
	self = pki_self(&other, "a.example.org");
	other.crypto.ctx = &pki; /* the client itself takes ours */
	refused(self, "b.example.org", &fails, "other-authority");
	tls_self_free(self);
	pki_done(&other);
}
END_TEST

START_TEST(another_name)
{
	struct tls_self *self = pki_self(&pki, "a.example.org");
	struct tls *fails;

	refused(self, "c.example.org", &fails, "wrong-name");
	tls_self_free(self);
}
END_TEST

static const struct {
	int64_t late_s;
	bool opens;
} dates[] = {
	{ 0, true }, { 29 * 86400, true },       /* the last day */
	{ 31 * 86400, true },                    /* one day over */
	{ 30 * 86400 + TLS_GRACE_S - 60, true }, /* the last minute */
	{ 30 * 86400 + TLS_GRACE_S + 60, false },
	{ -3600 * 24, false }, /* not yet valid */
};

START_TEST(dates_count_in_the_handshake)
{
	struct tls_self *one = pki_self(&pki, "a.example.org");
	struct tls_self *two = pki_self(&pki, "b.example.org");
	struct tls *client = tls_new(one, "b.example.org");
	struct tls *server = tls_new(two, NULL);

	pki.late_s = dates[_i].late_s;
	shake(client, server, 4096);
	pki.late_s = 0;
	ck_assert_int_eq(tls_state(client) == TLS_OPEN, dates[_i].opens);
	if (!dates[_i].opens)
		ck_assert_str_eq(tls_reason(client), "expired");
	tls_free(client);
	tls_free(server);
	tls_self_free(one);
	tls_self_free(two);
}
END_TEST

static const struct {
	const char *what;
	char octets[64];
	size_t n;
	const char *reason;
} garbage[] = {
	{ "HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, "not-tls" },
	{ "proxy", "CONNECT x:443 HTTP/1.1\r\n\r\n", 26, "not-tls" },
	{ "SMTP", "EHLO mail.example.org\r\n", 23, "not-tls" },
	{ "SSLv2 hello", "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01", 48,
	    NULL },
	{ "zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, "not-tls" },
	{ "huge record", "\x16\x03\x01\xff\xff\x01\x00\x00\x00\x00\x00", 11,
	    NULL },
};

START_TEST(garbage_fails)
{
	struct tls_self *two = pki_self(&pki, "b.example.org");
	struct tls *server = tls_new(two, NULL);
	uint8_t *exact = mem_dup(garbage[_i].octets, garbage[_i].n), got[8];

	tls_feed(server, exact, garbage[_i].n);
	ck_assert_int_eq(tls_run(server), TLS_FAILED);
	if (garbage[_i].reason != NULL)
		ck_assert_str_eq(tls_reason(server), garbage[_i].reason);
	ck_assert_uint_eq(tls_read(server, got, sizeof(got)), 0);
	mem_free(exact);
	tls_free(server);
	tls_self_free(two);
}
END_TEST

/* A ClientHello that never ends: bounded. */
START_TEST(endless_hello)
{
	static const uint8_t head[] = { 0x16, 3, 1, 0x40, 0, 1, 0xff, 0xff,
		0xf0 };
	struct tls_self *two = pki_self(&pki, "b.example.org");
	struct tls *server = tls_new(two, NULL);
	uint8_t more[1024] = { 0 };
	size_t fed = 0;

	tls_feed(server, head, sizeof(head));
	while (tls_run(server) == TLS_HANDSHAKE && fed < 10000000) {
		tls_feed(server, more, sizeof(more));
		fed += sizeof(more);
	}
	ck_assert_int_eq(tls_state(server), TLS_FAILED);
	ck_assert_uint_le(fed, TLS_HANDSHAKE_MAX + 2048);
	tls_free(server);
	tls_self_free(two);
}
END_TEST

/* A client of OpenSSL itself, less strict than we are. */
static const struct {
	const char *what;
	int max_version;
	const char *alpn;
	const char *reason;
} clients[] = {
	{ "TLS 1.2", TLS1_2_VERSION, "\6lsrd/1", "tls-version" },
	{ "TLS 1.1", TLS1_1_VERSION, "\6lsrd/1", "tls-version" },
	{ "no certificate", TLS1_3_VERSION, "\6lsrd/1", "no-certificate" },
	{ "another protocol", TLS1_3_VERSION, "\2h2", "other-protocol" },
	{ "a longer name of it", TLS1_3_VERSION, "\7lsrd/10",
	    "other-protocol" },
	{ "no protocol", TLS1_3_VERSION, NULL, "no-certificate" },
};

static void
talk(SSL *ssl, struct tls *server)
{
	BIO *in = SSL_get_rbio(ssl), *out = SSL_get_wbio(ssl);
	uint8_t octets[4096];
	size_t n;
	int got;

	for (int i = 0; i < 6; i++) {
		SSL_do_handshake(ssl);
		while ((got = BIO_read(out, octets, sizeof(octets))) > 0)
			tls_feed(server, octets, (size_t)got);
		tls_run(server);
		while ((n = tls_pull(server, octets, sizeof(octets))) > 0)
			BIO_write(in, octets, (int)n);
	}
}

START_TEST(other_clients)
{
	struct tls_self *two = pki_self(&pki, "b.example.org");
	struct tls *server = tls_new(two, NULL);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	const char *protocol = clients[_i].alpn;

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, clients[_i].max_version);
	if (protocol != NULL)
		SSL_CTX_set_alpn_protos(
		    ctx, (const uint8_t *)protocol, (unsigned)strlen(protocol));
	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(ssl);
	talk(ssl, server);
	ck_assert_msg(tls_state(server) == TLS_FAILED, "%s: state %d",
	    clients[_i].what, (int)tls_state(server));
	ck_assert_msg(strcmp(tls_reason(server), clients[_i].reason) == 0,
	    "%s: %s", clients[_i].what, tls_reason(server));
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	tls_free(server);
	tls_self_free(two);
}
END_TEST

static void
setup(void)
{
	pki_init(&pki);
}

static void
teardown(void)
{
	pki_done(&pki);
}

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int
main(void)
{
	Suite *suite = suite_create("tls");
	TCase *tc = tcase_create("tls");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, both_prove_their_names, 0, 3);
	tcase_add_test(tc, other_authority);
	tcase_add_test(tc, another_name);
	tcase_add_loop_test(tc, dates_count_in_the_handshake, 0, COUNT(dates));
	tcase_add_loop_test(tc, garbage_fails, 0, COUNT(garbage));
	tcase_add_test(tc, endless_hello);
	tcase_add_loop_test(tc, other_clients, 0, COUNT(clients));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
