#include "exim/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/way.h"
#include "core/trace/admit.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"
#include "exim/list.h"
#include "exim/memory.h"
#include "message/reply.h"
#include "sys/clock.h"

/* So many recipients who wait are told why at length, which takes a search
 * each (core/trace/admit.h); the others of this process in a few words. */
#define EXPLAINED 20

struct judge *
judge_get(void)
{
	static struct judge judge;

	return &judge;
}

/* --- what it stands on ------------------------------------------------------ */

static void
asked_drop(struct judge_asked *asked)
{
	admit_free(asked->admit);
	memset(asked, 0, sizeof(*asked));
}

static void
judge_drop(struct judge *j)
{
	asked_drop(&j->asked);
	basis_free(j->marks);
	basis_free(j->routes);
	j->marks = j->routes = NULL;
}

/* Other files than before: another instance of Exim, or its tests. */
static void
files_set(struct judge *j)
{
	if (strcmp(j->at.table, j->words.table) == 0 &&
	    strcmp(j->at.key, j->words.key) == 0 &&
	    strcmp(j->at.previous, j->words.previous) == 0)
		return;
	session_clear(&j->session);
	j->judged = false;
	judge_drop(j);
	j->at = j->words;
}

/* A newer one in the place of *held, which goes on where that is refused. On
 * RC_OK, or when there is one, *held is to be used. */
static int
judge_refresh(struct judge *j, struct basis **held,
    const struct basis_files *files, const char **failed)
{
	struct basis *newer;
	int rc;

	*failed = NULL;
	if (*held != NULL && !basis_is_old(*held, files))
		return RC_OK;
	rc = basis_new(files, &newer, failed);
	if (rc != RC_OK)
		return rc;
	asked_drop(&j->asked);
	basis_free(*held);
	*held = newer;
	return RC_OK;
}

/* Mail is accepted as it came. */
static void
unready_say(struct judge *j, int rc, const char *failed)
{
	bool denied = rc == RC_IO && errno == EACCES;

	buf_printf(
	    &j->out, "unready\nunready: id=%s, file=%s, ", j->words.id, failed);
	buf_printf(&j->out, "why=%s; %s",
	    rc == RC_IO ? strerror(errno) : rc_word(rc),
	    basis_remedy(rc, strcmp(failed, j->at.table) == 0));
	if (denied)
		buf_text(&j->out,
		    ", and let the user of Exim be a member of that group");
	buf_text(&j->out, "\n");
}

static bool
marks_stand(struct judge *j)
{
	struct basis_files files = { j->at.table, j->at.key,
		j->at.previous[0] == '\0' ? NULL : j->at.previous };
	const char *failed;
	int rc = judge_refresh(j, &j->marks, &files, &failed);

	if (j->marks == NULL)
		unready_say(j, rc, failed);
	return j->marks != NULL;
}

/* Who routes may have no right to read the keys, and needs none. */
static const struct basis *
routes_stand(struct judge *j)
{
	struct basis_files files = { j->at.table, NULL, NULL };
	const char *failed;

	if (j->marks != NULL && !basis_is_old(j->marks, &files))
		return j->marks;
	judge_refresh(j, &j->routes, &files, &failed);
	return j->routes != NULL ? j->routes : j->marks;
}

/* --- a message ---------------------------------------------------------------- */

static void
fields_take(struct session *s, const char *name, const char *list, bool plain)
{
	char *field = mem_new(strlen(list) + 1, 0, 0);

	while (list_field(&list, plain, field))
		session_header(s, name, field);
	mem_free(field);
}

static void
recipients_take(struct session *s, const char *list)
{
	char *recipient = mem_new(strlen(list) + 1, 0, 0);

	while (!s->beyond && list_recipient(&list, recipient))
		session_to(s, recipient);
	mem_free(recipient);
}

/* A line that begins with a blank belongs to the one before it. */
static size_t
line_length(const char *text)
{
	size_t n = strcspn(text, "\n");

	while (text[n] == '\n' && (text[n + 1] == ' ' || text[n + 1] == '\t'))
		n += 1 + strcspn(text + n + 1, "\n");
	return n;
}

/* Each line: a name, `=`, and the list of its fields. */
static void
priority_take(struct session *s, const char *text)
{
	while (*text != '\0') {
		size_t n = line_length(text), name = strcspn(text, "=");

		if (name < n) {
			char *line = mem_dup(text, n);

			line[name] = '\0';
			fields_take(s, line, line + name + 1, true);
			mem_free(line);
		}
		text += text[n] == '\0' ? n : n + 1;
	}
}

