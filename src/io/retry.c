#include "io/retry.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/tree.h"
#include "base/vec.h"
#include "core/lsa/match.h"
#include "io/asking.h"
#include "io/folder.h"
#include "io/listing.h"
#include "io/retry_set.h"
#include "sys/clock.h"

#define TOKENS_MAX 3
#define TOKEN_MS 10000
#define SETTLE_MS 100 /* patterns of one change come one by one */
#define BUSY_MS 1000  /* another round is under way */

enum step {
	STEP_NONE,
	STEP_LIST, /* the queue is being read */
	STEP_ONE,  /* one message after the other */
	STEP_TALK, /* an MTA that is asked by SMTP */
	STEP_ALL   /* all at once */
};

struct retry {
	struct event_base *base;
	struct sink *sink;
	const struct plugin_queue *queue;
	bool on;
	char *directory;
	char *delimiters; /* NULL: none */

	struct tree due;   /* wait for their first round */
	struct tree round; /* of the round under way */
	struct tree later; /* wait for their second */
	VEC(char *)
	ids;                  /* found, in the order of the listing; of an MTA
			      that is asked by SMTP the patterns, each once */
	VEC(char *) thawed;   /* words for those of which mail is frozen */
	size_t next;          /* of ids */
	size_t messages;      /* that were found */
	char last[PLUGIN_ID]; /* the last of them */
	bool first;           /* the round is of `due`, not of `later` */
	bool missed;          /* the last round came to nothing */
	struct mono begun;    /* the round under way */
	struct event *start, *again;

	unsigned tokens;
	struct mono filled;

	enum step step;
	struct listing *listing;
	struct folder *folder; /* of a queue of files, while it is listed */
	struct bufferevent *bev;
	struct asking *asking;
	struct asking_place place;
};

static void next_step(struct retry *r);

static void
clear_ids(struct retry *r)
{
	for (size_t i = 0; i < r->ids.n; i++)
		mem_free(r->ids.v[i]);
	vec_done(&r->ids);
	for (size_t i = 0; i < r->thawed.n; i++)
		mem_free(r->thawed.v[i]);
	vec_done(&r->thawed);
}

static void
retry_set_timer(struct event *timer, uint64_t ms)
{
	struct timeval tv = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};

	if (!evtimer_pending(timer, NULL))
		evtimer_add(timer, &tv);
}

/* Ms until there is a token; 0 when one was taken. */
static uint64_t
take_token(struct retry *r)
{
	struct mono now = clock_mono();
	uint64_t since = mono_since(r->filled, now);

	if (since >= TOKEN_MS) {
		uint64_t n = r->tokens + since / TOKEN_MS;

		r->tokens = n < TOKENS_MAX ? (unsigned)n : TOKENS_MAX;
		r->filled = mono_after(now, 0);
		r->filled.ms -= since % TOKEN_MS;
	}
	if (r->tokens == 0)
		return TOKEN_MS - mono_since(r->filled, now);
	r->tokens--;
	return 0;
}

static void
retry_hang_up(struct retry *r)
{
	if (r->bev != NULL)
		bufferevent_free(r->bev);
	r->bev = NULL;
	listing_free(r->listing);
	r->listing = NULL;
	folder_free(r->folder);
	r->folder = NULL;
	asking_free(r->asking);
	r->asking = NULL;
}

/* The patterns have had their round; after the first they get another. */
static void
end_round(struct retry *r)
{
	struct mono now = clock_mono();
	struct mono at = mono_after(r->begun, RETRY_AGAIN_MS);
	struct retry_entry *entry;

	if (mono_due(at, mono_after(now, RETRY_REST_MS)))
		at = mono_after(now, RETRY_REST_MS);
	while (r->first && (entry = retry_set_take(&r->round)) != NULL) {
		entry->at = at;
		retry_set_put(&r->later, entry);
	}
	retry_set_clear(&r->round);
	clear_ids(r);
	r->step = STEP_NONE;
	if (r->later.n > 0)
		retry_set_timer(r->again, retry_set_wait(&r->later));
	if (r->due.n > 0)
		retry_set_timer(r->start, SETTLE_MS);
}

