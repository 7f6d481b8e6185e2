#include "plugins/milter/filter.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <syslog.h>

#include <libmilter/mfapi.h>

#include "base/mem.h"
#include "base/rc.h"
#include "crypt/keys.h"
#include "crypt/seal.h"
#include "plugins/milter/session.h"

#define STEPS_UNUSED                                                           \
	(SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOEOH | SMFIP_NOBODY)
#define STEPS_SILENT (SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR)
#define ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS)

/* One SMTP session. */
struct talk {
	struct session session;
	unsigned long silent; /* the steps that get no answer */
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
answer(const struct talk *talk, unsigned long step)
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

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2,
    unsigned long f3, unsigned long *pf0, unsigned long *pf1,
    unsigned long *pf2, unsigned long *pf3)
{
	struct talk *talk = talk_get(ctx);

	(void)f2;
	(void)f3;
	*pf0 = ACTIONS;
	*pf1 = f1 & (steps_unused() | STEPS_SILENT);
	*pf2 = *pf3 = 0;
	talk->silent = f1 & STEPS_SILENT;
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
	if (talk->session.sender == NULL)
		return;
	session_clear(&talk->session);
	milter_open(milter_get(), -1);
}

static sfsistat
on_mail(SMFICTX *ctx, char **args)
{
	struct talk *talk = talk_get(ctx);

	message_end(talk);
	session_from(&talk->session, args[0], session_size(args + 1));
	milter_open(milter_get(), 1);
	return answer(talk, SMFIP_NR_MAIL);
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **args)
{
	struct talk *talk = talk_get(ctx);

	session_to(&talk->session, args[0]);
	return answer(talk, SMFIP_NR_RCPT);
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct talk *talk = talk_get(ctx);

	session_header(&talk->session, name, value);
	return answer(talk, SMFIP_NR_HDR);
}

/* The queue's name of the message, for the log. */
static const char *
queue_id(SMFICTX *ctx)
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

/* From the last one on: some MTAs count a field that was deleted, some not. */
static bool
strip(SMFICTX *ctx, const struct session *s)
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
		    "stripped: id=%s, fields=%u", queue_id(ctx), stripped);
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

/* The message goes on, with our visit on it. */
static sfsistat
mark(SMFICTX *ctx, const struct session *s, const struct session_ask *ask)
{
	struct visit visit;

	session_visit(s, ask, &visit);
	if (!strip(ctx, s) || !insert(ctx, &visit)) {
		milter_count(milter_get(), REPORT_UNMARKED);
		milter_say(milter_get(), LOG_WARNING,
		    "unmarked: id=%s, why=the MTA refused a change",
		    queue_id(ctx));
		return SMFIS_CONTINUE;
	}
	if (session_received(s) >= MARK_REMEMBER_RECEIVED) {
		const char *id = queue_id(ctx);

		pthread_mutex_lock(&milter_get()->lock);
		mark_memory_add(milter_get()->memory, &visit, s->message,
		    strcmp(id, "-") == 0 ? "" : id);
		pthread_mutex_unlock(&milter_get()->lock);
	}
	milter_count(milter_get(), REPORT_ACCEPTED);
	return SMFIS_CONTINUE;
}

static sfsistat
refuse(SMFICTX *ctx, const struct session *s, enum mark_verdict why)
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
	    queue_id(ctx), mark_word(why), session_received(s));
	return SMFIS_TEMPFAIL;
}

static uint64_t
wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static sfsistat
decide(SMFICTX *ctx, struct session *s, const struct session_ask *ask)
{
	enum mark_verdict verdict;

	session_verify(s, ask);
	pthread_mutex_lock(&milter_get()->lock);
	verdict = session_judge(s, ask);
	pthread_mutex_unlock(&milter_get()->lock);
	if (verdict != MARK_PASSES)
		return refuse(ctx, s, verdict);
	return mark(ctx, s, ask);
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
			.time_ms = wall_ms(),
			.hop_limit = milter_get()->options->hop_limit,
			.memory = milter_get()->memory,
		};

		seal_init(&seal, keys_hold(basis->key[0].key), NULL);
		status = decide(ctx, &talk->session, &ask);
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
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_unknown = on_unknown,
	};

	return smfi_register(desc) == MI_SUCCESS ? RC_OK : RC_IO;
}
