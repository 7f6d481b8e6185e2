/*
 * lsa.h - a link state advertisement: what one server says of itself.
 *
 * An LSA never changes once it exists, and its octets are kept as they were
 * signed. lsa_decode() gives it to the caller, lsdb_install() takes it over,
 * lsa_free() ends it; anybody else only borrows it.
 *
 * On the wire (lsrd-protocol(7) 4), all integers big-endian:
 *
 *     u8   version, 1
 *     u8   type, enum lsa_type
 *     u8   flags, 1: purge
 *     u8   0
 *     32   organization: digest of the authority's public key
 *     u8 n origin: a server's name; empty for what the authority says
 *     u16 n id: connector's name, space's pattern, key digest, where the
 *           patterns of a chunk begin, or empty
 *     u64  sequence: boot epoch << 32 | counter
 *     32   digest of the public key that signs
 *     u64  issue time, seconds since 1970: shown, never judged
 *     u32 n body: TLVs of u16 type, u16 length, value; sorted by type
 *     64   Ed25519 signature over every octet before it
 *
 * A purge has an empty body. Unknown types of LSA and of TLV are carried.
 */

#ifndef CORE_LSA_H
#define CORE_LSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cur.h"
#include "base/json.h"
#include "base/mono.h"
#include "base/str.h"
#include "base/tree.h"
#include "core/lsa/crypto.h"
#include "core/lsa/limits.h"
#include "core/lsa/lsa_position.h"
#include "core/lsa/policy.h"

enum lsa_type {
	LSA_IDENTITY = 1,  /* id empty; certificates, the current one first */
	LSA_SERVER = 2,    /* id empty */
	LSA_CONNECTOR = 3, /* id: its name */
	LSA_SPACE = 4,     /* id: its pattern */
	LSA_FORGET = 5, /* by the authority, of the server `origin`; id: digest
			      of that server's key, in hexadecimal */
	LSA_REVOCATION = 6, /* by the authority, origin empty; id: digest of
			       the revoked key, in hexadecimal */
	LSA_RULE = 7,  /* by the authority, origin empty; id: what it rules */
	LSA_GRANT = 8, /* by the authority, of the server `origin`; id: where
			  its patterns begin (lsa_list.h) */
	LSA_LIST = 9   /* id: likewise */
};

/* Types above it are of a later version. */
#define LSA_TYPE_LAST LSA_LIST

/* Of many patterns, which versions of the protocol before 3 do not have. */
static inline bool
lsa_is_list(uint8_t type)
{
	return type == LSA_GRANT || type == LSA_LIST;
}

/* What an LSA is about. Two LSAs with equal keys are instances of one. */
struct lsa_key {
	const char *origin;
	const char *id;
	uint8_t type;
};

enum lsa_state { LSA_UP, LSA_STARTING, LSA_DRAIN, LSA_DOWN };

/* "up", "starting", "drain", "down" */
const char *lsa_state_word(enum lsa_state state);

/* "identity", "server" and so on; "unknown" for a type of a later version. */
const char *lsa_type_word(uint8_t type);

/* The TLVs of the bodies. (lsrd-protocol(7) 5) */
enum lsa_server_tlv {
	LSA_SERVER_GROUP = 1,     /* word; once */
	LSA_SERVER_SMTP = 2,      /* u8 family, 4 or 16 octets, u16 port */
	LSA_SERVER_PEER = 3,      /* the same */
	LSA_SERVER_MARK = 4,      /* 32 octets; at most twice */
	LSA_SERVER_STATE = 5,     /* u8 lsa_state, u64 until, reason; once */
	LSA_SERVER_NEIGHBOUR = 6, /* name */
	LSA_SERVER_MAIL_UP = 7,   /* name */
	LSA_SERVER_MAIL_DOWN = 8, /* name */
	LSA_SERVER_MTA_DOWN = 9,  /* empty */
	LSA_SERVER_UNASKED = 30,  /* empty */
	LSA_SERVER_DRAINED = 31,  /* u64 since, who asked for it */
	LSA_SERVER_PROGRAM = 32,  /* text: its version, shown only */
	LSA_SERVER_POSITION = 33, /* i32 longitude, i32 latitude; shown only */
	LSA_SERVER_READS = 34     /* u16: the newest version of the protocol
				     that it speaks */
};

