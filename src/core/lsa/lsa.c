#include "core/lsa/lsa.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/lsa_list.h"
#include "core/lsa/lsa_room.h"

#define VERSION 1
#define FLAG_PURGE 1u
#define ORG_AT 4 /* after version, type, flags, 0 */

static int
lsa_text_order(const char *a, const char *b)
{
	int c = strcmp(a, b);

	return c < 0 ? -1 : c > 0;
}

int
lsa_key_order(const struct lsa_key *a, const struct lsa_key *b)
{
	int c = lsa_text_order(a->origin, b->origin);

	if (c == 0)
		c = (a->type > b->type) - (a->type < b->type);
	return c == 0 ? lsa_text_order(a->id, b->id) : c;
}

int
lsa_compare(const struct lsa *a, const struct lsa *b)
{
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return memcmp(a->digest, b->digest, CRYPTO_DIGEST);
}

uint32_t
lsa_epoch(const struct lsa *lsa)
{
	if (lsa->key.type == LSA_FORGET)
		return lsa_forget_epoch(lsa);
	return lsa_is_authority(lsa) ? 0 : (uint32_t)(lsa->seq >> 32);
}

bool
lsa_is_authority(const struct lsa *lsa)
{
	return lsa->key.type == LSA_FORGET || lsa->key.type == LSA_REVOCATION ||
	       lsa->key.type == LSA_RULE || lsa->key.type == LSA_GRANT;
}

const uint8_t *
lsa_org(const struct lsa *lsa)
{
	return lsa->octets + ORG_AT;
}

const struct lsa_server *
lsa_server(const struct lsa *lsa)
{
	return lsa->key.type == LSA_SERVER ? lsa->said.server : NULL;
}

const struct lsa_connector *
lsa_connector(const struct lsa *lsa)
{
	return lsa->key.type == LSA_CONNECTOR ? lsa->said.connector : NULL;
}

const struct lsa_space *
lsa_space(const struct lsa *lsa)
{
	bool says = lsa->key.type == LSA_SPACE && !lsa->purge;

	return says ? &lsa->said.space : NULL;
}

const struct lsa_list *
lsa_list(const struct lsa *lsa)
{
	bool says = lsa_is_list(lsa->key.type) && !lsa->purge;

	return says ? lsa->said.list : NULL;
}

const uint8_t *
lsa_signer(const struct lsa *lsa)
{
	struct cur in = cur_over(lsa->octets, lsa->len);

	cur_bytes(&in, ORG_AT + CRYPTO_DIGEST);
	cur_bytes(&in, cur_u8(&in));  /* origin, */
	cur_bytes(&in, cur_u16(&in)); /* id, */
	cur_u64(&in);                 /* sequence */
	return in.p;
}

uint64_t
lsa_issued(const struct lsa *lsa)
{
	struct cur in = cur_over(lsa_signer(lsa) + CRYPTO_DIGEST, 8);

	return cur_u64(&in);
}

void
lsa_free(struct lsa *lsa)
{
	mem_free(lsa);
}

/* The header as read, before there is an LSA. */
struct head {
	uint8_t type, flags;
	const uint8_t *origin, *id;
	size_t origin_len, id_len;
	uint64_t seq;
	uint32_t body_len, body_at;
};

static int
head_read(struct cur *in, size_t n, struct head *head)
{
	uint8_t version = cur_u8(in), zero;

	head->type = cur_u8(in);
	head->flags = cur_u8(in);
	zero = cur_u8(in);
	cur_bytes(in, CRYPTO_DIGEST);
	head->origin_len = cur_u8(in);
	head->origin = cur_bytes(in, head->origin_len);
	head->id_len = cur_u16(in);
	head->id = cur_bytes(in, head->id_len);
	head->seq = cur_u64(in);
	cur_bytes(in, CRYPTO_DIGEST); /* who signs */
	cur_u64(in);                  /* issue time */
	head->body_len = cur_u32(in);
	head->body_at = (uint32_t)(n - in->left);
	cur_bytes(in, head->body_len);
	cur_bytes(in, CRYPTO_SIGNATURE);
	if (in->bad)
		return RC_SHORT;
	if (in->left > 0)
		return RC_LONG;
	if (version != VERSION)
		return RC_VERSION;
	if (zero != 0 || head->flags > FLAG_PURGE || head->seq == 0)
		return RC_RANGE;
	if (head->body_len > LIMIT_LSA_BODY)
		return RC_LONG;
	if (head->flags == FLAG_PURGE && head->body_len != 0)
		return RC_LONG;
	return RC_OK;
}

