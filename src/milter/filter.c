#include "milter/filter.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <syslog.h>

#include <arpa/inet.h>

#include <libmilter/mfapi.h>

#include "base/mem.h"
#include "base/rc.h"
#include "crypt/keys.h"
#include "crypt/seal.h"
#include "milter/session.h"
#include "sys/clock.h"

#define STEPS_UNUSED (SMFIP_NOHELO | SMFIP_NOEOH | SMFIP_NOBODY)
#define STEPS_SILENT                                                           \
	(SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR)

/* Where a connector has limits: how much it is, and an answer to RCPT. */
#define STEPS_LIMITS SMFIP_NOBODY
#define SILENT_LIMITS SMFIP_NR_BODY
#define ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS)

/* One SMTP session. */
struct talk {
	struct session session;
	unsigned long silent; /* the steps that get no answer */
	bool limits;          /* of connectors are looked at */
	bool local;           /* the client is this host itself */
	char client[INET6_ADDRSTRLEN];
};

/* libmilter's functions take what they only read without const. */
static char *
lent(const char *text)
{
	return (char *)(uintptr_t)text;
}

static struct talk *
talk_get(SMFICTX *ctx)
{
	struct talk *talk = smfi_getpriv(ctx);

	if (talk == NULL) {
		talk = mem_new(sizeof(*talk), 0, 0);
		smfi_setpriv(ctx, talk);
	}
	return talk;
}

static sfsistat
filter_answer(const struct talk *talk, unsigned long step)
{
	return (talk->silent & step) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

/*
 * Over TCP a step without an answer costs more than it saves when the next is
 * DATA: Nagle's algorithm waits for the delayed acknowledgement, 40 ms.
 */
static unsigned long
steps_unused(void)
{
	bool tcp = milter_get()->options->place.path == NULL;

	return tcp ? STEPS_UNUSED : STEPS_UNUSED | SMFIP_NODATA;
}

/* Whether a connector has limits now: the session is asked for more then. */
static bool
limits_now(void)
{
	struct basis *basis = milter_hold(milter_get());
	bool limits = basis != NULL && basis->limits;

	if (basis != NULL)
		milter_drop(milter_get(), basis);
	return limits;
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2,
    unsigned long f3, unsigned long *pf0, unsigned long *pf1,
    unsigned long *pf2, unsigned long *pf3)
{
	struct talk *talk = talk_get(ctx);
	unsigned long unused = steps_unused(), silent = STEPS_SILENT;

	(void)f2;
	(void)f3;
	talk->limits = limits_now();
	if (talk->limits) {
		unused &= ~(unsigned long)(STEPS_LIMITS);
		silent =
		    (silent | SILENT_LIMITS) & ~(unsigned long)SMFIP_NR_RCPT;
	}
	*pf0 = ACTIONS;
	*pf1 = f1 & (unused | silent);
	*pf2 = *pf3 = 0;
	talk->silent = f1 & silent;
	if ((f0 & ACTIONS) == ACTIONS)
		return SMFIS_CONTINUE;
	milter_say(milter_get(), LOG_WARNING,
	    "mta-refused: the MTA lets no filter change header fields");
	return SMFIS_REJECT; /* not the mail: us, for this session */
}

/* The end of a message, if one is open. */
static void
message_end(struct talk *talk)
{
	struct basis *basis;

	if (talk->session.sender == NULL)
		return;
	basis = limits_clear(&talk->session.limits);
	if (basis != NULL)
		milter_kept(milter_get(), basis);
	session_clear(&talk->session);
	milter_open(milter_get(), -1);
}

static sfsistat
on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *addr)
{
	struct talk *talk = talk_get(ctx);
	const void *ip = NULL;

	(void)name;
	talk->client[0] = '\0';
	if (addr != NULL && addr->sa_family == AF_INET)
		ip = &((struct sockaddr_in *)(void *)addr)->sin_addr;
	else if (addr != NULL && addr->sa_family == AF_INET6)
		ip = &((struct sockaddr_in6 *)(void *)addr)->sin6_addr;
	if (ip != NULL)
		inet_ntop(
		    addr->sa_family, ip, talk->client, sizeof(talk->client));
	talk->local = session_is_own(
	    talk->client, smfi_getsymval(ctx, lent("{daemon_addr}")));
	return filter_answer(talk, SMFIP_NR_CONN);
}

static struct ruling_try
try_of(const struct talk *talk)
{
	return (struct ruling_try){ talk->client, talk->session.sender,
		talk->session.declared };
}

/*
 * RCPT is judged where the size is known: as it was declared, or as we read
 * it when recipients of the same message had to be taken apart.
 */
