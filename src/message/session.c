#include "message/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/limits.h"
#include "idn/labels.h"

void
session_clear(struct session *s)
{
	for (size_t i = 0; i < s->recipients.n; i++)
		mem_free(s->recipients.v[i]);
	vec_done(&s->recipients);
	mark_trace_done(&s->trace);
	admission_clear(&s->admission);
	mem_free(s->sender);
	mem_free(s->id);
	mem_free(s->oldest);
	buf_done(&s->path);
	memset(s, 0, sizeof(*s));
}

/* A path without its < >, in lower case, its domain as lsrd spells it: with
 * A-labels. Postfix gives no < > for sendmail(1). */
static char *
session_address(const char *path)
{
	size_t n = strlen(path);
	char *out, *spelt;

	if (n >= 2 && path[0] == '<' && path[n - 1] == '>') {
		path++;
		n -= 2;
	}
	out = mem_dup(path, n);
	str_lower(out);
	if (n > LIMIT_SENDER_OCTETS)
		return out; /* beyond that, whatever its spelling */
	spelt = labels_to_a(out);
	mem_free(out);
	return spelt;
}

void
session_from(struct session *s, const char *path, uint64_t size)
{
	session_clear(s);
	s->sender = session_address(path);
	s->declared = size;
	s->beyond = strlen(s->sender) > LIMIT_SENDER_OCTETS;
}

void
session_to(struct session *s, const char *path)
{
	char *to = session_address(path);

	s->beyond |= s->recipients.n == LIMIT_RECIPIENTS ||
	             strlen(to) > LIMIT_SENDER_OCTETS;
	if (s->beyond)
		mem_free(to);
	else
		vec_push(&s->recipients, to);
}

void
session_drop(struct session *s)
{
	mem_free(s->recipients.v[--s->recipients.n]);
}

/* A field's text, or as much of it as tells messages apart. */
static char *
kept(const char *value)
{
	return mem_dup(value, strnlen(value, LIMIT_ID_OCTETS));
}

static void
on_trace(struct session *s, const char *value)
{
	s->traces++;
	s->reach += s->lines;
	mark_trace_add(&s->trace, value, strlen(value));
}

static void
on_route(struct session *s, const char *value)
{
	(void)value;
	s->routes++;
	s->reach += s->lines;
}

static void
on_received(struct session *s, const char *value)
{
	size_t n = strlen(value) + 1;

	s->received++;
	mem_free(s->oldest);
	s->oldest = kept(value);
	if (s->received <= LIMIT_TRACE_FIELDS &&
	    s->path.n + n <= LIMIT_PATH_OCTETS)
		buf_bytes(&s->path, value, n);
}

static void
on_id(struct session *s, const char *value)
{
	if (s->id == NULL)
		s->id = kept(value);
}

static const struct {
	const char *name;
	void (*on)(struct session *s, const char *value);
} fields[] = {
	{ MARK_FIELD, on_trace },
	{ SESSION_ROUTE, on_route },
	{ "Received", on_received },
	{ "Message-ID", on_id },
};

/* As the MTA must read it to find the field behind it. */
static uint64_t
lines_of(const char *name, const char *value)
{
	uint64_t n = 1 + (strlen(name) + strlen(value)) / LIMIT_STRIP_LINE;

	for (; (value = strchr(value, '\n')) != NULL; value++)
		n++;
	return n;
}

void
session_header(struct session *s, const char *name, const char *value)
{
	s->lines += lines_of(name, value);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcasecmp(name, fields[i].name) == 0)
			fields[i].on(s, value);
	admission_field(&s->admission, name, value);
}

bool
session_crowded(const struct session *s)
{
	return s->traces > LIMIT_TRACE_FIELDS ||
	       s->routes > LIMIT_TRACE_FIELDS || s->reach > LIMIT_STRIP_LINES;
}

uint64_t
session_size(char *const *parameters)
{
	for (; *parameters != NULL; parameters++) {
		const char *digits = *parameters + strlen("SIZE=");

		if (strncasecmp(*parameters, "SIZE=", 5) == 0 &&
		    digits[0] >= '0' && digits[0] <= '9' && strlen(digits) < 20)
			return strtoull(digits, NULL, 10);
	}
	return 0;
}

bool
session_is_own(const char *client, const char *daemon)
{
	static const char mapped[] = "::ffff:";
	size_t n = strlen(mapped);

	if (strncasecmp(client, mapped, n) == 0)
		client += n;
	if (daemon != NULL && strncasecmp(daemon, mapped, n) == 0)
		daemon += n;
	return strncmp(client, "127.", 4) == 0 || strcmp(client, "::1") == 0 ||
	       (daemon != NULL && client[0] != '\0' &&
		   strcasecmp(client, daemon) == 0);
}

