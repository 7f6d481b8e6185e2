/*
 * tls.h - TLS sessions between servers, and who the peer has proved to be.
 *
 * A session is octets in, octets out: it owns no socket, so that whatever
 * carries octets can carry it. TLS 1.3 (RFC 8446) alone, both sides with an
 * Ed25519 certificate of the organization's authority, ALPN `lsrd/1`
 * (RFC 7301); no tickets, no resumption, no early data.
 *
 *     HANDSHAKE ------> OPEN ------> ENDED
 *         |               |            (the peer has said so)
 *         +----> FAILED <-+
 *
 * Nothing can be read before the handshake is complete and the peer's name
 * is proved (lsrd-protocol(7) 1): signed by the authority, exactly one name,
 * and, where we dialled, the name that we wanted. A certificate that is out
 * of date by up to TLS_GRACE_S is let through: whether its holder is known
 * is the engine's to judge, which gets it.
 */

#ifndef IO_TLS_H
#define IO_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lsa/crypto.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

#define TLS_GRACE_S (7 * 86400)
#define TLS_SMALL 2048
#define TLS_HANDSHAKE_MAX 65536 /* octets of a peer before it is proved */

/* Who we are. Shared by sessions, which keep it as long as they live. */
struct tls_self;

/*
 * Our certificate (DER) and its key, which stays the caller's; `crypto`
 * vouches for peers and is lent for the life of all sessions. On RC_OK *out
 * is the caller's; RC_FORMAT when certificate and key do not fit together.
 */
int tls_self_new(const uint8_t *der, size_t n, struct evp_pkey_st *key,
    const struct crypto *crypto, struct tls_self **out);
void tls_self_free(struct tls_self *self);

enum tls_state { TLS_HANDSHAKE, TLS_OPEN, TLS_ENDED, TLS_FAILED };

struct tls;

/* `expect` is the name that we dialled, or NULL: the peer came to us. */
struct tls *tls_new(const struct tls_self *self, const char *expect);

/* From the beginning on, our records have at most TLS_SMALL octets. */
void tls_small(struct tls *tls);

/* Octets have come from the other side: they are kept, or the session fails. */
void tls_feed(struct tls *tls, const uint8_t *octets, size_t n);

/* Goes on with the handshake as far as it gets. */
enum tls_state tls_run(struct tls *tls);

/* What the peer said, at most `room` octets; 0 when there is nothing now or
 * the session is not open. */
size_t tls_read(struct tls *tls, uint8_t *out, size_t room);

/* Only while the session is open. */
void tls_write(struct tls *tls, const uint8_t *octets, size_t n);

/* Says that nothing more will come from us. */
void tls_shut(struct tls *tls);

/* Octets for the other side, to be sent in this order; 0 when none are left. */
size_t tls_pull(struct tls *tls, uint8_t *out, size_t room);

enum tls_state tls_state(const struct tls *tls);

/* Why it failed: one of our own words; "" before that. */
const char *tls_reason(const struct tls *tls);

/* Of an open session: the proved name, and the certificate that proves it. */
const char *tls_name(const struct tls *tls);
const uint8_t *tls_certificate(const struct tls *tls, size_t *n);

void tls_free(struct tls *tls);

#endif
