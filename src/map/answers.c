#include "map/answers.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "sys/clock.h"

#define LSRCTL_USAGE 2
#define LSRCTL_DOWN 3

struct answers_waiting {
	answers_given *given;
	void *ctx;
};

struct answer {
	struct answers *of;
	char *target; /* NULL: the place is free */
	bool list, asking;
	bool
	    again; /* something has happened meanwhile: once more, not for ever */
	struct body *body; /* NULL: not yet */
	uint64_t news;     /* of the moment when it was asked */
	struct mono asked, used;
	VEC(struct answers_waiting) waiting;
};

struct answers {
	struct ask_set *asks;
	uint64_t news;
	size_t asking;
	struct answer places[ANSWERS_KEPT];
};

static void answers_go_on(struct answers *s);

/* Lines to an array. */
static void
answers_list(struct buf *to, const struct buf *lines)
{
	size_t n = lines->n;

	while (n > 0 && lines->p[n - 1] == '\n')
		n--;
	buf_u8(to, '[');
	for (size_t i = 0; i < n; i++)
		buf_u8(to, lines->p[i] == '\n' ? ',' : lines->p[i]);
	buf_text(to, "]\n");
}

/* What it complains of is an object already (ctl/complain.h). */
static struct body *
answers_complaint(int code, const struct buf *said)
{
	struct buf copy = { 0 };

	if (said->n == 0 || said->p[0] != '{')
		return body_error(502, "bad-answer", "lsrctl does not run");
	buf_bytes(&copy, said->p, said->n);
	return body_new(code, BODY_JSON, &copy);
}

struct body *
answers_body(
    int status, bool list, const struct buf *out, const struct buf *said)
{
	struct buf octets = { 0 };

	if (status == ASK_LATE)
		return body_error(504, "late", "no answer in time");
	if (status == ASK_LONG)
		return body_error(502, "long", "the answer is too long");
	if (status == LSRCTL_DOWN)
		return answers_complaint(503, said);
	if (status == LSRCTL_USAGE)
		return answers_complaint(400, said);
	if (status > LSRCTL_DOWN)
		return answers_complaint(502, said);
	if (list)
		answers_list(&octets, out);
	else
		buf_bytes(&octets, out->p, out->n);
	return body_new(200, BODY_JSON, &octets);
}

static void
answer_give(struct answer *a, struct body *body)
{
	struct answers_waiting *waiting = a->waiting.v;
	size_t n = a->waiting.n;

	/* who is given something may ask again */
	memset(&a->waiting, 0, sizeof(a->waiting));
	body_hold(body);
	for (size_t i = 0; i < n; i++)
		waiting[i].given(waiting[i].ctx, body);
	body_release(body);
	mem_free(waiting);
}

static void
on_answer_done(
    void *ctx, int status, const struct buf *out, const struct buf *said)
{
	struct answer *a = ctx;

	a->asking = false;
	a->of->asking--;
	body_release(a->body);
	a->body = answers_body(status, a->list, out, said);
	a->again = a->news != a->of->news && !a->again;
	if (!a->again)
		answer_give(a, a->body);
	answers_go_on(a->of);
}

static void
answer_ask(struct answer *a)
{
	struct ask_calls calls = { NULL, on_answer_done, a };
	struct body *body;

	a->news = a->of->news;
	a->asked = clock_mono();
	if (ask_begin(a->of->asks, a->target, &calls)) {
		a->asking = true;
		a->of->asking++;
		return;
	}
	body = body_error(503, "busy", "too many ask at once");
	answer_give(a, body);
	body_release(body);
}

/* Those that wait for their turn. */
static void
answers_go_on(struct answers *s)
{
	for (size_t i = 0; i < ANSWERS_KEPT && s->asking < ANSWERS_ASKING; i++)
		if (!s->places[i].asking && s->places[i].waiting.n > 0)
			answer_ask(&s->places[i]);
}

static void
answer_clear(struct answer *a)
{
	mem_free(a->target);
	body_release(a->body);
	vec_done(&a->waiting);
	*a = (struct answer){ .of = a->of };
}

/* Its place: the one it has, a free one, or that which was used least lately
 * and which nobody waits for; NULL: there is none. */
static struct answer *
answers_place(struct answers *s, const char *target, bool list)
{
	struct answer *best = NULL;

	for (size_t i = 0; i < ANSWERS_KEPT; i++) {
		struct answer *a = &s->places[i];

		if (a->target != NULL && strcmp(a->target, target) == 0)
			return a;
		if (!a->asking && a->waiting.n == 0 &&
		    (best == NULL || a->used.ms < best->used.ms))
			best = a;
	}
	if (best == NULL)
		return NULL;
	answer_clear(best);
	best->target = mem_str(target);
	best->list = list;
	return best;
}

void
answers_get(struct answers *s, const char *target, bool list,
    answers_given *given, void *ctx)
{
	struct answer *a = answers_place(s, target, list);
	struct answers_waiting one = { given, ctx };
	struct body *busy;

	if (a == NULL) {
		busy = body_error(503, "busy", "too many ask at once");
		given(ctx, busy);
		body_release(busy);
		return;
	}
	a->used = clock_mono();
	if (!a->asking && a->body != NULL && a->news == s->news &&
	    mono_since(a->asked, a->used) < ANSWERS_FRESH_MS) {
		given(ctx, a->body);
		return;
	}
	vec_push(&a->waiting, one);
	answers_go_on(s);
}

void
answers_news(struct answers *s)
{
	s->news++;
}

struct answers *
answers_new(struct ask_set *asks)
{
	struct answers *s = mem_new(sizeof(*s), 0, 0);

	s->asks = asks;
	for (size_t i = 0; i < ANSWERS_KEPT; i++)
		s->places[i].of = s;
	return s;
}

void
answers_free(struct answers *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < ANSWERS_KEPT; i++)
		answer_clear(&s->places[i]);
	mem_free(s);
}