static bool
is_digest_text(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	return n == (size_t)2 * CRYPTO_DIGEST && s[n] == '\0';
}

/* Of a later version: printable, so that it can be shown like any other. */
static bool
lsa_is_printable(const char *s)
{
	size_t n = 0;

	while (s[n] > ' ' && s[n] <= '~')
		n++;
	return s[n] == '\0' && n <= STR_PATTERN_MAX;
}

int
lsa_key_check(const struct lsa_key *key)
{
	if (key->type == LSA_REVOCATION || key->type == LSA_RULE) {
		if (key->origin[0] != '\0')
			return RC_NAME;
	} else if (!str_is_host(key->origin)) {
		return RC_NAME;
	}
	switch (key->type) {
	case LSA_IDENTITY:
	case LSA_SERVER:
		return key->id[0] == '\0' ? RC_OK : RC_NAME;
	case LSA_CONNECTOR:
		return str_is_word(key->id) ? RC_OK : RC_NAME;
	case LSA_SPACE:
		return str_is_pattern(key->id) ? RC_OK : RC_NAME;
	case LSA_FORGET:
	case LSA_REVOCATION:
		return is_digest_text(key->id) ? RC_OK : RC_NAME;
	case LSA_RULE:
		return str_is_word(key->id) ? RC_OK : RC_NAME;
	case LSA_GRANT:
	case LSA_LIST:
		return strcmp(key->id, LSA_LIST_FIRST) == 0 ||
		               lsa_list_takes(key->id)
		           ? RC_OK
		           : RC_NAME;
	default: /* carried */
		return lsa_is_printable(key->id) ? RC_OK : RC_NAME;
	}
}

#define ORIGIN_AT (ORG_AT + CRYPTO_DIGEST + 1)

/* The octet behind most texts is 0: the first of a length, of a sequence, of
 * the next TLV's type. They are texts where they stand. */
static size_t
copy_of(const uint8_t *p, size_t n)
{
	return p[n] == 0 ? 0 : n + 1;
}

static const char *
name_place(struct lsa *lsa, size_t at, size_t n, char **room)
{
	char *p = (char *)lsa->octets + at;

	if (p[n] == '\0')
		return p;
	memcpy(*room, p, n);
	p = *room;
	*room += n + 1;
	return p;
}

/* Room for structs begins where any may stand. */
static size_t
fixed_at(size_t at)
{
	return (at + sizeof(uint64_t) - 1) / sizeof(uint64_t) *
	       sizeof(uint64_t);
}

static struct lsa *
lsa_block(const uint8_t *octets, size_t n, const struct head *head,
    struct lsa_room *room)
{
	size_t id_at = ORIGIN_AT + head->origin_len + 2, at;
	size_t names = copy_of(octets + ORIGIN_AT, head->origin_len) +
	               copy_of(octets + id_at, head->id_len);
	struct lsa *lsa;

	lsa_room_count(
	    head->type, cur_over(octets + head->body_at, head->body_len), room);
	at = fixed_at(sizeof(*lsa) + n + names + room->text_len);
	lsa = mem_new(at, room->fixed_len, 1);
	room->fixed = (uint8_t *)lsa + at;
	room->text = (char *)lsa->octets + n;
	memcpy(lsa->octets, octets, n);
	lsa->key.origin =
	    name_place(lsa, ORIGIN_AT, head->origin_len, &room->text);
	lsa->key.id = name_place(lsa, id_at, head->id_len, &room->text);
	lsa->key.type = head->type;
	return lsa;
}

/* What the authority said stands; and without its identity nobody could tell
 * who has signed what else an origin says. */
static bool
is_for_good(uint8_t type)
{
	return type == LSA_IDENTITY || type == LSA_FORGET ||
	       type == LSA_REVOCATION;
}

static int
lsa_make(
    const uint8_t *octets, size_t n, const struct head *head, struct lsa **out)
{
	struct lsa_room room;
	struct lsa *lsa = lsa_block(octets, n, head, &room);
	int rc;

	lsa->seq = head->seq;
	lsa->purge = head->flags == FLAG_PURGE;
	lsa->body_at = head->body_at;
	lsa->body_len = head->body_len;
	lsa->len = (uint32_t)n;
	rc = lsa_key_check(&lsa->key);
	if (rc == RC_OK && lsa->purge && is_for_good(head->type))
		rc = RC_NAME;
	if (rc == RC_OK)
		rc = lsa_body_read(lsa, &room);
	if (rc == RC_OK)
		*out = lsa;
	else
		lsa_free(lsa);
	return rc;
}