bool
session_is_verb(const char *line)
{
	size_t n = strlen(SESSION_VERB);

	return strncasecmp(line, SESSION_VERB, n) == 0 &&
	       (line[n] == '\0' || line[n] == ' ' || line[n] == '\t' ||
		   line[n] == '\r' || line[n] == '\n');
}

/* --- the end of a message --------------------------------------------------- */

/* Our own keys are known also before lsrd has made them public. */
static bool
on_find(void *ctx, const uint8_t key[CRYPTO_DIGEST],
    uint8_t public_key[CRYPTO_PUBLIC])
{
	const struct basis *b = ctx;
	struct mtable_key found;

	for (size_t i = 0; i < b->nkeys; i++) {
		if (memcmp(b->key[i].name, key, CRYPTO_DIGEST) == 0) {
			memcpy(public_key, b->key[i].public_key, CRYPTO_PUBLIC);
			return true;
		}
	}
	if (!mtable_key(&b->table, key, &found))
		return false;
	memcpy(public_key, found.public_key, CRYPTO_PUBLIC);
	return true;
}

static void
take_back(struct session *s, size_t nkeys)
{
	struct mark_present present = { .nself = nkeys };
	const struct visit *newest = mark_trace_newest(&s->trace);

	for (size_t i = 0; i < nkeys && newest != NULL; i++)
		s->filtered |=
		    memcmp(newest->key, s->self[i].key, CRYPTO_DIGEST) == 0;
	memcpy(present.self, s->self, sizeof(present.self));
	s->before = mark_trace_return(&s->trace, &present);
}

void
session_verify(struct session *s, const struct session_ask *ask)
{
	const struct basis *b = ask->basis;
	const char *id = s->id != NULL ? s->id : s->oldest;
	const char *const *to = (const char *const *)s->recipients.v;
	struct mark_keys keys = { .ctx = (void *)(uintptr_t)b,
		.find = on_find };

	if (session_crowded(s))
		mark_trace_done(&s->trace);
	mark_message(id == NULL ? "" : id, id == NULL ? 0 : strlen(id),
	    ask->crypto, s->message);
	mark_trace_verify(&s->trace, s->message, &keys, ask->crypto);
	for (size_t i = 0; i < b->nkeys; i++) {
		memcpy(s->self[i].key, b->key[i].name, CRYPTO_DIGEST);
		mark_recipients(to, s->recipients.n, b->key[i].secret,
		    ask->crypto, s->self[i].recipients);
	}
	if (s->local)
		take_back(s, b->nkeys);
}

bool
session_may_steer(const struct session *s, const struct session_ask *ask)
{
	const struct mtable_mta *mta = &ask->basis->table.mta;

	return s->filtered || !(s->admission.sendmail ? mta->filters_local
						      : mta->filters_smtp);
}

const struct visit *
session_first(const struct session *s)
{
	const struct visit *first = mark_trace_first(&s->trace);

	return first != NULL ? first : s->before;
}

static struct policy_message
message_of(const struct session *s, const struct session_ask *ask)
{
	const struct visit *first = session_first(s);
	struct policy_message m = {
		.size = admission_size(&s->admission, s->declared),
		.priority = s->admission.priority != 0 ? s->admission.priority
		                                       : POLICY_NORMAL,
		.sender = s->sender,
		.time = (int64_t)(ask->time_ms / 1000),
	};

	if (first == NULL)
		return m;
	m.sender = first->sender;
	if (first->size != 0)
		m.size = first->size;
	if (first->priority != 0)
		m.priority = first->priority;
	return m;
}

/* What the rule asks of the present route. */
struct present {
	const struct session *session;
	const struct session_ask *ask;
	const struct mtable *table;
	bool asked,
	    plain; /* every connector admits the message: known, is so */
};

/* A message that some connector does not admit may have a way of its own, and
 * that is what the table's net makes of it. */
static bool
goes_plainly(struct present *p)
{
	const struct basis *b = p->ask->basis;
	struct policy_message message;

	if (p->asked)
		return p->plain;
	message = message_of(p->session, p->ask);
	p->asked = true;
	p->plain = !b->limits || admit_everywhere(&b->net, &message);
	return p->plain;
}

/* Who has no route goes where the MTA sends him, as of this table. */
static bool
on_since(void *ctx, size_t i, struct mtable_version *out)
{
	struct present *p = ctx;
	struct mtable_route route;

	if (i >= p->session->recipients.n)
		return false;
	*out = p->table->now;
	if (goes_plainly(p) &&
	    mtable_route(p->table, p->session->recipients.v[i], &route) ==
		RC_OK)
		*out = route.since;
	return true;
}

/* Of several recipients: a next hop of any of their routes. */
static bool
on_next_hop(void *ctx, const uint8_t key[CRYPTO_DIGEST])
{
	const struct present *p = ctx;
	struct mtable_key server;
	struct mtable_route route;

	if (!mtable_key(p->table, key, &server))
		return false;
	for (size_t i = 0; i < p->session->recipients.n; i++) {
		const char *to = p->session->recipients.v[i];

		if (mtable_route(p->table, to, &route) == RC_OK &&
		    mtable_next_hop(&route, server.name))
			return true;
	}
	return false;
}

