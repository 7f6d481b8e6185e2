#include "front/gate.h"

#include <string.h>

#include "base/check.h"
#include "verb/line.h"

void
gate_init(struct gate *gate)
{
	memset(gate, 0, sizeof(*gate));
	gate->awaited[0] = LINE_OTHER; /* the greeting */
	gate->nawaited = 1;
}

static void
gate_drop(struct buf *b, size_t n)
{
	if (n > 0)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

static void
pass(struct gate *gate)
{
	gate->state = GATE_PASSING;
	buf_bytes(&gate->to_mta, gate->held.p, gate->held.n);
	buf_done(&gate->held);
}

static void
gate_end(struct gate *gate, int code)
{
	line_put_refusal(&gate->to_client, code);
	gate->state = GATE_ENDED;
	buf_done(&gate->held);
}

static void
front_gate_refuse(struct gate *gate, int code)
{
	gate->refused++;
	if (gate->refused > GATE_REFUSALS)
		gate_end(gate, 421);
	else
		line_put_refusal(&gate->to_client, code);
}

/* A verb in a whole line of n octets; the MTA owes no answer. */
static void
on_gate_verb(struct gate *gate, enum line_kind kind, size_t n)
{
	struct buf octets = { 0 };
	int code = 502;

	if (kind == LINE_VERB)
		code = line_verb(gate->held.p, n, &octets);
	if (kind == LINE_VERB && !gate->ehlo)
		code = 503;
	buf_done(&octets);
	gate->legacy += kind == LINE_LEGACY;
	if (code == 250) {
		gate->state = GATE_ASKING;
		return;
	}
	gate_drop(&gate->held, n);
	front_gate_refuse(gate, code);
}

/* The octets that are held are no whole line, and no more will come. */
static void
on_rest(struct gate *gate, bool ours)
{
	if (ours)
		buf_done(&gate->held);
	else
		pass(gate);
}

/* A whole line of n octets that is the MTA's, and its answer ours to see. */
static void
forward(struct gate *gate, enum line_kind kind, size_t n)
{
	buf_bytes(&gate->to_mta, gate->held.p, n);
	gate_drop(&gate->held, n);
	gate->awaited[gate->nawaited++] = (uint8_t)kind;
}

/* One line of the client; false when there is none to decide about yet. */
static bool
on_gate_line(struct gate *gate)
{
	enum line_kind kind = line_kind(gate->held.p, gate->held.n);
	bool ours = kind == LINE_VERB || kind == LINE_LEGACY;
	size_t n = 0;
	enum line_end how = line_end(gate->held.p, gate->held.n, &n);

	if (kind == LINE_OTHER || (!ours && how > LINE_WHOLE)) {
		pass(gate);
		return false;
	}
	if (kind == LINE_MORE || how == LINE_OPEN) {
		if (gate->closed)
			on_rest(gate, ours);
		return false;
	}
	if ((ours && gate->nawaited > 0) || gate->nawaited == GATE_AWAITED)
		return false;
	if (how != LINE_WHOLE) {
		gate->refused++;
		gate_end(gate, 500);
	} else if (ours) {
		on_gate_verb(gate, kind, n);
	} else {
		forward(gate, kind, n);
	}
	return true;
}

static void
read_on(struct gate *gate)
{
	while (gate->state == GATE_READING && gate->held.n > 0 &&
	       on_gate_line(gate))
		;
}

void
gate_client(struct gate *gate, const uint8_t *octets, size_t n)
{
	if (gate->state == GATE_ENDED)
		return;
	if (gate->state == GATE_PASSING) {
		buf_bytes(&gate->to_mta, octets, n);
		return;
	}
	buf_bytes(&gate->held, octets, n);
	read_on(gate);
}

/* The fourth octet of a line, or what is there instead of it. */
static void
on_head(struct gate *gate, uint8_t c)
{
	bool last = c != '-', good = memcmp(gate->head, "250", 3) == 0;

	if (good && last && gate->awaited[0] == LINE_EHLO) {
		gate->adding = true;
		buf_u8(&gate->to_client, '-');
		if (c == ' ')
			return;
	}
	buf_u8(&gate->to_client, c);
}

/* A line of the MTA has ended, and maybe the answer. */
static void
on_gate_answer(struct gate *gate)
{
	enum line_kind kind = (enum line_kind)gate->awaited[0];
	bool good = memcmp(gate->head, "250", 3) == 0, more;

	gate->column = 0;
	if (gate->adding)
		buf_text(&gate->to_client, "250 " LINE_KEYWORD "\r\n");
	gate->adding = false;
	more = gate->head[3] == '-';
	memset(gate->head, 0, sizeof(gate->head));
	if (more)
		return;
	if (good && (kind == LINE_EHLO || kind == LINE_HELO))
		gate->ehlo = kind == LINE_EHLO;
	gate->nawaited--;
	memmove(gate->awaited, gate->awaited + 1, gate->nawaited);
}

/* An octet of an answer that is awaited. */
static void
on_octet(struct gate *gate, uint8_t c)
{
	if (gate->column < 4)
		gate->head[gate->column] = c;
	if (gate->column == 3)
		on_head(gate, c);
	else
		buf_u8(&gate->to_client, c);
	if (gate->column < 4)
		gate->column++;
	if (c == '\n')
		on_gate_answer(gate);
}

void
gate_mta(struct gate *gate, const uint8_t *octets, size_t n)
{
	size_t i = 0;

	if (gate->state == GATE_ENDED)
		return;
	while (i < n && gate->nawaited > 0)
		on_octet(gate, octets[i++]);
	buf_bytes(&gate->to_client, octets + i, n - i);
	read_on(gate);
}

void
gate_refuse(struct gate *gate)
{
	size_t n;

	CHECK(gate->state == GATE_ASKING);
	line_put_refusal(&gate->to_client, 454);
	if (line_end(gate->held.p, gate->held.n, &n) == LINE_WHOLE)
		gate_drop(&gate->held, n);
	gate->state = GATE_READING;
	read_on(gate);
}

void
gate_close(struct gate *gate)
{
	gate->closed = true;
	read_on(gate);
}

bool
gate_is_full(const struct gate *gate)
{
	return gate->state == GATE_ASKING || gate->held.n > GATE_HELD;
}

bool
gate_is_over(const struct gate *gate)
{
	return gate->state == GATE_PASSING && gate->nawaited == 0;
}

bool
gate_has_said_all(const struct gate *gate)
{
	return gate->closed && gate->held.n == 0;
}

void
gate_done(struct gate *gate)
{
	buf_done(&gate->to_mta);
	buf_done(&gate->to_client);
	buf_done(&gate->held);
}