static void
recipients_begin(struct talk *talk)
{
	struct session *s = &talk->session;
	struct policy_message message = { .size = s->declared,
		.sender = s->sender,
		.time = (int64_t)(clock_wall_ms() / 1000) };
	struct ruling_try who = try_of(talk);
	struct basis *basis = milter_hold(milter_get());
	bool known;

	pthread_mutex_lock(&milter_get()->lock);
	known = ruling_recall(
	    &milter_get()->splits, &who, clock_wall_ms(), &message);
	pthread_mutex_unlock(&milter_get()->lock);
	if (basis != NULL && basis->limits &&
	    (known || (s->declared != 0 && !s->limits.sendmail)) &&
	    milter_may_keep(milter_get()))
		limits_begin(&s->limits, basis, &message);
	else if (basis != NULL)
		milter_drop(milter_get(), basis);
}

static sfsistat
on_mail(SMFICTX *ctx, char **args)
{
	struct talk *talk = talk_get(ctx);

	message_end(talk);
	session_from(&talk->session, args[0], session_size(args + 1));
	milter_open(milter_get(), 1);
	limits_mail(&talk->session.limits, args);
	talk->session.limits.counts = talk->limits;
	talk->session.local = talk->local || talk->session.limits.sendmail;
	if (talk->limits)
		recipients_begin(talk);
	return filter_answer(talk, SMFIP_NR_MAIL);
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **args)
{
	struct talk *talk = talk_get(ctx);
	struct session *s = &talk->session;
	const char *resolved;

	/* Where it is delivered is a matter of how the MTA has resolved it:
	 * `%`, `!`, quotes, a domain put behind it or a dot taken off. */
	resolved = smfi_getsymval(ctx, lent("{rcpt_addr}"));
	session_to(s, resolved == NULL ? args[0] : resolved);
	if (s->limits.basis == NULL || s->beyond || s->recipients.n == 0 ||
	    limits_take(&s->limits, s->recipients.v[s->recipients.n - 1]))
		return filter_answer(talk, SMFIP_NR_RCPT);
	session_drop(s);
	smfi_setreply(ctx, lent("452"), lent("4.5.3"),
	    lent("This recipient needs another way for such a message; send "
		 "it by itself"));
	return SMFIS_TEMPFAIL;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *octets, size_t n)
{
	struct talk *talk = talk_get(ctx);

	(void)octets;
	limits_body(&talk->session.limits, n);
	return filter_answer(talk, SMFIP_NR_BODY);
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct talk *talk = talk_get(ctx);

	session_header(&talk->session, name, value);
	return filter_answer(talk, SMFIP_NR_HDR);
}

/* The queue's name of the message, for the log. */
static const char *
filter_queue_id(SMFICTX *ctx)
{
	const char *id = smfi_getsymval(ctx, lent("i"));
	size_t n = id == NULL ? 0 : strlen(id);

	for (size_t i = 0; i < n; i++)
		if (strchr("-.", id[i]) == NULL &&
		    !((id[i] | 32) >= 'a' && (id[i] | 32) <= 'z') &&
		    !(id[i] >= '0' && id[i] <= '9'))
			return "-";
	return n == 0 || n > 40 ? "-" : id;
}

/* Not so of a crowded one (session.h): it passes as it is. */
static bool
is_to_be_touched(SMFICTX *ctx, const struct session *s)
{
	if (!session_crowded(s))
		return true;
	milter_count(milter_get(), REPORT_UNMARKED);
	milter_say(milter_get(), LOG_NOTICE, "untouched: id=%s, fields=%u",
	    filter_queue_id(ctx), s->traces + s->routes);
	return false;
}

/* From the last one on: some MTAs count a field that was deleted, some not. */
static bool
filter_strip(SMFICTX *ctx, const struct session *s)
{
	unsigned stripped = 0;

	for (unsigned i = s->traces; i > 0; i--) {
		if (i <= s->trace.fields.n && s->trace.fields.v[i - 1].stands)
			continue;
		if (smfi_chgheader(ctx, lent(MARK_FIELD), (int)i, NULL) !=
		    MI_SUCCESS)
			return false;
		stripped++;
	}
	for (unsigned i = s->routes; i > 0; i--) {
		if (smfi_chgheader(ctx, lent(SESSION_ROUTE), (int)i, NULL) !=
		    MI_SUCCESS)
			return false;
		stripped++;
	}
	if (stripped > 0) {
		milter_count(milter_get(), REPORT_STRIPPED);
		milter_say(milter_get(), LOG_NOTICE,
		    "stripped: id=%s, fields=%u", filter_queue_id(ctx),
		    stripped);
	}
	return true;
}

/* On top of all fields, so that no signature of others covers it. */
static bool
insert(SMFICTX *ctx, const struct visit *visit)
{
	struct buf word = { 0 };
	bool done;
	char *text;

	mark_encode(visit, &word);
	text = buf_string(&word);
	done = smfi_insheader(ctx, 0, lent(MARK_FIELD), text) == MI_SUCCESS;
	mem_free(text);
	return done;
}