static void
retry_give_up(struct retry *r, const char *socket, const char *why)
{
	retry_hang_up(r);
	r->missed = true;
	sink_say(r->sink, SINK_WARNING, "retry-failed",
	    "socket=%s/%s, error=\"%s\"", r->directory, socket, why);
	end_round(r);
}

/* The recipients of a message come in a row. */
static void
keep_message(struct retry *r, const char *id)
{
	size_t n = strlen(id);

	if (strcmp(r->last, id) == 0)
		return;
	memcpy(r->last, id, n < sizeof(r->last) ? n + 1 : 0);
	r->messages++;
	if (r->queue->talk == NULL)
		vec_push(&r->ids, mem_str(id));
}

static void
keep_pattern(struct retry *r, const char *pattern)
{
	for (size_t i = 0; i < r->ids.n; i++)
		if (strcmp(r->ids.v[i], pattern) == 0)
			return;
	if (r->ids.n <= ASKING_WORDS)
		vec_push(&r->ids, mem_str(pattern));
}

static void
keep_frozen(struct retry *r, const char *pattern)
{
	const struct plugin_talk *talk = r->queue->talk;
	struct buf b = { 0 };
	char *word;
	size_t i;

	buf_text(&b, talk->thaw);
	buf_text(&b, strcmp(pattern, "*") == 0 ? talk->all : pattern);
	word = buf_string(&b);
	for (i = 0; i < r->thawed.n; i++)
		if (strcmp(r->thawed.v[i], word) == 0)
			break;
	if (i == r->thawed.n && i < ASKING_WORDS)
		vec_push(&r->thawed, word);
	else
		mem_free(word);
}

static void
on_retry_found(void *ctx, const struct plugin_queued *found)
{
	struct retry *r = ctx;
	struct match m;
	const char *pattern;

	if (!found->deferred || (r->messages > RETRY_MAX && !found->frozen) ||
	    !match_is_address(found->recipient))
		return;
	m = match_over(found->recipient, r->delimiters);
	while ((pattern = match_next(&m)) != NULL)
		if (retry_set_has(&r->round, pattern)) {
			keep_message(r, found->id);
			if (r->queue->talk != NULL)
				keep_pattern(r, pattern);
			if (r->queue->talk != NULL && found->frozen)
				keep_frozen(r, pattern);
			return;
		}
}

static void
on_listed(void *ctx, const char *why)
{
	struct retry *r = ctx;

	r->listing = NULL;
	folder_free(r->folder);
	r->folder = NULL;
	if (why != NULL)
		retry_give_up(r, listing_of(r->queue), why);
	else
		next_step(r);
}

/* A trigger's answer, if the MTA gives one, is of no use. */
static void
on_retry_readable(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);

	(void)arg;
	evbuffer_drain(in, evbuffer_get_length(in));
}

static const char *
retry_socket_of(const struct retry *r)
{
	switch (r->step) {
	case STEP_ALL:
		return r->queue->all;
	case STEP_LIST:
	case STEP_ONE:
	case STEP_TALK:
	case STEP_NONE:
		break;
	}
	return r->queue->one;
}

static void
on_retry_event(struct bufferevent *bev, short what, void *arg)
{
	struct retry *r = arg;

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0)
		return;
	if ((what & BEV_EVENT_TIMEOUT) != 0) {
		retry_give_up(r, retry_socket_of(r), "no answer");
		return;
	}
	/* The MTA closes when it has done what it was asked. */
	if ((what & BEV_EVENT_EOF) != 0) {
		retry_hang_up(r);
		next_step(r);
		return;
	}
	retry_give_up(r, retry_socket_of(r), strerror(errno));
}

/* A trigger needs no answer: once it is written this step is over. */
static void
on_retry_written(struct bufferevent *bev, void *arg)
{
	struct retry *r = arg;

	if (r->step != STEP_ALL)
		return;
	shutdown(bufferevent_getfd(bev), SHUT_WR);
}

