#include "milter/filter.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <syslog.h>

#include <arpa/inet.h>

#include <libmilter/mfapi.h>

#include "base/mem.h"
#include "base/rc.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"
#include "message/reply.h"
#include "message/session.h"
#include "sys/clock.h"

#define STEPS_UNUSED (SMFIP_NOHELO | SMFIP_NOEOH | SMFIP_NOBODY)
#define STEPS_SILENT                                                           \
	(SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR)

/* Where a connector has limits: how much it is, and an answer to RCPT. */
#define STEPS_LIMITS SMFIP_NOBODY
#define SILENT_LIMITS SMFIP_NR_BODY
#define ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS)

/*
 * One SMTP session. A message is judged by one basis from its first decision
 * to its last: that at RCPT, where one falls there, else that at its end.
 */
struct talk {
	SMFICTX *ctx;
	struct milter *m;
	struct session session;
	struct basis *basis;  /* held for the message; NULL: none yet */
	bool kept;            /* since RCPT */
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
		talk->ctx = ctx;
		talk->m = milter_get();
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
steps_unused(const struct talk *talk)
{
	bool tcp = talk->m->options->place.path == NULL;

	return tcp ? STEPS_UNUSED : STEPS_UNUSED | SMFIP_NODATA;
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2,
    unsigned long f3, unsigned long *pf0, unsigned long *pf1,
    unsigned long *pf2, unsigned long *pf3)
{
	struct talk *talk = talk_get(ctx);
	unsigned long unused = steps_unused(talk), silent = STEPS_SILENT;

	(void)f2;
	(void)f3;
	talk->limits = milter_limits(talk->m);
	if (talk->limits) { /* the session is asked for more then */
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
	milter_say(talk->m, LOG_WARNING,
	    "mta-refused: the MTA lets no filter change header fields");
	return SMFIS_REJECT; /* not the mail: us, for this session */
}

/* The end of a message, if one is open. */
static void
message_end(struct talk *talk)
{
	bool open = talk->session.sender != NULL;

	session_clear(&talk->session);
	if (talk->kept)
		milter_kept(talk->m, talk->basis);
	else if (talk->basis != NULL)
		milter_unref(talk->m, talk->basis);
	talk->basis = NULL;
	talk->kept = false;
	if (open)
		milter_open(talk->m, -1);
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
	uint64_t now_ms = clock_wall_ms();
	struct policy_message message = { .size = s->declared,
		.sender = s->sender,
		.time = (int64_t)(now_ms / 1000) };
	struct ruling_try who = try_of(talk);

	if (!milter_recall(talk->m, &who, now_ms, &message) &&
	    (s->declared == 0 || s->admission.sendmail))
		return;
	talk->basis = milter_keep(talk->m);
	talk->kept = talk->basis != NULL;
	if (talk->kept)
		admission_begin(&s->admission, talk->basis, &message);
}

static sfsistat
on_mail(SMFICTX *ctx, char **args)
{
	struct talk *talk = talk_get(ctx);

	message_end(talk);
	session_from(&talk->session, args[0], session_size(args + 1));
	milter_open(talk->m, 1);
	admission_mail(&talk->session.admission, args);
	talk->session.admission.counts = talk->limits;
	talk->session.local = talk->local || talk->session.admission.sendmail;
	if (talk->limits)
		recipients_begin(talk);
	return filter_answer(talk, SMFIP_NR_MAIL);
}

static bool
reply_set(const struct talk *talk, const struct reply *reply, const char *text)
{
	return smfi_setreply(talk->ctx, lent(reply->code),
		   lent(reply->enhanced), lent(text)) == MI_SUCCESS;
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
	if (s->beyond || s->recipients.n == 0 ||
	    admission_take(&s->admission, s->recipients.v[s->recipients.n - 1]))
		return filter_answer(talk, SMFIP_NR_RCPT);
	session_drop(s);
	reply_set(talk, &reply_odd, reply_odd.text);
	return SMFIS_TEMPFAIL;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *octets, size_t n)
{
	struct talk *talk = talk_get(ctx);

	(void)octets;
	admission_body(&talk->session.admission, n);
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
filter_queue_id(const struct talk *talk)
{
	const char *id = smfi_getsymval(talk->ctx, lent("i"));
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
is_to_be_touched(const struct talk *talk)
{
	const struct session *s = &talk->session;

	if (!session_crowded(s))
		return true;
	milter_count(talk->m, REPORT_UNMARKED);
	milter_say(talk->m, LOG_NOTICE, "untouched: id=%s, fields=%u",
	    filter_queue_id(talk), s->traces + s->routes);
	return false;
}

/* From the last one on: some MTAs count a field that was deleted, some not. */
static bool
filter_strip(const struct talk *talk)
{
	const struct session *s = &talk->session;
	unsigned stripped = 0;

	for (unsigned i = s->traces; i > 0; i--) {
		if (i <= s->trace.fields.n && s->trace.fields.v[i - 1].stands)
			continue;
		if (smfi_chgheader(talk->ctx, lent(MARK_FIELD), (int)i, NULL) !=
		    MI_SUCCESS)
			return false;
		stripped++;
	}
	for (unsigned i = s->routes; i > 0; i--) {
		if (smfi_chgheader(talk->ctx, lent(SESSION_ROUTE), (int)i,
			NULL) != MI_SUCCESS)
			return false;
		stripped++;
	}
	if (stripped > 0) {
		milter_count(talk->m, REPORT_STRIPPED);
		milter_say(talk->m, LOG_NOTICE, "stripped: id=%s, fields=%u",
		    filter_queue_id(talk), stripped);
	}
	return true;
}

/* On top of all fields, so that no signature of others covers it. */
static bool
insert(const struct talk *talk, const struct visit *visit)
{
	struct buf word = { 0 };
	bool done;
	char *text;

	mark_encode(visit, &word);
	text = buf_string(&word);
	done =
	    smfi_insheader(talk->ctx, 0, lent(MARK_FIELD), text) == MI_SUCCESS;
	mem_free(text);
	return done;
}

/* The message goes on, with our visit on it. */
static sfsistat
filter_mark(const struct talk *talk, const struct session_ask *ask)
{
	const struct session *s = &talk->session;
	const char *id = filter_queue_id(talk);
	struct visit visit;

	session_visit(s, ask, &visit);
	if (!is_to_be_touched(talk)) {
		milter_remember(talk->m, s, &visit, id);
	} else if (!filter_strip(talk) || !insert(talk, &visit)) {
		milter_count(talk->m, REPORT_UNMARKED);
		milter_say(talk->m, LOG_WARNING,
		    "unmarked: id=%s, why=the MTA refused a change", id);
	} else {
		milter_remember(talk->m, s, &visit, id);
		milter_marked(talk->m, id, visit.time_ms);
		milter_count(talk->m, REPORT_ACCEPTED);
	}
	return SMFIS_CONTINUE;
}

static sfsistat
filter_refuse(const struct talk *talk, enum mark_verdict why)
{
	if (!reply_set(talk, &reply_loop, reply_loop.text)) {
		milter_count(talk->m, REPORT_UNMARKED);
		return SMFIS_CONTINUE;
	}
	milter_count(talk->m, REPORT_REFUSED);
	milter_say(talk->m, LOG_NOTICE, "loop: id=%s, why=%s, received=%u",
	    filter_queue_id(talk), mark_word(why),
	    session_received(&talk->session));
	return SMFIS_TEMPFAIL;
}

/* No way for it now, or ever, or not for all recipients at once. */
static sfsistat
filter_hold(const struct talk *talk, enum ruling ruling, const char *text)
{
	bool never = ruling == RULING_NEVER;

	if (!reply_set(talk, reply_of(ruling), text)) {
		milter_count(talk->m, REPORT_UNMARKED);
		return SMFIS_CONTINUE;
	}
	milter_count(talk->m, never ? REPORT_DENIED : REPORT_HELD);
	milter_say(talk->m, LOG_NOTICE, "limit: id=%s, result=%s, why=%s",
	    filter_queue_id(talk), ruling_word(ruling), text);
	return never ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

/* A route of its own: a field that milter_header_checks make a FILTER of. */
static sfsistat
steer(const struct talk *talk, enum ruling ruling, const char *route)
{
	if (ruling == RULING_REINJECT && is_to_be_touched(talk) &&
	    !filter_strip(talk))
		return SMFIS_CONTINUE;
	if (smfi_insheader(talk->ctx, 0, lent(SESSION_ROUTE), lent(route)) !=
	    MI_SUCCESS) {
		milter_count(talk->m, REPORT_UNMARKED);
		return SMFIS_CONTINUE;
	}
	milter_count(talk->m, REPORT_STEERED);
	milter_say(talk->m, LOG_NOTICE, "limit: id=%s, result=%s, route=%s",
	    filter_queue_id(talk), ruling_word(ruling), route);
	return SMFIS_CONTINUE;
}

static enum ruling
rule(const struct talk *talk, const struct session_ask *ask, struct buf *text)
{
	struct ruling_try who = try_of(talk);
	struct policy_message message;
	enum ruling ruling = session_rule(&talk->session, ask, &message, text);

	if (ruling == RULING_SPLIT)
		milter_split(talk->m, &who, &message, ask->time_ms);
	return ruling;
}

/* By name it is ours, or made for it: any other transport takes the mark off,
 * and the message would go round for ever. */
static bool
leads_back(const struct session_ask *ask)
{
	const char *transport = ask->basis->table.transport;

	return ask->reinject != NULL &&
	       strncmp(ask->reinject, transport, strlen(transport)) == 0;
}

/*
 * A FILTER goes before that of a content filter, and holds for whomever the
 * MTA's maps put beside or in the place of the recipients that we see. Where
 * there are such maps nothing is decided here: the message goes by way of our
 * own smtpd first, with our mark, and is judged by those whom it is delivered
 * to. Where there is no such way, it goes by the published route: over a
 * connector that does not admit it, but never to where its recipients are not.
 */
static enum ruling
detour(const struct talk *talk, const struct session_ask *ask,
    enum ruling ruling, struct buf *text)
{
	const struct session *s = &talk->session;
	bool steers = ruling == RULING_STEERED;

	if (ruling == RULING_PASSES)
		return ruling;
	if (!session_may_steer(s, ask))
		return steers ? RULING_PASSES : ruling;
	if (!ask->basis->table.mta.copies || s->filtered || session_crowded(s))
		return ruling;
	if (leads_back(ask)) {
		buf_reset(text);
		buf_text(text, ask->reinject);
		return RULING_STEERED;
	}
	if (!steers)
		return ruling;
	milter_say(talk->m, LOG_NOTICE,
	    "limit: id=%s, result=passes, why=maps of the MTA may change its "
	    "recipients: lsrd-milter(8), Copies",
	    filter_queue_id(talk));
	return RULING_PASSES;
}

static sfsistat
filter_decide(struct talk *talk, const struct session_ask *ask)
{
	struct session *s = &talk->session;
	struct buf out = { 0 };
	enum mark_verdict verdict;
	enum ruling ruling;
	sfsistat status = SMFIS_CONTINUE;
	char *text;

	session_verify(s, ask);
	if (milter_is_again(talk->m, filter_queue_id(talk), &s->trace))
		return status;
	verdict = milter_judge(talk->m, s, ask);
	if (verdict != MARK_PASSES)
		return filter_refuse(talk, verdict);
	ruling = detour(talk, ask, rule(talk, ask, &out), &out);
	text = buf_string(&out);
	if (ruling >= RULING_HELD)
		status = filter_hold(talk, ruling, text);
	else if (ruling != RULING_REINJECT)
		status = filter_mark(talk, ask);
	if (ruling == RULING_STEERED || ruling == RULING_REINJECT)
		status = steer(talk, ruling, text);
	mem_free(text);
	return status;
}

static sfsistat
decide_by(struct talk *talk, const struct basis *basis)
{
	const struct options *options = talk->m->options;
	struct crypto crypto;
	struct session_ask ask = { .basis = basis,
		.crypto = &crypto,
		.time_ms = clock_wall_ms(),
		.hop_limit = options->hop_limit,
		.reinject = options->reinject };
	sfsistat status;

	crypto_init(&crypto, keys_ref(basis->key[0].key), NULL);
	status = filter_decide(talk, &ask);
	crypto_done(&crypto);
	return status;
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	struct talk *talk = talk_get(ctx);
	sfsistat status = SMFIS_CONTINUE;

	if (talk->basis == NULL)
		talk->basis = milter_ref(talk->m);
	if (talk->basis == NULL || talk->session.beyond ||
	    talk->session.sender == NULL)
		milter_count(talk->m, REPORT_UNMARKED);
	else
		status = decide_by(talk, talk->basis);
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
	struct talk *talk = talk_get(ctx);

	if (session_is_verb(line)) {
		milter_count(talk->m, REPORT_MISROUTED);
		milter_say(talk->m, LOG_WARNING,
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
