#include "milter/milter.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sys/clock.h"

struct milter *
milter_get(void)
{
	static struct milter milter;

	return &milter;
}

void
milter_init(struct milter *m, const struct options *options)
{
	memset(m, 0, sizeof(*m));
	m->options = options;
	m->counts.kind = REPORT_MILTER;
	m->memory = mark_memory_new();
	pthread_mutex_init(&m->lock, NULL);
}

void
milter_done(struct milter *m)
{
	milter_stand_on(m, NULL);
	mark_memory_free(m->memory);
	pthread_mutex_destroy(&m->lock);
}

/* Under the lock. */
static struct basis *
basis_shared(struct basis *basis)
{
	if (basis != NULL)
		basis->users++;
	return basis;
}

struct basis *
milter_ref(struct milter *m)
{
	struct basis *basis;

	pthread_mutex_lock(&m->lock);
	basis = basis_shared(m->basis);
	pthread_mutex_unlock(&m->lock);
	return basis;
}

struct basis *
milter_keep(struct milter *m)
{
	struct basis *basis = NULL;

	pthread_mutex_lock(&m->lock);
	if (m->basis != NULL && m->basis->limits && m->tables < LIMIT_TABLES &&
	    m->judged < LIMIT_JUDGED) {
		basis = basis_shared(m->basis);
		m->judged++;
	}
	pthread_mutex_unlock(&m->lock);
	return basis;
}

void
milter_unref(struct milter *m, struct basis *basis)
{
	bool last;

	pthread_mutex_lock(&m->lock);
	last = --basis->users == 0;
	m->tables -= last;
	pthread_mutex_unlock(&m->lock);
	if (last)
		basis_free(basis);
}

void
milter_kept(struct milter *m, struct basis *basis)
{
	pthread_mutex_lock(&m->lock);
	m->judged--;
	pthread_mutex_unlock(&m->lock);
	milter_unref(m, basis);
}

void
milter_stand_on(struct milter *m, struct basis *basis)
{
	struct basis *before;

	pthread_mutex_lock(&m->lock);
	before = m->basis;
	m->basis = basis;
	m->tables += basis != NULL;
	pthread_mutex_unlock(&m->lock);
	if (before != NULL)
		milter_unref(m, before);
}

bool
milter_limits(struct milter *m)
{
	bool limits;

	pthread_mutex_lock(&m->lock);
	limits = m->basis != NULL && m->basis->limits;
	pthread_mutex_unlock(&m->lock);
	return limits;
}

void
milter_count(struct milter *m, enum report_count what)
{
	pthread_mutex_lock(&m->lock);
	m->counts.count[what]++;
	pthread_mutex_unlock(&m->lock);
}

enum mark_verdict
milter_judge(
    struct milter *m, const struct session *s, const struct session_ask *ask)
{
	enum mark_verdict verdict;

	if (session_received(s) < MARK_REMEMBER_RECEIVED)
		return session_judge(s, ask, NULL);
	pthread_mutex_lock(&m->lock);
	verdict = session_judge(s, ask, m->memory);
	pthread_mutex_unlock(&m->lock);
	return verdict;
}

void
milter_remember(struct milter *m, const struct session *s,
    const struct visit *visit, const char *id)
{
	if (session_received(s) < MARK_REMEMBER_RECEIVED)
		return;
	pthread_mutex_lock(&m->lock);
	mark_memory_add(
	    m->memory, visit, s->message, strcmp(id, "-") == 0 ? "" : id);
	pthread_mutex_unlock(&m->lock);
}

void
milter_split(struct milter *m, const struct ruling_try *who,
    const struct policy_message *message, uint64_t now_ms)
{
	pthread_mutex_lock(&m->lock);
	ruling_remember(&m->splits, who, message, now_ms);
	pthread_mutex_unlock(&m->lock);
}

bool
milter_recall(struct milter *m, const struct ruling_try *who, uint64_t now_ms,
    struct policy_message *message)
{
	bool known;

	pthread_mutex_lock(&m->lock);
	known = ruling_recall(&m->splits, who, now_ms, message);
	pthread_mutex_unlock(&m->lock);
	return known;
}

void
milter_marked(struct milter *m, const char *id, uint64_t time_ms)
{
	struct milter_passed *p;

	pthread_mutex_lock(&m->lock);
	p = &m->passed[m->npassed++ % LIMIT_PASSED];
	snprintf(p->id, sizeof(p->id), "%s", id);
	p->time_ms = time_ms;
	pthread_mutex_unlock(&m->lock);
}

bool
milter_is_again(
    struct milter *m, const char *id, const struct mark_trace *trace)
{
	const struct visit *newest = mark_trace_newest(trace);
	bool again = false;

	if (newest == NULL || strcmp(id, "-") == 0)
		return false;
	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < LIMIT_PASSED && !again; i++)
		again = m->passed[i].time_ms == newest->time_ms &&
		        strcmp(m->passed[i].id, id) == 0;
	pthread_mutex_unlock(&m->lock);
	if (again)
		milter_say(m, LOG_WARNING,
		    "twice: id=%s; name lsrd-milter once in smtpd_milters", id);
	return again;
}

void
milter_open(struct milter *m, int change)
{
	pthread_mutex_lock(&m->lock);
	m->open += (unsigned)change;
	pthread_mutex_unlock(&m->lock);
}

void
milter_say(struct milter *m, int priority, const char *fmt, ...)
{
	struct mono now = clock_mono();
	uint32_t left_out;
	char line[400];
	va_list args;
	bool allowed;

	pthread_mutex_lock(&m->lock);
	allowed = say_allows(&m->say_limit, now, &left_out);
	pthread_mutex_unlock(&m->lock);
	if (!allowed)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (left_out > 0)
		say_line(&m->say, priority, "%s, left-out=%u", line,
		    (unsigned)left_out);
	else
		say_line(&m->say, priority, "%s", line);
}