/* Opens the socket of the step and says what there is to say. */
static void
retry_ask(struct retry *r, const struct buf *say)
{
	struct timeval patience = { .tv_sec = LISTING_PATIENCE_S };
	int fd = listing_connect(r->directory, retry_socket_of(r));

	if (fd < 0) {
		retry_give_up(r, retry_socket_of(r), strerror(errno));
		return;
	}
	r->bev = bufferevent_socket_new(r->base, fd, BEV_OPT_CLOSE_ON_FREE);
	CHECK(r->bev != NULL);
	bufferevent_setcb(
	    r->bev, on_retry_readable, on_retry_written, on_retry_event, r);
	bufferevent_set_timeouts(r->bev, &patience, &patience);
	bufferevent_enable(r->bev, EV_READ | EV_WRITE);
	if (say->n > 0)
		bufferevent_write(r->bev, say->p, say->n);
}

static void
retry_list(struct retry *r)
{
	struct listing_job job = { r->queue, NULL, r->directory, on_retry_found,
		on_listed, r };

	if (r->queue->spool != NULL)
		job.folder = r->folder = folder_new(r->base, r->queue->spool);
	r->listing = listing_begin(r->base, &job);
	if (r->listing == NULL)
		retry_give_up(r, listing_of(r->queue), strerror(errno));
}

/* The next hops of `from` whose time has come make the round. */
static void
begin_round(struct retry *r, struct tree *from, bool first)
{
	struct mono now = clock_mono();
	struct tree_node *next;

	CHECK(r->round.n == 0);
	for (struct tree_node *node = tree_first(from); node != NULL;
	     node = next) {
		struct retry_entry *entry =
		    tree_entry(node, struct retry_entry, node);

		next = tree_next(node);
		if (!mono_due(entry->at, now))
			continue;
		tree_remove(from, node);
		retry_set_put(&r->round, entry);
	}
	r->begun = now;
	r->first = first;
	r->missed = false;
	r->next = r->messages = 0;
	r->last[0] = '\0';
	r->step = STEP_LIST;
	retry_list(r);
}

static void
on_retry_asked(void *ctx, const char *why)
{
	struct retry *r = ctx;

	r->asking = NULL;
	if (why != NULL)
		retry_give_up(r, "smtp", why);
	else
		end_round(r);
}

/* `*` is no key that a domain stands for. */
static bool
retry_asks_all(const struct retry *r)
{
	bool all = r->messages > RETRY_MAX;

	for (size_t i = 0; i < r->ids.n && r->queue->talk != NULL; i++)
		all |= strcmp(r->ids.v[i], "*") == 0;
	return all;
}

static void
retry_talk(struct retry *r, bool all)
{
	struct asking_job job = { .talk = r->queue->talk,
		.place = &r->place,
		.patterns = r->ids.v,
		.n = r->ids.n,
		.thawed = r->thawed.v,
		.nthawed = r->thawed.n,
		.messages = r->messages,
		.all = all,
		.done = on_retry_asked,
		.ctx = r };

	r->step = STEP_TALK;
	r->asking = asking_begin(r->base, &job);
}

static void
begin_asking(struct retry *r)
{
	struct buf say = { 0 };
	bool all = retry_asks_all(r);

	sink_say(r->sink, SINK_NOTICE, "retry",
	    "round=%s, patterns=%zu, messages=%zu%s",
	    r->first ? "first" : "second", r->round.n,
	    r->messages > RETRY_MAX ? RETRY_MAX : r->messages,
	    all ? ", all=yes" : "");
	if (r->queue->talk != NULL && r->messages > 0) {
		retry_talk(r, all);
		return;
	}
	r->step = all ? STEP_ALL : STEP_ONE;
	if (!all) {
		next_step(r);
		return;
	}
	r->queue->put_all(&say);
	retry_ask(r, &say);
	buf_done(&say);
}

