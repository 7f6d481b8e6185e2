/*
 * fuzz_gate.c - what a listed peer and the MTA say through lsrd-front. The
 * first octet says where the one ends and the other begins. However TCP cuts
 * what the peer says, the MTA gets the same and so does the peer; the MTA
 * gets nothing that the peer did not say, in its order; from the first other
 * command on it gets all, and before that no line of the verb.
 */

#include <string.h>

#include "front/gate.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"
#include "verb/line.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LINES);

struct talk {
	const uint8_t *client, *mta;
	size_t nclient, nmta;
};

static void
answer(struct gate *gate)
{
	while (gate->state == GATE_ASKING)
		gate_refuse(gate);
	FUZZ_CHECK(gate->nawaited <= GATE_AWAITED);
}

/* The client by `step` octets, as far as the gate wants them; then the MTA by
 * `pace`, and the client again; at last it says that this was all. */
static void
play(struct gate *gate, const struct talk *t, size_t step, size_t pace)
{
	size_t at = 0, to = 0;

	gate_init(gate);
	while (at < t->nclient || to < t->nmta) {
		while (at < t->nclient && !gate_is_full(gate)) {
			size_t n = t->nclient - at;

			n = n < step ? n : step;
			gate_client(gate, t->client + at, n);
			answer(gate);
			at += n;
		}
		if (to == t->nmta)
			break;
		if (pace > t->nmta - to)
			pace = t->nmta - to;
		gate_mta(gate, t->mta + to, pace);
		answer(gate);
		to += pace;
	}
	gate_close(gate);
	answer(gate);
}

static bool
is_part(const struct buf *part, const uint8_t *p, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n && at < part->n; i++)
		at += part->p[at] == p[i];
	return at == part->n;
}

/* No line up to the first of another kind is ours. */
static void
holds_no_verb(const struct buf *to_mta)
{
	size_t at = 0, length;

	while (at < to_mta->n) {
		enum line_kind kind = line_kind(to_mta->p + at, to_mta->n - at);

		FUZZ_CHECK(kind != LINE_VERB && kind != LINE_LEGACY);
		if (kind == LINE_OTHER || kind == LINE_MORE ||
		    line_end(to_mta->p + at, to_mta->n - at, &length) !=
			LINE_WHOLE)
			return;
		at += length;
	}
}

static void
same(const struct buf *a, const struct buf *b)
{
	FUZZ_CHECK(a->n == b->n && (a->n == 0 || !memcmp(a->p, b->p, a->n)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t split = n == 0 ? 0 : (n - 1) * p[0] / 255;
	struct talk t = { p + 1, p + 1 + split, split, n - 1 - split };
	struct gate one, two, fast;

	if (n == 0)
		return 0;
	play(&one, &t, 1, 1);
	play(&two, &t, 1 + n / 5, 1);
	play(&fast, &t, n, n);
	same(&one.to_mta, &two.to_mta);
	same(&one.to_client, &two.to_client);
	FUZZ_CHECK(one.state == two.state && one.refused == two.refused);
	for (const struct gate *g = &one; g != NULL;
	     g = g == &one ? &fast : NULL) {
		FUZZ_CHECK(is_part(&g->to_mta, t.client, t.nclient));
		holds_no_verb(&g->to_mta);
	}
	gate_done(&one);
	gate_done(&two);
	gate_done(&fast);
	return 0;
}
