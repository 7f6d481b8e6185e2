#include "io/tls.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "sys/clock.h"

/* Around a record's octets (RFC 8446 5.2): header, type, tag. */
#define TLS_RECORD_OCTETS (5 + 1 + 16)

struct tls_self {
	SSL_CTX *ctx;
};

struct tls {
	SSL *ssl;
	BIO *in, *out; /* the session's */
	const struct crypto *crypto;
	char *expect;
	enum tls_state state;
	const char *reason;
	size_t fed; /* octets during the handshake */
	struct claims *claims;
	uint8_t *der;
	size_t der_len;
};

static const uint8_t alpn[] = { 6, 'l', 's', 'r', 'd', '/', '1' };

/* What the peer did wrong, by OpenSSL's reason. */
/* clang-format off */
static const struct {
	int ssl;
	const char *word;
} reasons[] = {
	{ SSL_R_UNSUPPORTED_PROTOCOL, "tls-version" },
	{ SSL_R_WRONG_VERSION_NUMBER, "not-tls" },
	{ SSL_R_WRONG_SSL_VERSION, "tls-version" },
	{ SSL_R_VERSION_TOO_LOW, "tls-version" },
	{ SSL_R_NO_PROTOCOLS_AVAILABLE, "tls-version" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "tls-version" },
	{ SSL_R_HTTP_REQUEST, "not-tls" },
	{ SSL_R_HTTPS_PROXY_REQUEST, "not-tls" },
	{ SSL_R_PACKET_LENGTH_TOO_LONG, "not-tls" },
	{ SSL_R_RECORD_LENGTH_MISMATCH, "not-tls" },
	{ SSL_R_NO_SHARED_CIPHER, "no-common-cipher" },
	{ SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "no-common-signature" },
	{ SSL_R_NO_APPLICATION_PROTOCOL, "other-protocol" },
	/* It has a name of its own in newer OpenSSL alone, not in 3.0.13. */
	{ SSL_AD_REASON_OFFSET + TLS1_AD_NO_APPLICATION_PROTOCOL,
	    "other-protocol" },
	{ SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "no-certificate" },
	{ SSL_R_UNKNOWN_CERTIFICATE_TYPE, "no-certificate" },
	{ SSL_R_EXCESSIVE_MESSAGE_SIZE, "too-long" },
	{ SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "refuses-us" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "refuses-us" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA, "refuses-us" },
	{ SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "refuses-us" },
	{ SSL_R_TLSV1_ALERT_ACCESS_DENIED, "not-listed" },
};
/* clang-format on */

static void
fail(struct tls *tls, const char *reason)
{
	if (tls->state == TLS_FAILED)
		return;
	tls->state = TLS_FAILED;
	tls->reason = reason;
}

static const char *
reason_of_error(void)
{
	int reason = ERR_GET_REASON(ERR_peek_error());

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].ssl == reason)
			return reasons[i].word;
	return "handshake";
}

/* Dates count here alone, and with grace for the forgotten renewal. */
static bool
in_date(const struct claims *claims)
{
	int64_t now = (int64_t)clock_wall();

	return now >= claims->not_before &&
	       now <= claims->not_after + TLS_GRACE_S;
}

/* Does the certificate prove a name, and the one that we want? */
static const char *
tls_judge(struct tls *tls)
{
	int rc = tls->crypto->vouch(
	    tls->crypto->ctx, tls->der, tls->der_len, &tls->claims);

	if (rc == RC_SIGNATURE)
		return "other-authority";
	if (rc != RC_OK)
		return rc_word(rc);
	if (!in_date(tls->claims))
		return "expired";
	if (tls->expect != NULL && strcmp(tls->expect, tls->claims->name) != 0)
		return "wrong-name";
	return NULL;
}

/*
 * In place of OpenSSL's own verification: chains, wildcards and purposes
 * have no place here. The authority signs every certificate itself.
 */
static int
on_verify(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get0_cert(store);
	unsigned char *der = NULL;
	int n = cert == NULL ? -1 : i2d_X509(cert, &der);
	const char *reason = "no-certificate";

	(void)arg;
	if (n > 0 && tls->der == NULL) {
		tls->der = mem_dup(der, (size_t)n);
		tls->der_len = (size_t)n;
		reason = tls_judge(tls);
	}
	OPENSSL_free(der);
	if (reason == NULL)
		return 1;
	fail(tls, reason);
	X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, outlen, alpn, sizeof(alpn), in,
		inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static bool
restrict_ctx(SSL_CTX *ctx)
{
	char algorithm[] = "ed25519"; /* OpenSSL's macro drops a const */

	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(
	    ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_verify, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_max_cert_list(ctx, TLS_HANDSHAKE_MAX / 2);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	       SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
	       SSL_CTX_set_recv_max_early_data(ctx, 0) == 1 &&
	       SSL_CTX_set1_sigalgs_list(ctx, algorithm) == 1 &&
	       SSL_CTX_set1_client_sigalgs_list(ctx, algorithm) == 1 &&
	       SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn)) == 0;
}

