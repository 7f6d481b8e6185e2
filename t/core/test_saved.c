/*
 * test_saved.c - what is refused of a saved state is said like what is refused
 * of a peer: by name and reason, with no peer; and the rest is taken.
 */

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "core/lsa/lsa.h"
#include "core/node/engine.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define SELF "a.x.org"
#define FAR "b.x.org"
#define CERT FAR " g x.org - b"

/* What the state has, and what is said of it: `ORIGIN ID REASON; `. */
static const struct {
	const char *origin, *id;
	char org, letter;
	size_t broken; /* this octet from the end is another; 0: none */
	const char *said;
} saved[] = {
	{ FAR, "x.org", 'z', 'b', 0, "" },
	{ FAR, "x.org", 'z', 'b', 1, "b.x.org x.org bad-signature; " },
	{ FAR, "y.org", 'z', 'b', 0, "b.x.org y.org claim-not-allowed; " },
	{ FAR, "x.org", 'z', 'c', 0, "b.x.org x.org unknown-identity; " },
	{ "c.x.org", "x.org", 'z', 'c', 0, "c.x.org x.org unknown-identity; " },
	{ FAR, "x.org", 'y', 'b', 0, "b.x.org x.org other-organization; " },
	/* It names nobody where its name could be a line of ours. */
	{ FAR, "x, reason=none", 'z', 'b', 0, "- - bad-name; " },
};

static void
state_add(struct buf *state, struct lsa_draft *draft, char org, char letter,
    size_t broken)
{
	const char name[] = { letter, '\0' };
	struct crypto crypto = cheap_seal(name);
	uint8_t of[CRYPTO_DIGEST], key[CRYPTO_DIGEST];
	struct buf out = { 0 };

	cheap_key(org, of);
	cheap_key(letter, key);
	draft->org = of;
	draft->signer = key;
	lsa_encode(&out, draft, &crypto);
	if (broken > 0)
		out.p[out.n - broken] ^= 1;
	buf_u32(state, (uint32_t)out.n);
	buf_bytes(state, out.p, out.n);
	buf_done(&out);
}

/* An identity of FAR and one more, no table. */
static void
state_of(int row, struct buf *state)
{
	struct lsa_identity id = { .cert = { (const uint8_t *)CERT },
		.cert_len = { sizeof(CERT) - 1 },
		.ncerts = 1 };
	struct lsa_space space = { .cost = 1 };
	struct lsa_draft draft = { .key = { FAR, "", LSA_IDENTITY },
		.seq = 1ull << 32 | 1 };
	struct buf body = { 0 };

	buf_u8(state, 2);
	buf_u32(state, 2);
	lsa_identity_encode(&body, &id);
	draft.body = body.p;
	draft.body_len = body.n;
	state_add(state, &draft, 'z', 'b', 0);
	buf_reset(&body);
	lsa_space_encode(&body, &space);
	draft.key =
	    (struct lsa_key){ saved[row].origin, saved[row].id, LSA_SPACE };
	draft.body = body.p;
	draft.body_len = body.n;
	state_add(state, &draft, saved[row].org, saved[row].letter,
	    saved[row].broken);
	buf_u64(state, 0);
	buf_u32(state, 0);
	buf_done(&body);
}

static const char *
text_or(const char *text)
{
	return text == NULL ? "-" : text;
}

struct told {
	char refused[256];
	uint64_t lsas, bad;
};

static void
restore(struct engine *engine, int what, const struct buf *octets,
    struct told *told)
{
	struct input in = { .kind = IN_RESTORE,
		.who = (uint32_t)what,
		.bytes = octets->p,
		.len = octets->n,
		.now = { 1 } };
	struct effects fx = engine_step(engine, &in);

	for (size_t i = 0; i < fx.n; i++) {
		const struct event *e = fx.list[i].event;
		size_t n = strlen(told->refused);

		if (fx.list[i].kind != FX_EVENT)
			continue;
		if (e->kind == EVENT_LSA_REFUSED) {
			ck_assert_ptr_null(e->peer);
			snprintf(told->refused + n, sizeof(told->refused) - n,
			    "%s %s %s; ", text_or(e->origin), text_or(e->name),
			    e->reason);
		} else if (e->kind == EVENT_RESTORED) {
			told->lsas = e->value;
			told->bad = e->total;
		}
	}
}

START_TEST(what_is_refused_is_named)
{
	char own[] = SELF, group[] = "g";
	struct claims claims = { 0 };
	struct setup setup = cheap_setup(own, group, &claims);
	struct input conf = { .kind = IN_CONF, .setup = &setup, .now = { 1 } };
	struct crypto crypto = cheap_seal("a");
	struct engine *engine = engine_new(1, &crypto);
	struct buf none = { 0 }, state = { 0 };
	struct told told = { .refused = "" };

	cheap_key('z', setup.authority.id);
	state_of(_i, &state);
	engine_step(engine, &conf);
	restore(engine, SAVE_EPOCH, &none, &told);
	restore(engine, SAVE_TABLE, &none, &told);
	restore(engine, SAVE_STATE, &state, &told);
	ck_assert_str_eq(told.refused, saved[_i].said);
	ck_assert_uint_eq(told.bad, *saved[_i].said != '\0');
	ck_assert_uint_eq(told.lsas, 2 - told.bad);
	engine_free(engine);
	buf_done(&state);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("saved");
	TCase *tc = tcase_create("saved");

	tcase_add_loop_test(tc, what_is_refused_is_named, 0,
	    (int)(sizeof(saved) / sizeof(saved[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