/* parts.h says why and how. */
static uint8_t
part_of(const char *origin, const struct crypto *crypto)
{
	uint8_t digest[CRYPTO_DIGEST];

	if (origin[0] == '\0')
		return 0;
	crypto->digest(crypto->ctx, origin, strlen(origin), digest);
	return digest[0];
}

int
lsa_decode(
    const void *octets, size_t n, const struct crypto *crypto, struct lsa **out)
{
	struct cur in = cur_over(octets, n);
	struct head head;
	struct lsa *lsa;
	int rc;

	*out = NULL;
	if (n > LIMIT_LSA_OCTETS)
		return RC_LONG;
	rc = head_read(&in, n, &head);
	if (rc != RC_OK)
		return rc;
	if ((head.type == 0 || head.type > LSA_TYPE_LAST) &&
	    n > LIMIT_UNKNOWN_OCTETS)
		return RC_LONG;
	/* A NUL inside a name would hide what follows it. */
	if (memchr(head.origin, 0, head.origin_len) != NULL ||
	    memchr(head.id, 0, head.id_len) != NULL)
		return RC_NAME;
	rc = lsa_make(octets, n, &head, &lsa);
	if (rc != RC_OK)
		return rc;
	crypto->digest(crypto->ctx, lsa->octets, lsa->len, lsa->digest);
	lsa->part = part_of(lsa->key.origin, crypto);
	*out = lsa;
	return RC_OK;
}

struct lsa *
lsa_copy(const struct lsa *lsa)
{
	struct cur in = cur_over(lsa->octets, lsa->len);
	struct lsa *copy = NULL;
	struct head head;
	int rc = head_read(&in, lsa->len, &head);

	CHECK(rc == RC_OK); /* as when it was decoded */
	rc = lsa_make(lsa->octets, lsa->len, &head, &copy);
	CHECK(rc == RC_OK);
	memcpy(copy->digest, lsa->digest, CRYPTO_DIGEST);
	copy->part = lsa->part;
	return copy;
}

bool
lsa_verify(const struct lsa *lsa, const struct crypto *crypto,
    const uint8_t public_key[CRYPTO_PUBLIC])
{
	size_t n = lsa->len - CRYPTO_SIGNATURE;

	return crypto->verify(
	    crypto->ctx, public_key, lsa->octets, n, lsa->octets + n);
}

void
lsa_encode(
    struct buf *out, const struct lsa_draft *draft, const struct crypto *crypto)
{
	uint8_t sig[CRYPTO_SIGNATURE];
	size_t from = out->n;
	size_t origin_len = strlen(draft->key.origin);
	size_t id_len = strlen(draft->key.id);

	CHECK(origin_len <= STR_HOST_MAX && id_len <= STR_PATTERN_MAX);
	CHECK(draft->body_len <= LIMIT_LSA_BODY);
	buf_u8(out, VERSION);
	buf_u8(out, draft->key.type);
	buf_u8(out, draft->purge ? FLAG_PURGE : 0);
	buf_u8(out, 0);
	buf_bytes(out, draft->org, CRYPTO_DIGEST);
	buf_u8(out, (uint8_t)origin_len);
	buf_text(out, draft->key.origin);
	buf_u16(out, (uint16_t)id_len);
	buf_text(out, draft->key.id);
	buf_u64(out, draft->seq);
	buf_bytes(out, draft->signer, CRYPTO_DIGEST);
	buf_u64(out, draft->issued);
	buf_u32(out, draft->purge ? 0 : (uint32_t)draft->body_len);
	if (!draft->purge)
		buf_bytes(out, draft->body, draft->body_len);
	crypto->sign(crypto->ctx, out->p + from, out->n - from, sig);
	buf_bytes(out, sig, sizeof(sig));
}

void
lsa_digest_text(
    const uint8_t digest[CRYPTO_DIGEST], char out[2 * CRYPTO_DIGEST + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < CRYPTO_DIGEST; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[2 * CRYPTO_DIGEST] = '\0';
}

const char *
lsa_state_word(enum lsa_state state)
{
	static const char *const words[] = { "up", "starting", "drain",
		"down" };

	return words[state];
}

const char *
lsa_type_word(uint8_t type)
{
	static const char *const words[] = { "unknown", "identity", "server",
		"connector", "space", "forget", "revocation", "rule", "grant",
		"list" };

	return words[type <= LSA_TYPE_LAST ? type : 0];
}