enum lsa_connector_tlv {
	LSA_CONNECTOR_GROUP = 1,      /* word; once */
	LSA_CONNECTOR_STATE = 2,      /* u8 lsa_state; once */
	LSA_CONNECTOR_BRIDGEHEAD = 3, /* u8 up, u32 cost, name */
	LSA_CONNECTOR_CONGESTION = 4, /* u8 */
	LSA_CONNECTOR_SIZE = 5,       /* u64 octets */
	LSA_CONNECTOR_PRIORITIES = 6, /* u8 of enum policy_priority */
	LSA_CONNECTOR_ALLOW = 7,      /* pattern or <> */
	LSA_CONNECTOR_DENY = 8,       /* the same */
	LSA_CONNECTOR_SCHEDULE = 9,   /* text of core/lsa/policy.h */
	LSA_CONNECTOR_SINCE = 10,     /* text, shown only */
	LSA_CONNECTOR_LARGE = 11,     /* u64 octets: above it a message is */
	LSA_CONNECTOR_LARGE_SCHEDULE = 12, /* large, and goes by this one */
	LSA_CONNECTOR_DRAINED = 13,   /* u64 since, u64 until, WHO REASON */
	LSA_CONNECTOR_DRAINED_TO = 14 /* the same, BRIDGEHEAD WHO REASON */
};

enum lsa_space_tlv {
	LSA_SPACE_COST = 1, /* u32; once */
	LSA_SPACE_FLAGS = 2 /* u8 of enum lsa_space_flag; once */
};

/* lsa_list.h has the form of patterns. */
enum lsa_list_tlv {
	LSA_LIST_COST = 1,    /* u32; once */
	LSA_LIST_FLAGS = 2,   /* u8 of enum lsa_space_flag; once */
	LSA_LIST_PATTERNS = 3 /* once */
};

/* Numbers of a list, as far as they are the same. */
enum lsa_grant_tlv {
	LSA_GRANT_FLAGS = 2, /* u8: LSA_SPACE_RELAY, or 0; once */
	LSA_GRANT_PATTERNS = 3
};

enum lsa_space_flag {
	LSA_SPACE_DOWN = 1,
	LSA_SPACE_LOCAL = 2,
	LSA_SPACE_FALLBACK = 4,
	LSA_SPACE_RELAY = 8,
	LSA_SPACE_KNOWN = 15
};

#define LSA_IDENTITY_CERT 1     /* DER; one or two */
#define LSA_FORGET_EPOCH 1      /* u32; once */
#define LSA_REVOCATION_END 1    /* u64; at most once */
#define LSA_REVOCATION_SERVER 2 /* text: whose key it was; decides nothing */
#define LSA_RULE_ON 1           /* u8, 0 or 1; once */

/* Bodies, decoded. All that hangs on one is its LSA's, in the same block: a
 * body is kept in four times its octets and a little, whatever it says. */
struct lsa_server {
	char *group;
	const struct addr *smtp;
	const struct addr *peer; /* where it listens for peers */
	const uint8_t *mark[2];  /* mark keys: current, previous */
	uint8_t nsmtp, npeer, nmark;
	enum lsa_state state; /* LSA_UP, LSA_STARTING or LSA_DRAIN */
	uint64_t drain_until; /* seconds since 1970; 0: without end */
	char *reason;         /* of a drain; may be NULL */
	char *drain_who;      /* asked for it; NULL: not told */
	uint64_t drain_since; /* seconds since 1970; 0: not told */
	char *program;        /* the version of its lsrd; NULL: not told */
	struct lsa_position position;
	uint16_t reads; /* the protocol's version that it speaks; 0: not told,
			   it is of before lists */
	bool mta_down;  /* an alarm, no edge */
	bool unasked;   /* starting, or would be, only since its MTA does not
			 ask the tables any more */
	uint16_t nneighbours, nmail_up, nmail_down;
	char **neighbours; /* adjacency FULL; sorted */
	char **mail_up;    /* members of the group whose mail service answers */
	char **mail_down;
};