int
tls_self_new(const uint8_t *der, size_t n, struct evp_pkey_st *key,
    const struct crypto *crypto, struct tls_self **out)
{
	struct tls_self *self = mem_new(sizeof(*self), 0, 0);

	*out = NULL;
	CHECK(n <= INT_MAX);
	self->ctx = SSL_CTX_new(TLS_method());
	CHECK(self->ctx != NULL && restrict_ctx(self->ctx));
	SSL_CTX_set_app_data(self->ctx, (void *)(uintptr_t)crypto);
	if (SSL_CTX_use_certificate_ASN1(self->ctx, (int)n, der) != 1 ||
	    SSL_CTX_use_PrivateKey(self->ctx, key) != 1 ||
	    SSL_CTX_check_private_key(self->ctx) != 1) {
		ERR_clear_error();
		tls_self_free(self);
		return RC_FORMAT;
	}
	*out = self;
	return RC_OK;
}

void
tls_self_free(struct tls_self *self)
{
	if (self == NULL)
		return;
	SSL_CTX_free(self->ctx); /* sessions hold it by a count of their own */
	mem_free(self);
}

struct tls *
tls_new(const struct tls_self *self, const char *expect)
{
	struct tls *tls = mem_new(sizeof(*tls), 0, 0);

	tls->ssl = SSL_new(self->ctx);
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	CHECK(tls->ssl != NULL && tls->in != NULL && tls->out != NULL);
	BIO_set_mem_eof_return(tls->in, -1);
	BIO_set_mem_eof_return(tls->out, -1);
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	SSL_set_app_data(tls->ssl, tls);
	tls->crypto = SSL_CTX_get_app_data(self->ctx);
	tls->expect = mem_str(expect);
	tls->reason = "";
	if (expect != NULL)
		SSL_set_connect_state(tls->ssl);
	else
		SSL_set_accept_state(tls->ssl);
	return tls;
}

void
tls_small(struct tls *tls)
{
	CHECK(SSL_set_max_send_fragment(
		  tls->ssl, TLS_SMALL - TLS_RECORD_OCTETS) == 1);
}

void
tls_feed(struct tls *tls, const uint8_t *octets, size_t n)
{
	if (tls->state != TLS_HANDSHAKE && tls->state != TLS_OPEN)
		return;
	if (tls->state == TLS_HANDSHAKE) {
		tls->fed += n;
		if (tls->fed > TLS_HANDSHAKE_MAX) {
			fail(tls, "too-long");
			return;
		}
	}
	CHECK(n <= INT_MAX);
	CHECK(n == 0 || BIO_write(tls->in, octets, (int)n) == (int)n);
}

static bool
tls_is_ours(const struct tls *tls)
{
	const unsigned char *chosen;
	unsigned int n;

	SSL_get0_alpn_selected(tls->ssl, &chosen, &n);
	return n == sizeof(alpn) - 1 && memcmp(chosen, alpn + 1, n) == 0;
}

enum tls_state
tls_run(struct tls *tls)
{
	int rc;

	if (tls->state != TLS_HANDSHAKE)
		return tls->state;
	ERR_clear_error();
	rc = SSL_do_handshake(tls->ssl);
	if (rc == 1) {
		if (tls->claims == NULL)
			fail(tls, "no-certificate");
		else if (!tls_is_ours(tls))
			fail(tls, "other-protocol");
		else
			tls->state = TLS_OPEN;
	} else if (SSL_get_error(tls->ssl, rc) != SSL_ERROR_WANT_READ) {
		fail(tls, reason_of_error());
	}
	ERR_clear_error();
	return tls->state;
}

size_t
tls_read(struct tls *tls, uint8_t *out, size_t room)
{
	size_t n = 0;
	int rc;

	if (tls->state != TLS_OPEN)
		return 0;
	ERR_clear_error();
	rc = SSL_read_ex(tls->ssl, out, room, &n);
	if (rc == 1)
		return n;
	rc = SSL_get_error(tls->ssl, rc);
	if (rc == SSL_ERROR_ZERO_RETURN)
		tls->state = TLS_ENDED;
	else if (rc != SSL_ERROR_WANT_READ)
		fail(tls, "tls-error");
	ERR_clear_error();
	return 0;
}

void
tls_write(struct tls *tls, const uint8_t *octets, size_t n)
{
	size_t done = 0;

	if (tls->state != TLS_OPEN || n == 0)
		return;
	ERR_clear_error();
	if (SSL_write_ex(tls->ssl, octets, n, &done) != 1 || done != n)
		fail(tls, "tls-error");
	ERR_clear_error();
}

void
tls_shut(struct tls *tls)
{
	if (tls->state != TLS_OPEN && tls->state != TLS_ENDED)
		return;
	ERR_clear_error();
	SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

size_t
tls_pull(struct tls *tls, uint8_t *out, size_t room)
{
	int n = BIO_read(tls->out, out, room > INT_MAX ? INT_MAX : (int)room);

	return n > 0 ? (size_t)n : 0;
}

enum tls_state
tls_state(const struct tls *tls)
{
	return tls->state;
}

const char *
tls_reason(const struct tls *tls)
{
	return tls->reason;
}

const char *
tls_name(const struct tls *tls)
{
	CHECK(tls->claims != NULL);
	return tls->claims->name;
}

const uint8_t *
tls_certificate(const struct tls *tls, size_t *n)
{
	*n = tls->der_len;
	return tls->der;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_free(tls->ssl);
	claims_free(tls->claims);
	mem_free(tls->der);
	mem_free(tls->expect);
	mem_free(tls);
}