static void
remember(SMFICTX *ctx, const struct session *s, const struct visit *visit)
{
	const char *id = filter_queue_id(ctx);

	if (session_received(s) < MARK_REMEMBER_RECEIVED)
		return;
	pthread_mutex_lock(&milter_get()->lock);
	mark_memory_add(milter_get()->memory, visit, s->message,
	    strcmp(id, "-") == 0 ? "" : id);
	pthread_mutex_unlock(&milter_get()->lock);
}

/* The message goes on, with our visit on it. */
static sfsistat
filter_mark(
    SMFICTX *ctx, const struct session *s, const struct session_ask *ask)
{
	struct visit visit;

	session_visit(s, ask, &visit);
	if (!is_to_be_touched(ctx, s)) {
		remember(ctx, s, &visit);
	} else if (!filter_strip(ctx, s) || !insert(ctx, &visit)) {
		milter_count(milter_get(), REPORT_UNMARKED);
		milter_say(milter_get(), LOG_WARNING,
		    "unmarked: id=%s, why=the MTA refused a change",
		    filter_queue_id(ctx));
	} else {
		remember(ctx, s, &visit);
		milter_marked(
		    milter_get(), filter_queue_id(ctx), visit.time_ms);
		milter_count(milter_get(), REPORT_ACCEPTED);
	}
	return SMFIS_CONTINUE;
}

static sfsistat
filter_refuse(SMFICTX *ctx, const struct session *s, enum mark_verdict why)
{
	static const char text[] =
	    "Routes disagree for now: this message came back; keep it";

	if (smfi_setreply(ctx, lent("451"), lent("4.4.6"), lent(text)) !=
	    MI_SUCCESS) {
		milter_count(milter_get(), REPORT_UNMARKED);
		return SMFIS_CONTINUE;
	}
	milter_count(milter_get(), REPORT_REFUSED);
	milter_say(milter_get(), LOG_NOTICE, "loop: id=%s, why=%s, received=%u",
	    filter_queue_id(ctx), mark_word(why), session_received(s));
	return SMFIS_TEMPFAIL;
}