struct lsa_bridgehead {
	char *name;
	bool up;
	uint32_t cost; /* 1 to LIMIT_COST_MAX */
};

/* That it is drained, or does not lead to a bridgehead, by an operator: shown
 * only. What decides is its state, and that the bridgehead is not up. */
struct lsa_drain {
	uint64_t since, until; /* seconds since 1970; until 0: without end */
	bool whole;            /* the connector; else one bridgehead */
	char *text;            /* [BRIDGEHEAD ]WHO[ REASON] */
};

struct lsa_connector {
	char *group;                        /* destination */
	struct lsa_bridgehead *bridgeheads; /* sorted by name */
	enum lsa_state state;               /* LSA_UP or LSA_DRAIN */
	uint8_t nbridgeheads, ndrains;
	uint8_t congestion; /* 0 to 3: the cost counts x1, x2, x4, x8 */
	const struct policy *policy; /* NULL: it has no limits */
	char *since; /* of the last change of state, "12:00:03Z"; or NULL */
	struct lsa_drain *drains; /* its own first, then by bridgehead */
};

/* A drain's text, taken apart. */
struct lsa_drain_words {
	char bridgehead[256]; /* empty: the connector itself */
	char who[LIMIT_WHO_OCTETS + 1];
	const char *reason; /* behind them, lent; may be empty */
};

struct lsa_space {
	uint32_t cost; /* 0 to LIMIT_COST_MAX */
	bool down;     /* the way out does not answer */
	bool local;    /* scope is the routing group */
	bool fallback;
	bool relay;
};

/* What a body says: one of these, by the key's type. */
union lsa_said {
	struct lsa_server *server;
	struct lsa_connector *connector;
	struct lsa_space space;
	struct lsa_list *list; /* of a grant, too */
};

struct lsa {
	struct tree_node node;    /* lsdb's */
	struct mono heard_since;  /* hear.c's: how often it came */
	struct lsdb_share *share; /* lsdb's, as long as it is there */
	struct lsa_key key;       /* in octets, or behind them */
	uint64_t seq;
	uint8_t digest[CRYPTO_DIGEST]; /* of octets; set by lsa_decode */
	union lsa_said said;
	uint32_t body_at, body_len; /* in octets */
	uint32_t len;
	bool purge;
	uint8_t part;  /* of its origin; parts.h */
	uint8_t heard; /* hear.c's */
	/* As signed. Texts stand where they are if the octet behind them is 0,
	 * as that of most is: else behind all this, copied, with a NUL. Behind
	 * these is what `said` points at: an LSA is one block. */
	uint8_t octets[];
};

struct lsa_identity {
	const uint8_t *cert[2]; /* lent by the LSA */
	size_t cert_len[2];
	size_t ncerts;
};

/* Order of the database: origin, type, id. */
int lsa_key_order(const struct lsa_key *a, const struct lsa_key *b);

/* RC_OK if there may be an LSA of this name, by the grammar of its type. */
int lsa_key_check(const struct lsa_key *key);

/*
 * Reads one LSA that fills the octets exactly, checks form and grammar (not
 * the signature: lsa_verify), and decodes its body, once and for all. On
 * RC_OK the caller owns *out, else it is NULL.
 */
int lsa_decode(const void *octets, size_t n, const struct crypto *crypto,
    struct lsa **out);

/* The signature by this key. */
bool lsa_verify(const struct lsa *lsa, const struct crypto *crypto,
    const uint8_t public_key[CRYPTO_PUBLIC]);

/* What it says, lent as long as it lives; NULL: a purge, or of another type. */
const struct lsa_server *lsa_server(const struct lsa *lsa);
const struct lsa_connector *lsa_connector(const struct lsa *lsa);
const struct lsa_space *lsa_space(const struct lsa *lsa);
const struct lsa_list *lsa_list(const struct lsa *lsa); /* or of a grant */

/* A login, as it may stand behind `by=`. */
bool lsa_is_who(const char *s);

