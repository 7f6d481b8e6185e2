/*
 * answers_heard.c - what is another by a word of the peer, or of the authority.
 */

#include <string.h>

#include "core/wire/msg.h"
#include "t/core/answers.h"
#include "t/core/cheap.h"

#define WALL 1800000000u

void
answers_peer_server(struct insider *f)
{
	static char g[] = "g", version[] = "1.2.3", who[] = "bob";
	struct lsa_server s = { .group = g,
		.program = version,
		.state = LSA_DRAIN,
		.drain_who = who,
		.drain_since = 5 };
	struct buf body = { 0 };

	lsa_server_encode(&body, &s);
	insider_say(f, LSA_SERVER, "", &body);
	buf_done(&body);
}

/* It says all that a drain may say, and has a mark key. */
void
answers_peer_drained(struct insider *f)
{
	static char g[] = "g", who[] = "bob", why[] = "new disks",
		    n1[] = "n1.x.org", n2[] = "n2.x.org", n3[] = "n3.x.org";
	static const struct addr smtp[] = { { 4, { 192, 0, 2, 21 }, 25 },
		{ 4, { 192, 0, 2, 22 }, 2525 } };
	char *met[] = { n1, n2 }, *up[] = { n2 }, *down[] = { n1, n3 };
	struct lsa_server s = { .group = g,
		.smtp = smtp,
		.nsmtp = 2,
		.neighbours = met,
		.nneighbours = 2,
		.mail_up = up,
		.nmail_up = 1,
		.mail_down = down,
		.nmail_down = 2,
		.mta_down = true,
		.mark = { (const uint8_t *)"0123456789abcdef0123456789abcdef" },
		.nmark = 1,
		.state = LSA_DRAIN,
		.drain_who = who,
		.drain_since = 5,
		.reason = why,
		.drain_until = 1800009999 };
	struct buf body = { 0 };

	lsa_server_encode(&body, &s);
	insider_say(f, LSA_SERVER, "", &body);
	buf_done(&body);
}

void
answers_peer_local(struct insider *f)
{
	struct lsa_space s = { .cost = 1, .local = true };
	struct buf body = { 0 };

	lsa_space_encode(&body, &s);
	insider_say(f, LSA_SPACE, "x.org", &body);
	buf_done(&body);
}

void
answers_peer_spaces(struct insider *f)
{
	struct lsa_space s = { .cost = 1, .down = true };
	struct buf body = { 0 };

	lsa_space_encode(&body, &s);
	insider_say(f, LSA_SPACE, "x.org", &body);
	insider_connector(f, "peer-far", 5, true);
	buf_done(&body);
}

/* A word of the authority; without a body a purge. */
static void
authority(struct insider *f, uint8_t type, const char *id, uint64_t seq,
    const struct buf *body)
{
	uint8_t org[CRYPTO_DIGEST];
	struct buf out = { 0 };
	struct crypto seal = cheap_seal("z");
	struct lsa_draft draft = { .key = { "", id, type },
		.org = org,
		.signer = org,
		.seq = seq,
		.issued = WALL,
		.purge = body == NULL,
		.body = body == NULL ? NULL : body->p,
		.body_len = body == NULL ? 0 : body->n };

	cheap_key('z', org);
	cheap_public('z', f->setup.authority.key);
	lsa_encode(&out, &draft, &seal);
	insider_frame(f, MSG_UPDATE, out.p, out.n);
	buf_done(&out);
}

static void
revoked(struct insider *f, char letter, uint64_t end, const char *server)
{
	uint8_t key[CRYPTO_DIGEST];
	char hex[2 * CRYPTO_DIGEST + 1];
	struct buf body = { 0 };

	cheap_key(letter, key);
	lsa_digest_text(key, hex);
	lsa_revocation_encode(&body, end, server);
	authority(f, LSA_REVOCATION, hex, 1, &body);
	buf_done(&body);
}

/* Our own key is. */
void
answers_revocation_own(struct insider *f)
{
	revoked(f, 'a', 0, NULL);
}

static void
rule(struct insider *f, uint64_t seq, bool on)
{
	struct buf body = { 0 };

	lsa_rule_encode(&body, on);
	authority(f, LSA_RULE, "connectors", seq, &body);
	buf_done(&body);
}

/* A connector counts where a certificate has it; what is said then, or purged,
 * lifts that. */
void
answers_rule(struct insider *f)
{
	insider_connector(f, "peer-far", 5, true);
	rule(f, 1, true);
}

void
answers_rule_off(struct insider *f)
{
	answers_rule(f);
	rule(f, 2, false);
}

void
answers_rule_purged(struct insider *f)
{
	answers_rule(f);
	authority(f, LSA_RULE, "connectors", 2, NULL);
}

/* A revocation that says whose key it was, and until when; or nothing. */
void
answers_revocation(struct insider *f)
{
	revoked(f, 'z', 1900000000, "old.x.org");
}

void
answers_revocation_bare(struct insider *f)
{
	revoked(f, 'z', 0, NULL);
}