/* No way for it now, or ever, or not for all recipients at once. */
static sfsistat
filter_hold(SMFICTX *ctx, enum ruling ruling, const char *text)
{
	static const struct {
		const char *code, *enhanced;
		enum report_count count;
	} replies[] = {
		[RULING_HELD] = { "451", "4.7.0", REPORT_HELD },
		[RULING_NEVER] = { "552", "5.3.4", REPORT_DENIED },
		[RULING_SPLIT] = { "451", "4.3.1", REPORT_HELD },
	};

	if (smfi_setreply(ctx, lent(replies[ruling].code),
		lent(replies[ruling].enhanced), lent(text)) != MI_SUCCESS) {
		milter_count(milter_get(), REPORT_UNMARKED);
		return SMFIS_CONTINUE;
	}
	milter_count(milter_get(), replies[ruling].count);
	milter_say(milter_get(), LOG_NOTICE, "limit: id=%s, result=%s, why=%s",
	    filter_queue_id(ctx), ruling_word(ruling), text);
	return ruling == RULING_NEVER ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

/* A route of its own: a field that milter_header_checks make a FILTER of. */
static sfsistat
steer(SMFICTX *ctx, const struct session *s, enum ruling ruling,
    const char *route)
{
	if (ruling == RULING_REINJECT && is_to_be_touched(ctx, s) &&
	    !filter_strip(ctx, s))
		return SMFIS_CONTINUE;
	if (smfi_insheader(ctx, 0, lent(SESSION_ROUTE), lent(route)) !=
	    MI_SUCCESS) {
		milter_count(milter_get(), REPORT_UNMARKED);
		return SMFIS_CONTINUE;
	}
	milter_count(milter_get(), REPORT_STEERED);
	milter_say(milter_get(), LOG_NOTICE,
	    "limit: id=%s, result=%s, route=%s", filter_queue_id(ctx),
	    ruling_word(ruling), route);
	return SMFIS_CONTINUE;
}

static enum ruling
rule(const struct talk *talk, const struct session_ask *ask, struct buf *text)
{
	const struct session *s = &talk->session;
	struct limits_ask limits = { .basis = ask->basis,
		.first = session_first(s),
		.crowded = session_crowded(s),
		.sender = s->sender,
		.recipients = (const char *const *)s->recipients.v,
		.n = s->recipients.n,
		.declared = s->declared,
		.time_ms = ask->time_ms,
		.reinject = milter_get()->options->reinject };
	struct ruling_try who = try_of(talk);
	struct policy_message message;
	enum ruling ruling = limits_rule(&s->limits, &limits, &message, text);

	if (ruling == RULING_SPLIT) {
		pthread_mutex_lock(&milter_get()->lock);
		ruling_remember(
		    &milter_get()->splits, &who, &message, ask->time_ms);
		pthread_mutex_unlock(&milter_get()->lock);
	}
	return ruling;
}

/*
 * A FILTER goes before that of a content filter, and holds for the copies that
 * the MTA makes: such a message goes by way of our own smtpd first, with our
 * mark, where what is copied already is taken apart as recipients are.
 */
static enum ruling
detour(const struct session *s, const struct session_ask *ask, struct buf *text)
{
	const struct table *table = &ask->basis->table;
	const char *to = milter_get()->options->reinject;
	size_t n = strlen(table->transport);

	if (!session_may_steer(s, ask))
		return RULING_PASSES;
	if (!table->mta.copies || s->filtered || session_crowded(s))
		return RULING_STEERED;
	/* By name it is ours, or made for it: any other takes the mark off, and
	 * the message would go round for ever. */
	if (to != NULL && strncmp(to, table->transport, n) == 0) {
		buf_reset(text);
		buf_text(text, to);
	}
	return RULING_STEERED;
}

/* Under the lock only where the memory is asked. */
static enum mark_verdict
filter_judge(const struct session *s, const struct session_ask *ask)
{
	bool far = session_received(s) >= MARK_REMEMBER_RECEIVED;
	enum mark_verdict verdict;

	if (far)
		pthread_mutex_lock(&milter_get()->lock);
	verdict = session_judge(s, ask);
	if (far)
		pthread_mutex_unlock(&milter_get()->lock);
	return verdict;
}

static sfsistat
filter_decide(SMFICTX *ctx, struct talk *talk, const struct session_ask *ask)
{
	struct session *s = &talk->session;
	struct buf out = { 0 };
	enum mark_verdict verdict;
	enum ruling ruling;
	sfsistat status = SMFIS_CONTINUE;
	char *text;

	session_verify(s, ask);
	if (milter_is_again(milter_get(), filter_queue_id(ctx), &s->trace))
		return status;
	verdict = filter_judge(s, ask);
	if (verdict != MARK_PASSES)
		return filter_refuse(ctx, s, verdict);
	ruling = rule(talk, ask, &out);
	if (ruling == RULING_STEERED)
		ruling = detour(s, ask, &out);
	text = buf_string(&out);
	if (ruling >= RULING_HELD)
		status = filter_hold(ctx, ruling, text);
	else if (ruling != RULING_REINJECT)
		status = filter_mark(ctx, s, ask);
	if (ruling == RULING_STEERED || ruling == RULING_REINJECT)
		status = steer(ctx, s, ruling, text);
	mem_free(text);
	return status;
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	struct talk *talk = talk_get(ctx);
	struct basis *basis = milter_hold(milter_get());
	sfsistat status = SMFIS_CONTINUE;
	struct seal seal;

	if (basis == NULL || talk->session.beyond ||
	    talk->session.sender == NULL) {
		milter_count(milter_get(), REPORT_UNMARKED);
	} else {
		struct session_ask ask = {
			.basis = basis,
			.seal = &seal,
			.time_ms = clock_wall_ms(),
			.hop_limit = milter_get()->options->hop_limit,
			.memory = milter_get()->memory,
		};

		seal_init(&seal, keys_hold(basis->key[0].key), NULL);
		status = filter_decide(ctx, talk, &ask);
		seal_done(&seal);
	}
	if (basis != NULL)
		milter_drop(milter_get(), basis);
	message_end(talk);
	return status;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	struct talk *talk = smfi_getpriv(ctx);

	if (talk != NULL)
		message_end(talk);
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	struct talk *talk = smfi_getpriv(ctx);

	if (talk != NULL) {
		message_end(talk);
		mem_free(talk);
		smfi_setpriv(ctx, NULL);
	}
	return SMFIS_CONTINUE;
}

static sfsistat
on_unknown(SMFICTX *ctx, const char *line)
{
	(void)ctx;
	if (session_is_verb(line)) {
		milter_count(milter_get(), REPORT_MISROUTED);
		milter_say(milter_get(), LOG_WARNING,
		    "misrouted: " SESSION_VERB
		    " reached the MTA; put lsrd-front "
		    "before it for that peer, lsrd-front(8)");
	}
	return SMFIS_CONTINUE;
}

int
filter_register(void)
{
	char name[] = "lsrd-milter";
	struct smfiDesc desc = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = ACTIONS,
		.xxfi_negotiate = on_negotiate,
		.xxfi_connect = on_connect,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_unknown = on_unknown,
	};

	return smfi_register(desc) == MI_SUCCESS ? RC_OK : RC_IO;
}