/* The size is as it goes over a line, with CR LF. */
static void
judge_take(struct judge *j, const char *const *args)
{
	struct session *s = &j->session;
	const struct words *w = &j->words;

	session_from(s, args[JUDGE_SENDER], w->size + w->lines);
	recipients_take(s, args[JUDGE_RECIPIENTS]);
	fields_take(s, MARK_FIELD, args[JUDGE_TRACES], true);
	fields_take(s, "Message-ID", args[JUDGE_ID], false);
	fields_take(s, "Received", args[JUDGE_RECEIVED], false);
	priority_take(s, args[JUDGE_PRIORITY]);
	s->received = w->received > 0 ? w->received - 1 : 0;
	s->routes = w->routes;
	s->local = session_is_own(w->client, w->here);
	s->local |= w->client[0] == '\0';
}

/* Fields that are to be taken off. */
static unsigned
stripped(const struct session *s)
{
	unsigned n = s->traces;

	for (size_t i = 0; i < s->trace.fields.n; i++)
		n -= s->trace.fields.v[i].stands;
	return n;
}

static void
pass_say(struct judge *j, const struct policy_message *m, unsigned strip)
{
	const struct session *s = &j->session;
	bool crowded = session_crowded(s), first = session_is_first(s, &j->ask);

	j->judged = !crowded;
	buf_text(&j->out, crowded ? "untouched" : "pass");
	if (strip > 0 && !crowded)
		buf_printf(&j->out, " strip=%u", strip);
	buf_printf(&j->out, " first=%s size=%llu priority=%u",
	    first ? "yes" : "no", (unsigned long long)m->size, m->priority);
}

/* The sender in a mark has no blank in it. */
static void
sender_say(struct judge *j, const struct policy_message *m)
{
	if (session_first(&j->session) != NULL)
		buf_printf(&j->out, " sender=%s", m->sender);
}

static void
refuse_say(struct judge *j, const struct reply *reply, const char *log,
    const char *text)
{
	buf_text(&j->out, reply->code[0] == '5' ? "deny" : "defer");
	buf_printf(&j->out, "\n%s\n%s %s ", log, reply->code, reply->enhanced);
	buf_text(&j->out, text);
}

/*
 * A message of exim or sendmail(1) has nobody who could keep it: it is taken,
 * and waits here for as long as there is no other table.
 */
static void
loop_say(struct judge *j, enum mark_verdict verdict, unsigned strip,
    const struct policy_message *m)
{
	const struct mtable *table = &j->marks->table;
	struct buf line = { 0 };
	char *log;

	buf_printf(&line, "loop: id=%s, why=%s, received=%u", j->words.id,
	    mark_word(verdict), session_received(&j->session));
	log = buf_string(&line);
	if (j->words.client[0] != '\0') {
		refuse_say(j, &reply_loop, log, reply_loop.text);
	} else {
		pass_say(j, m, strip);
		buf_printf(&j->out, " loop=%llu epoch=%llu",
		    (unsigned long long)table->now.generation,
		    (unsigned long long)table->now.epoch);
		sender_say(j, m);
		buf_printf(&j->out, "\n%s, result=held\n", log);
	}
	mem_free(log);
}

/* By limits it is refused where all its recipients are: each is routed by
 * himself else, and may wait here while others go. */
static bool
limits_say(struct judge *j, enum ruling ruling, const char *text)
{
	struct buf line = { 0 };
	char *log;

	if ((ruling != RULING_HELD && ruling != RULING_NEVER) ||
	    j->words.client[0] == '\0')
		return false;
	buf_printf(&line, "limit: id=%s, result=%s, why=%s", j->words.id,
	    ruling_word(ruling), text);
	log = buf_string(&line);
	refuse_say(j, reply_of(ruling), log, text);
	mem_free(log);
	return true;
}

static bool
is_from_far(const struct judge *j)
{
	return session_received(&j->session) >= MARK_REMEMBER_RECEIVED;
}

static enum mark_verdict
judge_verdict(struct judge *j)
{
	struct mark_memory *memory =
	    is_from_far(j) ? memory_read(j->words.memory) : NULL;
	enum mark_verdict verdict = session_judge(&j->session, &j->ask, memory);

	mark_memory_free(memory);
	return verdict;
}

