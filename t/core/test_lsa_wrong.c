/* test_lsa_wrong.c - every way for the body of an LSA to be wrong, its reason. */

#include <stdio.h>
#include <string.h>

#include "base/rc.h"
#include "t/core/drafts.h"
#include "t/tap.h"

#define NAME DRAFT_NAME
#define TLVS(s) sizeof(s) - 1, s
#define LENGTH(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* Whose bodies they are. */
enum kind { SERVER, CONNECTOR, SPACE, IDENTITY, FORGET, REVOCATION, RULE };

static const struct lsa_key keys[] = {
	[SERVER] = { NAME, "", LSA_SERVER },
	[CONNECTOR] = { NAME, "c", LSA_CONNECTOR },
	[SPACE] = { NAME, "a.b", LSA_SPACE },
	[IDENTITY] = { NAME, "", LSA_IDENTITY },
	[FORGET] = { NAME, DRAFT_HEX, LSA_FORGET },
	[REVOCATION] = { "", DRAFT_HEX, LSA_REVOCATION },
	[RULE] = { "", "connectors", LSA_RULE },
};

/* A group and a state, which each must have. */
#define A_SERVER "\0\1\0\1a\0\5\0\x9\0\0\0\0\0\0\0\0\0"
#define A_CONNECTOR "\0\1\0\1a\0\2\0\1\0"
#define U64(n) "\0\0\0\0\0\0\0" n

#define FORTY "abcdefghijabcdefghijabcdefghijabcdefghij"