/* The step before is done. */
static void
next_step(struct retry *r)
{
	struct buf say = { 0 };

	if (r->step == STEP_LIST) {
		begin_asking(r);
		return;
	}
	if (r->step == STEP_ONE && r->queue->talk == NULL &&
	    r->next < r->ids.n) {
		r->queue->put_one(&say, r->ids.v[r->next++]);
		retry_ask(r, &say);
		buf_done(&say);
		return;
	}
	end_round(r);
}

/* A round when there is one to do, nothing is under way, and a token. */
static void
try_round(struct retry *r, struct tree *from, bool first)
{
	struct event *timer = first ? r->start : r->again;
	uint64_t ms = retry_set_wait(from);

	if (ms == UINT64_MAX)
		return;
	if (ms == 0 && r->step != STEP_NONE)
		ms = BUSY_MS;
	if (ms == 0)
		ms = take_token(r);
	if (ms > 0)
		retry_set_timer(timer, ms);
	else
		begin_round(r, from, first);
}

static void
on_start(evutil_socket_t fd, short what, void *arg)
{
	struct retry *r = arg;

	(void)fd;
	(void)what;
	try_round(r, &r->due, true);
}

static void
on_retry_again(evutil_socket_t fd, short what, void *arg)
{
	struct retry *r = arg;

	(void)fd;
	(void)what;
	try_round(r, &r->later, false);
}

struct retry *
retry_new(struct event_base *base, struct sink *sink,
    const struct plugin_queue *queue)
{
	struct retry *r = mem_new(sizeof(*r), 0, 0);

	r->base = base;
	r->sink = sink;
	r->queue = queue;
	r->start = evtimer_new(base, on_start, r);
	r->again = evtimer_new(base, on_retry_again, r);
	CHECK(r->start != NULL && r->again != NULL);
	r->tokens = TOKENS_MAX;
	r->filled = clock_mono();
	return r;
}

void
retry_moved(struct retry *r, const char *directory)
{
	struct retry_entry *entry;

	if (r->directory != NULL && strcmp(r->directory, directory) == 0)
		return;
	mem_free(r->directory);
	r->directory = mem_str(directory);
	while (r->missed && (entry = retry_set_take(&r->later)) != NULL) {
		entry->at = (struct mono){ 0 };
		retry_set_put(&r->due, entry);
	}
	r->missed = false;
	if (r->due.n > 0 && r->step == STEP_NONE)
		retry_set_timer(r->start, SETTLE_MS);
}

void
retry_directory(struct retry *r, const char *directory)
{
	retry_moved(r, directory);
	r->on = true;
}

void
retry_place(struct retry *r, const struct setup *setup)
{
	asking_place_set(&r->place, setup);
}

void
retry_told(struct retry *r, const struct mta *mta)
{
	asking_place_listens(&r->place, mta->smtp, mta->nsmtp);
	mem_free(r->delimiters);
	r->delimiters = mem_str(mta->delimiters);
	retry_moved(r, mta->queue_directory);
}

void
retry_conf(struct retry *r, const struct conf *conf)
{
	struct mta mta;

	if (r->queue == NULL)
		return;
	mta_init(&mta);
	r->queue->look(&mta, conf_mta_directory(conf, r->queue->name));
	retry_directory(r, mta.queue_directory);
	r->on = conf->setup.mta.retry;
	retry_place(r, &conf->setup);
}

void
retry_pattern(struct retry *r, const char *pattern)
{
	struct retry_entry *entry;

	if (!r->on || r->directory == NULL)
		return;
	entry = mem_new(sizeof(*entry), 0, 0);
	entry->pattern = mem_str(pattern);
	retry_set_put(&r->due, entry);
	if (r->step == STEP_NONE)
		retry_set_timer(r->start, SETTLE_MS);
}

void
retry_free(struct retry *r)
{
	if (r == NULL)
		return;
	retry_hang_up(r);
	event_free(r->start);
	event_free(r->again);
	retry_set_clear(&r->due);
	retry_set_clear(&r->round);
	retry_set_clear(&r->later);
	clear_ids(r);
	asking_place_done(&r->place);
	mem_free(r->directory);
	mem_free(r->delimiters);
	mem_free(r);
}