/* What it would be marked with; so it is known if it comes back. */
static void
visit_remember(struct judge *j)
{
	struct visit visit;

	if (!is_from_far(j))
		return;
	session_visit(&j->session, &j->ask, &visit);
	memory_append(j->words.memory, &visit, j->session.message, j->words.id);
}

static void
verdict_say(struct judge *j)
{
	struct session *s = &j->session;
	enum mark_verdict verdict = judge_verdict(j);
	unsigned strip = stripped(s);
	struct policy_message m;
	struct buf why = { 0 };
	enum ruling ruling = session_rule(s, &j->ask, &m, &why);
	char *text = buf_string(&why);

	if (verdict != MARK_PASSES) {
		loop_say(j, verdict, strip, &m);
	} else if (!limits_say(j, ruling, text)) {
		pass_say(j, &m, strip);
		sender_say(j, &m);
		buf_text(&j->out, "\n");
		if (strip + s->routes > 0)
			buf_printf(&j->out, "%s: id=%s, fields=%u",
			    session_crowded(s) ? "untouched" : "stripped",
			    j->words.id, strip + s->routes);
		buf_text(&j->out, "\n");
		if (session_crowded(s))
			visit_remember(j);
	}
	mem_free(text);
}

void
judge_message(struct judge *j, const char *const *args)
{
	struct crypto crypto;

	j->judged = false;
	session_clear(&j->session);
	words_read(&j->words, args[JUDGE_WORDS]);
	files_set(j);
	if (!marks_stand(j))
		return;
	judge_take(j, args);
	if (j->session.beyond) {
		buf_text(&j->out, "untouched\n\n");
		return;
	}
	crypto_init(&crypto, keys_ref(j->marks->key[0].key), NULL);
	j->ask = (struct session_ask){ .basis = j->marks,
		.crypto = &crypto,
		.time_ms = clock_wall_ms(),
		.hop_limit = j->words.hop_limit };
	session_verify(&j->session, &j->ask);
	verdict_say(j);
	crypto_done(&crypto);
	j->ask.crypto = NULL;
}

static void
add_say(struct judge *j, const struct visit *visit)
{
	buf_text(&j->out, ":at_start:" MARK_FIELD ": ");
	mark_encode(visit, &j->out);
	buf_text(&j->out, "\n");
}

/* Each is put on top of those before it. The last line has an end, too: Exim
 * adds a missing one in a buffer that a long text would not fit. */
void
judge_add(struct judge *j, const char *const *args)
{
	const struct mark_trace *trace = &j->session.trace;
	char id[WORDS_ADDRESS + 1];
	struct visit visit;
	struct crypto crypto;

	memcpy(id, j->words.id, sizeof(id));
	words_read(&j->words, args[JUDGE_WORDS]);
	if (!j->judged || strcmp(id, j->words.id) != 0)
		return;
	j->judged = false;
	for (size_t i = trace->fields.n; i > 0; i--)
		if (trace->fields.v[i - 1].stands)
			add_say(j, &trace->fields.v[i - 1].visit);
	crypto_init(&crypto, keys_ref(j->ask.basis->key[0].key), NULL);
	j->ask.crypto = &crypto;
	session_visit(&j->session, &j->ask, &visit);
	crypto_done(&crypto);
	j->ask.crypto = NULL;
	add_say(j, &visit);
	if (is_from_far(j))
		memory_append(
		    j->words.memory, &visit, j->session.message, j->words.id);
	session_clear(&j->session);
}

/* --- a recipient ---------------------------------------------------------------- */

enum { RECIPIENT_WORDS, RECIPIENT_SENDER, RECIPIENT_ADDRESS };

/* A schedule opens and shuts with a minute. */
static bool
is_asked(const struct judge_asked *asked, const struct basis *basis,
    const struct policy_message *m)
{
	return asked->basis == basis && asked->message.size == m->size &&
	       asked->message.priority == m->priority &&
	       asked->message.time / 60 == m->time / 60 &&
	       strcmp(asked->sender, m->sender) == 0;
}

static void
answer_by(struct judge *j, const struct basis *basis, const struct session *s,
    struct admit_answer *out)
{
	const struct words *w = &j->words;
	struct judge_asked *asked = &j->asked;
	struct policy_message m = { .size = w->size,
		.priority = w->priority != 0 ? w->priority : POLICY_NORMAL,
		.sender = w->sender_said ? w->sender : s->sender,
		.time = (int64_t)clock_wall() };