/* An array `drained` of what is drained, by whom and why. */
void lsa_drains_show(struct json *j, const struct lsa_connector *c);

/* Why, as it may stand behind `reason=`. */
bool lsa_is_reason(const char *s);

/* RC_OK if it may stand behind this one, or none. For lsa_body.c. */
int lsa_drain_check(
    const struct lsa_drain *drain, const struct lsa_drain *last);

/* False: that is no text of a drain. */
bool lsa_drain_read(const char *text, bool whole, struct lsa_drain_words *out);
/* Who asked, since when, until when and why, for people: " since ... by ...,
 * until ... (...)"; what is not known is left out. */
struct lsa_drain_told {
	uint64_t since, until;
	const char *who, *reason;
};

void lsa_drain_text(struct buf *out, const struct lsa_drain_told *told);

/* Certificates are looked at when they are vouched for: never kept decoded. */
int lsa_identity_decode(const struct lsa *lsa, struct lsa_identity *out);

/* The same LSA once more; the caller owns it. */
struct lsa *lsa_copy(const struct lsa *lsa);

/* The epoch of its server that it is said in, or of a forget the one that it
 * ends. The authority's own sequences are no epochs: a revocation has none. */
uint32_t lsa_epoch(const struct lsa *lsa);

/* What the authority forgets: epochs up to this one. */
uint32_t lsa_forget_epoch(const struct lsa *lsa);

/* What a revocation says of the certificate: when it would have ended, 0: not
 * said; and whose it was. A name out of form counts as none: what an older
 * version takes must not be refused. False: none. */
uint64_t lsa_revocation_end(const struct lsa *lsa);
bool lsa_revocation_server(const struct lsa *lsa, char out[STR_HOST_MAX + 1]);

/* The authority says it, whoever it is about. */
bool lsa_is_authority(const struct lsa *lsa);

/* Whether the rule is in force. */
bool lsa_rule_on(const struct lsa *lsa);

/* For lsa.c: reads the body into `said`, or a reason. */
struct lsa_room;
int lsa_body_read(struct lsa *lsa, struct lsa_room *room);

/* The same, to octets of a body. */
void lsa_server_encode(struct buf *out, const struct lsa_server *server);
void lsa_connector_encode(struct buf *out, const struct lsa_connector *c);
void lsa_space_encode(struct buf *out, const struct lsa_space *space);
void lsa_identity_encode(struct buf *out, const struct lsa_identity *identity);
void lsa_forget_encode(struct buf *out, uint32_t epoch);
void lsa_revocation_encode(struct buf *out, uint64_t end, const char *server);
void lsa_rule_encode(struct buf *out, bool on);

/* What is to be signed and sent. */
struct lsa_draft {
	struct lsa_key key;
	const uint8_t *org;    /* CRYPTO_DIGEST octets */
	const uint8_t *signer; /* CRYPTO_DIGEST octets */
	uint64_t seq;
	uint64_t issued;
	bool purge;
	const uint8_t *body;
	size_t body_len;
};

/* Encodes and signs with crypto->sign(). The octets go to `out`. */
void lsa_encode(struct buf *out, const struct lsa_draft *draft,
    const struct crypto *crypto);

/*
 * <0, 0, >0 as `a` is older than, the same as or newer than `b`; they have
 * the same key. By sequence; with equal sequences the greater digest wins,
 * so that every node picks the same one (lsrd-protocol(7) 4).
 */
int lsa_compare(const struct lsa *a, const struct lsa *b);

/* A digest as an id: 64 hexadecimal digits and a NUL. */
void lsa_digest_text(
    const uint8_t digest[CRYPTO_DIGEST], char out[2 * CRYPTO_DIGEST + 1]);

/* The organization it names, and the key that signs: CRYPTO_DIGEST octets. */
const uint8_t *lsa_org(const struct lsa *lsa);
const uint8_t *lsa_signer(const struct lsa *lsa);

/* When it was signed, by its server's clock; seconds since 1970. */
uint64_t lsa_issued(const struct lsa *lsa);

void lsa_free(struct lsa *lsa);

#endif