static bool
is_in_word(char c)
{
	return c != '\0' && strchr(" \t\r\n;()", c) == NULL;
}

/* As a word of a Received field: Postfix, Exim and Sendmail write `id ...`. */
static bool
on_passed(void *ctx, const char *queue_id)
{
	const struct present *p = ctx;
	const struct buf *path = &p->session->path;
	size_t n = strlen(queue_id);

	for (size_t at = 0; at < path->n;) {
		const char *field = (const char *)path->p + at, *hit = field;

		while ((hit = strstr(hit, queue_id)) != NULL) {
			if (hit > field && !is_in_word(hit[-1]) &&
			    !is_in_word(hit[n]))
				return true;
			hit += n;
		}
		at += strlen(field) + 1;
	}
	return false;
}

enum mark_verdict
session_judge(const struct session *s, const struct session_ask *ask,
    const struct mark_memory *memory)
{
	struct present here = {
		.session = s, .ask = ask, .table = &ask->basis->table
	};
	struct mark_present present = {
		.time_ms = ask->time_ms,
		.nself = ask->basis->nkeys,
		.received = session_received(s),
		.hop_limit = ask->hop_limit,
		.memory = memory,
		.ctx = &here,
		.since = on_since,
		.next_hop = on_next_hop,
		.passed = on_passed,
	};

	memcpy(present.self, s->self, sizeof(present.self));
	memcpy(present.message, s->message, sizeof(present.message));
	return mark_judge(&s->trace, &present);
}

/* The first recipient's answer and, where there is one, the first that is odd
 * beside it: however many recipients, the others say nothing more. */
static size_t
ask_all(const struct session *s, struct admit *admit, bool first_hop,
    struct admit_answer answers[2])
{
	if (s->recipients.n > 0)
		admit_ask(admit, s->recipients.v[0], &answers[0]);
	for (size_t i = 1; i < s->recipients.n; i++) {
		admit_ask(admit, s->recipients.v[i], &answers[1]);
		if (ruling_is_odd(&answers[0], &answers[1], first_hop))
			return 2;
	}
	return s->recipients.n > 0;
}

/* Where the maps of this host change recipients, what it has taken before was
 * not judged. */
bool
session_is_first(const struct session *s, const struct session_ask *ask)
{
	return !session_crowded(s) && mark_trace_first(&s->trace) == NULL &&
	       (s->before == NULL || ask->basis->table.mta.copies);
}

enum ruling
session_rule(const struct session *s, const struct session_ask *ask,
    struct policy_message *message, struct buf *text)
{
	const struct basis *b = ask->basis;
	struct ruling_ask ruling = {
		.first = session_is_first(s, ask),
		.reinject = s->admission.sendmail ? ask->reinject : NULL,
		.table = &b->table,
	};
	struct admit_answer answers[2];
	struct admit *admit;
	enum ruling what;

	*message = message_of(s, ask);
	if (!b->limits)
		return RULING_PASSES;
	admit = admit_new(&b->table, &b->net, message);
	if (admit == NULL)
		return RULING_PASSES;
	ruling.answers = answers;
	ruling.n = ask_all(s, admit, ruling.first, answers);
	what = ruling_make(&ruling, text);
	admit_free(admit);
	return what;
}

void
session_visit(
    const struct session *s, const struct session_ask *ask, struct visit *visit)
{
	const struct mtable *table = &ask->basis->table;
	const struct visit *previous = mark_trace_newest(&s->trace);

	memset(visit, 0, sizeof(*visit));
	memcpy(visit->key, s->self[0].key, CRYPTO_DIGEST);
	memcpy(visit->recipients, s->self[0].recipients, MARK_RECIPIENTS);
	visit->now = table->now;
	visit->before = mtable_then(table,
	    ask->time_ms < MARK_BEFORE_MS ? 0 : ask->time_ms - MARK_BEFORE_MS);
	visit->time_ms = ask->time_ms;
	visit->first = previous == NULL;
	if (visit->first && s->before != NULL) {
		visit->size = s->before->size;
		visit->priority = s->before->priority;
		memcpy(visit->sender, s->before->sender, sizeof(visit->sender));
	} else if (visit->first) {
		visit->size = admission_size(&s->admission, s->declared);
		visit->priority = s->admission.priority != 0
		                      ? s->admission.priority
		                      : POLICY_NORMAL;
		snprintf(visit->sender, sizeof(visit->sender), "%s", s->sender);
	}
	mark_sign(visit, previous, s->message, ask->crypto);
}

unsigned
session_received(const struct session *s)
{
	return s->received + 1;
}