	if (strlen(m.sender) > LIMIT_SENDER_OCTETS)
		m.sender = "";
	if (!is_asked(asked, basis, &m)) {
		asked_drop(asked);
		asked->basis = basis;
		asked->message = m;
		snprintf(asked->sender, sizeof(asked->sender), "%s", m.sender);
		asked->message.sender = asked->sender;
		asked->admit =
		    admit_new(&basis->table, &basis->net, &asked->message);
	}
	if (asked->admit == NULL)
		return;
	admit_ask(asked->admit, s->recipients.v[0], out);
	if (out->kind >= ADMIT_HOLD && j->explained++ < EXPLAINED)
		asked_drop(asked);
}

/* The table's own route where nothing says otherwise. */
static const struct basis *
recipient_ask(
    struct judge *j, const char *const *args, struct admit_answer *out)
{
	const struct basis *basis;
	struct session s = { 0 };

	memset(out, 0, sizeof(*out));
	out->kind = ADMIT_PLAIN;
	words_read(&j->words, args[RECIPIENT_WORDS]);
	files_set(j);
	basis = routes_stand(j);
	if (basis == NULL || !basis->limits)
		return basis;
	session_from(&s, args[RECIPIENT_SENDER], 0);
	session_to(&s, args[RECIPIENT_ADDRESS]);
	if (s.recipients.n > 0)
		answer_by(j, basis, &s, out);
	session_clear(&s);
	return basis;
}

void
judge_admits(struct judge *j, const char *const *args)
{
	struct admit_answer answer;

	recipient_ask(j, args, &answer);
	if (answer.kind == ADMIT_NEVER)
		buf_printf(&j->out, "no %s", answer.why);
	else
		buf_text(&j->out, "yes");
}

/* The hosts of an answer that have the transport of its first one. */
static void
hosts_write(struct buf *out, const struct basis *basis,
    const struct admit_answer *answer)
{
	char ip[ADDR_TEXT];

	for (size_t i = 0; i < answer->nhops; i++) {
		const struct admit_hop *hop = &answer->hop[i];

		if (!admit_in_list(answer, i))
			continue;
		if (basis->table.by_name)
			buf_printf(out, "; %s:%u", hop->name, hop->addr.port);
		else
			buf_printf(out, "; [%s]:%u",
			    addr_ip_text(&hop->addr, ip), hop->addr.port);
	}
}

/* The one that the transport is given by its own name; false: it is not. */
static bool
host_write(struct buf *out, const char *by)
{
	char ip[ADDR_TEXT];
	struct way way;

	if (by == NULL || strchr(by, ':') == NULL ||
	    way_read(&way, by) != RC_OK)
		return false;
	if (way.addr.family != 0)
		buf_printf(out, "; [%s]", addr_ip_text(&way.addr, ip));
	else
		buf_printf(out, "; %s", way.host);
	if (way.port != 0)
		buf_printf(out, ":%u", way.port);
	return true;
}

/* `by NAME ` before the list where that is another transport than `lsrd`, and
 * the one host that it is given by its own name. */
void
judge_route(struct judge *j, const char *const *args)
{
	struct admit_answer answer;
	const struct basis *basis = recipient_ask(j, args, &answer);
	const char *by;

	if (answer.kind != ADMIT_ROUTE || answer.nhops == 0)
		return;
	by = answer.hop[0].by;
	if (by != NULL)
		buf_printf(&j->out, "by %.*s ", (int)way_by_name(by), by);
	buf_text(&j->out, "\"<");
	if (!host_write(&j->out, by))
		hosts_write(&j->out, basis, &answer);
	buf_text(&j->out, "\" byname");
}

/* What came back waits until there is another table. */
static bool
is_loop(const struct judge *j, const struct basis *basis)
{
	struct mtable_version then = { j->words.epoch, j->words.loop };

	return j->words.loop != 0 && basis != NULL &&
	       mtable_order(basis->table.now, then) <= 0;
}

void
judge_hold(struct judge *j, const char *const *args)
{
	struct admit_answer answer;
	const struct basis *basis = recipient_ask(j, args, &answer);

	if (is_loop(j, basis))
		buf_text(&j->out, reply_loop.text);
	else if (answer.kind == ADMIT_HOLD || answer.kind == ADMIT_NEVER)
		buf_text(&j->out, answer.why);
}