/* Bodies that must be refused, as TLV octets. */
static const struct {
	const char *what;
	enum kind kind;
	int rc;
	size_t len;
	const char *body;
} bad[] = {
	{ "no group", SERVER, RC_MISSING, TLVS("\0\5\0\x9\0\0\0\0\0\0\0\0\0") },
	{ "group twice", SERVER, RC_TWICE, TLVS("\0\1\0\1a\0\1\0\1b") },
	{ "group with a line feed", SERVER, RC_NAME, TLVS("\0\1\0\3a\nb") },
	{ "group with a NUL", SERVER, RC_NAME, TLVS("\0\1\0\3a\0b") },
	{ "upper case", SERVER, RC_NAME, TLVS("\0\1\0\1A") },
	{ "types out of order", SERVER, RC_RANGE,
	    TLVS("\0\5\0\x9\0\0\0\0\0\0\0\0\0\0\1\0\1a") },
	{ "state out of range", SERVER, RC_RANGE,
	    TLVS("\0\1\0\1a\0\5\0\x9\x9\0\0\0\0\0\0\0\0") },
	{ "unspecified address", SERVER, RC_NAME,
	    TLVS("\0\1\0\1a\0\2\0\7\4\0\0\0\0\0\x19") },
	{ "port 0", SERVER, RC_NAME,
	    TLVS("\0\1\0\1a\0\2\0\7\4\xc0\0\2\1\0\0") },
	{ "family 5", SERVER, RC_SHORT,
	    TLVS("\0\1\0\1a\0\2\0\7\5\xc0\0\2\1\0\x19") },
	{ "TLV past the end", SERVER, RC_SHORT, TLVS("\0\1\xff\xff\x61") },
	{ "connector cost 0", CONNECTOR, RC_RANGE,
	    TLVS("\0\1\0\1a\0\3\0\x8\1\0\0\0\0a.b") },
	{ "space without flags", SPACE, RC_MISSING, TLVS("\0\1\0\4\0\0\0\1") },
	{ "space cost too great", SPACE, RC_RANGE, TLVS("\0\1\0\4\0\1\0\0") },
	{ "drained by nobody", SERVER, RC_NAME,
	    TLVS(A_SERVER "\0\x1f\0\x8\0\0\0\0\0\0\0\1") },
	{ "drained by two words", SERVER, RC_NAME,
	    TLVS(A_SERVER "\0\x1f\0\xb\0\0\0\0\0\0\0\1a b") },
	{ "further east than there is", SERVER, RC_RANGE,
	    TLVS(A_SERVER "\0\x21\0\x8\xa\xba\x95\1\0\0\0\0") },
	{ "further south, too", SERVER, RC_RANGE,
	    TLVS(A_SERVER "\0\x21\0\x8\0\0\0\0\xfa\xa2\xb5\x7f") },
	{ "half a position", SERVER, RC_SHORT,
	    TLVS(A_SERVER "\0\x21\0\4\0\0\0\0") },
	{ "two positions", SERVER, RC_TWICE,
	    TLVS(A_SERVER "\0\x21\0\x8\0\0\0\0\0\0\0\0"
			  "\0\x21\0\x8\0\0\0\0\0\0\0\0") },
	{ "half a version", SERVER, RC_SHORT, TLVS(A_SERVER "\0\x22\0\1\3") },
	{ "none at all", SERVER, RC_SHORT, TLVS(A_SERVER "\0\x22\0\0") },
	{ "drained without its end", CONNECTOR, RC_SHORT,
	    TLVS("\0\1\0\1a\0\xd\0\x8\0\0\0\0\0\0\0\1") },
	{ "drained, and no word", CONNECTOR, RC_NAME,
	    TLVS("\0\1\0\1a\0\xd\0\x10\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0") },
	{ "drained to no host", CONNECTOR, RC_NAME,
	    TLVS("\0\1\0\1a\0\xe\0\x13\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0"
		 "a b") },
	{ "reads twice", SERVER, RC_TWICE,
	    TLVS(A_SERVER "\0\x22\0\2\0\1\0\x22\0\2\0\1") },
	{ "drained to a.b, with a reason with a line feed", CONNECTOR, RC_NAME,
	    TLVS(
		A_CONNECTOR "\0\xe\0\x1b" U64("\1") U64("\0") "a.b bob x\ny") },
	{ "drained to what has no end", CONNECTOR, RC_NAME,
	    TLVS(A_CONNECTOR "\0\xe\0\x10" U64("\1") U64("\0")) },
	{ "no certificate", IDENTITY, RC_MISSING, TLVS("") },
	{ "no state", SERVER, RC_MISSING, TLVS("\0\1\0\1a") },
	{ "two states", SERVER, RC_TWICE,
	    TLVS(A_SERVER "\0\5\0\x9\0" U64("\0")) },
	{ "half a state", SERVER, RC_SHORT, TLVS("\0\1\0\1a\0\5\0\1\0") },
	{ "a reason with a line feed", SERVER, RC_NAME,
	    TLVS("\0\1\0\1a\0\5\0\xa\2" U64("\0") "\n") },
	{ "a reason of 121 octets", SERVER, RC_NAME,
	    TLVS("\0\1\0\1a\0\5\0\x82\2" U64("\0") FORTY FORTY FORTY "x") },
	{ "half an address", SERVER, RC_SHORT, TLVS("\0\1\0\1a\0\2\0\2\4\xa") },
	{ "an address of no family", SERVER, RC_NAME,
	    TLVS("\0\1\0\1a\0\2\0\x13\0" U64("\0") U64("\1") "\0\x19") },
	{ "an address of a family to come", SERVER, RC_NAME,
	    TLVS("\0\1\0\1a\0\2\0\x13\5" U64("\0") U64("\1") "\0\x19") },
	{ "an address, and more", SERVER, RC_LONG,
	    TLVS("\0\1\0\1a\0\2\0\x8\4\xa\0\0\1\0\x19\0") },
	{ "half a mark key", SERVER, RC_SHORT, TLVS("\0\1\0\1a\0\4\0\1k") },
	{ "mail down with more", SERVER, RC_LONG, TLVS(A_SERVER "\0\x9\0\1x") },
	{ "mail down twice", SERVER, RC_TWICE,
	    TLVS(A_SERVER "\0\x9\0\0\0\x9\0\0") },
	{ "unasked with more", SERVER, RC_LONG, TLVS(A_SERVER "\0\x1e\0\1x") },
	{ "unasked twice", SERVER, RC_TWICE,
	    TLVS(A_SERVER "\0\x1e\0\0\0\x1e\0\0") },
	{ "drained without a time", SERVER, RC_SHORT,
	    TLVS(A_SERVER "\0\x1f\0\1x") },
	{ "a position and more", SERVER, RC_LONG,
	    TLVS(A_SERVER "\0\x21\0\x9" U64("\0") "\0") },
	{ "one neighbour twice", SERVER, RC_TWICE,
	    TLVS(A_SERVER "\0\6\0\3a.b\0\6\0\3a.b") },
	{ "a neighbour that is no host", SERVER, RC_NAME,
	    TLVS(A_SERVER "\0\6\0\1a") },

	{ "connector without a group", CONNECTOR, RC_MISSING,
	    TLVS("\0\2\0\1\0") },
	{ "connector without a state", CONNECTOR, RC_MISSING,
	    TLVS("\0\1\0\1a") },
	{ "a state of two octets", CONNECTOR, RC_SHORT,
	    TLVS("\0\1\0\1a\0\2\0\2\0\0") },
	{ "a connector that starts", CONNECTOR, RC_RANGE,
	    TLVS("\0\1\0\1a\0\2\0\1\1") },
	{ "a state that is none", CONNECTOR, RC_RANGE,
	    TLVS("\0\1\0\1a\0\2\0\1\x9") },
	{ "two states of it", CONNECTOR, RC_TWICE,
	    TLVS(A_CONNECTOR "\0\2\0\1\0") },
	{ "half a bridgehead", CONNECTOR, RC_SHORT,
	    TLVS(A_CONNECTOR "\0\3\0\1\1") },
	{ "neither up nor down", CONNECTOR, RC_RANGE,
	    TLVS(A_CONNECTOR "\0\3\0\x8\2\0\0\0\1a.b") },
	{ "a cost too great", CONNECTOR, RC_RANGE,
	    TLVS(A_CONNECTOR "\0\3\0\x8\1\0\1\0\0a.b") },
	{ "a bridgehead that is no host", CONNECTOR, RC_NAME,
	    TLVS(A_CONNECTOR "\0\3\0\6\1\0\0\0\1a") },
	{ "one bridgehead twice", CONNECTOR, RC_TWICE,
	    TLVS(A_CONNECTOR "\0\3\0\x8\1\0\0\0\1a.b"
			     "\0\3\0\x8\1\0\0\0\1a.b") },
	{ "congestion of two octets", CONNECTOR, RC_SHORT,
	    TLVS(A_CONNECTOR "\0\4\0\2\0\1") },
	{ "congestion of 4", CONNECTOR, RC_RANGE,
	    TLVS(A_CONNECTOR "\0\4\0\1\4") },
	{ "a size of four octets", CONNECTOR, RC_SHORT,
	    TLVS(A_CONNECTOR "\0\5\0\4\0\0\0\1") },
	{ "no size", CONNECTOR, RC_RANGE,
	    TLVS(A_CONNECTOR "\0\5\0\x8" U64("\0")) },
	{ "two sizes", CONNECTOR, RC_TWICE,
	    TLVS(A_CONNECTOR "\0\5\0\x8" U64("\1") "\0\5\0\x8" U64("\1")) },
	{ "priorities of two octets", CONNECTOR, RC_SHORT,
	    TLVS(A_CONNECTOR "\0\6\0\2\0\1") },
	{ "no priority", CONNECTOR, RC_RANGE, TLVS(A_CONNECTOR "\0\6\0\1\0") },
	{ "priorities of later", CONNECTOR, RC_RANGE,
	    TLVS(A_CONNECTOR "\0\6\0\1\x8") },
	{ "a sender that is none", CONNECTOR, RC_NAME,
	    TLVS(A_CONNECTOR "\0\7\0\1<") },
	{ "a sender refused twice", CONNECTOR, RC_TWICE,
	    TLVS(A_CONNECTOR "\0\x8\0\2<>\0\x8\0\2<>") },
	{ "a schedule that is none", CONNECTOR, RC_NAME,
	    TLVS(A_CONNECTOR "\0\x9\0\5never") },
	{ "a large size of four octets", CONNECTOR, RC_SHORT,
	    TLVS(A_CONNECTOR "\0\xb\0\4\0\0\0\1") },
	{ "no large size", CONNECTOR, RC_RANGE,
	    TLVS(A_CONNECTOR "\0\xb\0\x8" U64("\0")) },
	{ "two large sizes", CONNECTOR, RC_TWICE,
	    TLVS(A_CONNECTOR "\0\xb\0\x8" U64("\1") "\0\xb\0\x8" U64("\1")) },
	{ "large without its schedule", CONNECTOR, RC_MISSING,
	    TLVS(A_CONNECTOR "\0\xb\0\x8" U64("\1")) },
	{ "a schedule of what is large alone", CONNECTOR, RC_MISSING,
	    TLVS(A_CONNECTOR "\0\xc\0\3mon") },
	{ "drained by who has a line feed", CONNECTOR, RC_NAME,
	    TLVS(A_CONNECTOR "\0\xd\0\x13" U64("\1") U64("\0") "a\nb") },
	{ "drained by 33 octets", CONNECTOR, RC_NAME,
	    TLVS(A_CONNECTOR "\0\xd\0\x31" U64("\1")
		    U64("\0") "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") },
	{ "drained whole, twice", CONNECTOR, RC_TWICE,
	    TLVS(A_CONNECTOR "\0\xd\0\x13" U64("\1")
		    U64("\0") "bob"
			      "\0\xd\0\x13" U64("\1") U64("\0") "eve") },
	{ "drained to nobody in particular", CONNECTOR, RC_NAME,
	    TLVS(A_CONNECTOR "\0\xe\0\x14" U64("\1") U64("\0") " bob") },
	{ "drained to a.b, by nobody", CONNECTOR, RC_NAME,
	    TLVS(A_CONNECTOR "\0\xe\0\x13" U64("\1") U64("\0") "a.b") },

	{ "space cost of three octets", SPACE, RC_SHORT,
	    TLVS("\0\1\0\3\0\0\1") },
	{ "space flags of two octets", SPACE, RC_SHORT,
	    TLVS("\0\1\0\4\0\0\0\1\0\2\0\2\0\0") },
	{ "space flags of later", SPACE, RC_RANGE,
	    TLVS("\0\1\0\4\0\0\0\1\0\2\0\1\x10") },
	{ "two costs", SPACE, RC_TWICE,
	    TLVS("\0\1\0\4\0\0\0\1\0\1\0\4\0\0\0\1") },

	{ "an empty certificate", IDENTITY, RC_SHORT, TLVS("\0\1\0\0") },
	{ "three certificates", IDENTITY, RC_LIMIT,
	    TLVS("\0\1\0\1a\0\1\0\1b\0\1\0\1c") },
	{ "certificates cut", IDENTITY, RC_SHORT, TLVS("\0\1\0\2a") },
	{ "forget without an epoch", FORGET, RC_MISSING, TLVS("") },
	{ "an epoch of eight octets", FORGET, RC_SHORT,
	    TLVS("\0\1\0\x8" U64("\1")) },
	{ "two epochs", FORGET, RC_TWICE,
	    TLVS("\0\1\0\4\0\0\0\1\0\1\0\4\0\0\0\1") },
	{ "an end of four octets", REVOCATION, RC_SHORT,
	    TLVS("\0\1\0\4\0\0\0\1") },
	{ "two ends", REVOCATION, RC_TWICE,
	    TLVS("\0\1\0\x8" U64("\1") "\0\1\0\x8" U64("\1")) },
	{ "a rule that is neither", RULE, RC_RANGE, TLVS("\0\1\0\1\2") },
	{ "a rule of nothing", RULE, RC_MISSING, TLVS("") },
};

START_TEST(wrong_is_refused)
{
	struct buf body = { 0 }, out = { 0 };
	struct lsa *lsa;
	int rc;

	buf_bytes(&body, bad[_i].body, bad[_i].len);
	draft_encode(&out, &keys[bad[_i].kind], 7, &body);
	rc = draft_decode(out.p, out.n, &lsa);
	ck_assert_msg(rc == bad[_i].rc, "%s: %s", bad[_i].what, rc_word(rc));
	ck_assert_ptr_null(lsa);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

/* The head: version, type, flags, zero, an organization of 32 octets, the lengths
 * of origin and id before them, a sequence of 8. */
#define AT_ORIGIN (4 + 32 + 1)
#define AT_ID (AT_ORIGIN + sizeof(NAME) - 1 + 2)
#define AT_SEQUENCE (AT_ID + 3)

static const struct {
	const char *what;
	size_t at;
	uint8_t to;
	int rc;
} heads[] = {
	{ "as it was", 1, LSA_SPACE, RC_OK },
	{ "a version to come", 0, 2, RC_VERSION },
	{ "a version that never was", 0, 0, RC_VERSION },
	{ "a flag to come", 2, 2, RC_RANGE },
	{ "a purge with a body", 2, 1, RC_LONG },
	{ "what shall be zero", 3, 1, RC_RANGE },
	{ "an origin with a NUL", AT_ORIGIN + 3, 0, RC_NAME },
	{ "behind what would be one", AT_ORIGIN + 10, 0, RC_NAME },
	{ "an id with a NUL", AT_ID + 1, 0, RC_NAME },
	{ "no sequence", AT_SEQUENCE + 7, 0, RC_RANGE },
};

START_TEST(a_bent_head_is_refused)
{
	struct buf body = { 0 }, out = { 0 };
	struct lsa *lsa;
	int rc;

	buf_bytes(&body, "\0\1\0\4\0\0\0\1\0\2\0\1\0", 13);
	draft_encode(&out, &keys[SPACE], 7, &body);
	out.p[heads[_i].at] = heads[_i].to;
	rc = draft_decode(out.p, out.n, &lsa);
	ck_assert_msg(
	    rc == heads[_i].rc, "%s: %s", heads[_i].what, rc_word(rc));
	ck_assert((lsa != NULL) == (rc == RC_OK));
	lsa_free(lsa);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

/* What there may be so many of, and not one more. */
static const struct {
	const char *what;
	enum kind kind;
	uint16_t type;
	size_t most;
	const char *head; /* of each value; its number follows, and a name */
	size_t head_len;
	const char *tail;
} many[] = {
	{ "neighbours", SERVER, LSA_SERVER_NEIGHBOUR, LIMIT_NEIGHBOURS, "", 0,
	    ".b" },
	{ "servers with mail", SERVER, LSA_SERVER_MAIL_UP, LIMIT_NEIGHBOURS, "",
	    0, ".b" },
	{ "bridgeheads", CONNECTOR, LSA_CONNECTOR_BRIDGEHEAD, LIMIT_BRIDGEHEADS,
	    "\1\0\0\0\1", 5, ".b" },
	{ "senders", CONNECTOR, LSA_CONNECTOR_ALLOW, LIMIT_SENDERS, "", 0,
	    ".b" },
	{ "drains", CONNECTOR, LSA_CONNECTOR_DRAINED_TO, LIMIT_BRIDGEHEADS + 1,
	    "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0", 16, ".b bob" },
};

static int
many_read(int row, size_t n)
{
	struct buf body = { 0 }, out = { 0 };
	bool server = many[row].kind == SERVER;
	struct lsa *lsa;
	char text[40];
	int rc;

	if (server)
		buf_bytes(&body, A_SERVER, sizeof(A_SERVER) - 1);
	else
		buf_bytes(&body, A_CONNECTOR, sizeof(A_CONNECTOR) - 1);
	for (size_t i = 0; i < n; i++) {
		int len =
		    snprintf(text, sizeof(text), "a%04zu%s", i, many[row].tail);

		buf_u16(&body, many[row].type);
		buf_u16(&body, (uint16_t)(many[row].head_len + (size_t)len));
		buf_bytes(&body, many[row].head, many[row].head_len);
		buf_bytes(&body, text, (size_t)len);
	}
	draft_encode(&out, &keys[many[row].kind], 7, &body);
	rc = draft_decode(out.p, out.n, &lsa);
	lsa_free(lsa);
	buf_done(&body);
	buf_done(&out);
	return rc;
}

START_TEST(so_many_and_no_more)
{
	ck_assert_int_eq(many_read(_i, many[_i].most), RC_OK);
	ck_assert_int_eq(many_read(_i, many[_i].most + 1), RC_LIMIT);
}
END_TEST

/* The same of what all look alike, a value each. */
static const struct {
	enum kind kind;
	size_t most;
	size_t len;
	const char *tlv;
} alike[] = {
	{ SERVER, LIMIT_ADDRESSES, TLVS("\0\2\0\7\4\xa\0\0\1\0\x19") },
	{ SERVER, LIMIT_ADDRESSES, TLVS("\0\3\0\7\4\xa\0\0\1\2\xb3") },
	{ SERVER, 2,
	    TLVS("\0\4\0\x20"
		 "0123456789abcdef0123456789abcdef") },
};

START_TEST(so_many_alike)
{
	struct buf body = { 0 }, out = { 0 };
	struct lsa *lsa;

	for (size_t n = 0; n <= alike[_i].most; n++) {
		buf_reset(&body);
		buf_reset(&out);
		buf_bytes(&body, "\0\1\0\1a", 5);
		for (size_t i = 0; i <= n; i++)
			buf_bytes(&body, alike[_i].tlv, alike[_i].len);
		buf_bytes(&body, "\0\5\0\x9\0\0\0\0\0\0\0\0\0", 13);
		draft_encode(&out, &keys[alike[_i].kind], 7, &body);
		ck_assert_int_eq(draft_decode(out.p, out.n, &lsa),
		    n < alike[_i].most ? RC_OK : RC_LIMIT);
		lsa_free(lsa);
	}
	buf_done(&body);
	buf_done(&out);
}
END_TEST

START_TEST(a_certificate_ends)
{
	for (size_t more = 0; more < 2; more++) {
		struct buf body = { 0 }, out = { 0 };
		struct lsa *lsa;

		buf_u16(&body, LSA_IDENTITY_CERT);
		buf_u16(&body, (uint16_t)(LIMIT_CERT_OCTETS + more));
		for (size_t i = 0; i < LIMIT_CERT_OCTETS + more; i++)
			buf_u8(&body, 'x');
		draft_encode(&out, &keys[IDENTITY], 7, &body);
		ck_assert_int_eq(draft_decode(out.p, out.n, &lsa),
		    more == 0 ? RC_OK : RC_LIMIT);
		lsa_free(lsa);
		buf_done(&body);
		buf_done(&out);
	}
}
END_TEST

/* One octet more is put into the middle, for no encoder makes so many. */
START_TEST(a_body_ends)
{
	struct buf body = { 0 }, out = { 0 }, more = { 0 };
	struct lsa *lsa;
	size_t at;

	buf_bytes(&body, "\0\1\0\4\0\0\0\1\0\2\0\1\0\1\0", 15);
	buf_u16(&body, LIMIT_LSA_BODY - 17);
	while (body.n < LIMIT_LSA_BODY)
		buf_u8(&body, 'x');
	draft_encode(&out, &keys[SPACE], 7, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
	at = lsa->body_at;
	lsa_free(lsa);
	buf_bytes(&more, out.p, at - 4);
	buf_u32(&more, LIMIT_LSA_BODY + 1);
	buf_bytes(&more, out.p + at, 20);
	buf_u8(&more, 'x');
	buf_bytes(&more, out.p + at + 20, out.n - at - 20);
	ck_assert_int_eq(draft_decode(more.p, more.n, &lsa), RC_LONG);
	buf_done(&body);
	buf_done(&out);
	buf_done(&more);
}
END_TEST

START_TEST(an_lsa_ends)
{
	static const uint8_t octets[LIMIT_LSA_OCTETS + 1];
	struct lsa *lsa;

	ck_assert_int_eq(draft_decode(octets, sizeof(octets), &lsa), RC_LONG);
	ck_assert_ptr_null(lsa);
}
END_TEST

/* What the authority said, and who somebody is, is there for good. */
static const struct {
	enum kind kind;
	int rc;
} purges[] = {
	{ IDENTITY, RC_NAME },
	{ FORGET, RC_NAME },
	{ REVOCATION, RC_NAME },
	{ RULE, RC_OK },
	{ SPACE, RC_OK },
};

START_TEST(no_purge_of_it)
{
	struct buf out = { 0 };
	struct lsa *lsa;

	draft_encode(&out, &keys[purges[_i].kind], 7, NULL);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), purges[_i].rc);
	if (lsa != NULL)
		ck_assert(!lsa_rule_on(lsa));
	lsa_free(lsa);
	buf_done(&out);
}
END_TEST

/* What a revocation says besides decides nothing: it is taken as it is. */
static const struct {
	uint64_t end;
	const char *server, *told; /* NULL: none */
} revocations[] = {
	{ 0, NULL, NULL },
	{ 1800000000, NULL, NULL },
	{ 0, "a.example", "a.example" },
	{ 7, "", NULL },
	{ 7, "no host", NULL },
	{ 7, "a", NULL },
};

START_TEST(revoked_until)
{
	struct buf body = { 0 }, out = { 0 };
	char server[STR_HOST_MAX + 1];
	struct lsa *lsa;
	bool told;

	lsa_revocation_encode(
	    &body, revocations[_i].end, revocations[_i].server);
	draft_encode(&out, &keys[REVOCATION], 7, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
	ck_assert_uint_eq(lsa_revocation_end(lsa), revocations[_i].end);
	told = lsa_revocation_server(lsa, server);
	ck_assert(told == (revocations[_i].told != NULL));
	if (told)
		ck_assert_str_eq(server, revocations[_i].told);
	lsa_free(lsa);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

START_TEST(revoked_with_octets)
{
	static const uint8_t octets[STR_HOST_MAX + 1] = "a.example";
	struct buf body = { 0 }, out = { 0 };
	char server[STR_HOST_MAX + 1];
	const size_t n = _i == 0 ? 10 : sizeof(octets); /* a NUL; too long */
	struct lsa *lsa;

	buf_u16(&body, LSA_REVOCATION_SERVER);
	buf_u16(&body, (uint16_t)n);
	buf_bytes(&body, octets, n);
	draft_encode(&out, &keys[REVOCATION], 7, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
	ck_assert(!lsa_revocation_server(lsa, server));
	lsa_free(lsa);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lsa_wrong");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, wrong_is_refused, 0, LENGTH(bad));
	tcase_add_loop_test(tc, a_bent_head_is_refused, 0, LENGTH(heads));
	tcase_add_loop_test(tc, so_many_and_no_more, 0, LENGTH(many));
	tcase_add_loop_test(tc, so_many_alike, 0, LENGTH(alike));
	tcase_add_test(tc, a_certificate_ends);
	tcase_add_test(tc, a_body_ends);
	tcase_add_test(tc, an_lsa_ends);
	tcase_add_loop_test(tc, no_purge_of_it, 0, LENGTH(purges));
	tcase_add_loop_test(tc, revoked_until, 0, LENGTH(revocations));
	tcase_add_loop_test(tc, revoked_with_octets, 0, 2);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
