#include "io/ahead.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/mono.h"
#include "base/vec.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "io/ahead_job.h"
#include "sys/clock.h"

#define TICK_MS 50

struct ahead_line {
	struct ahead *ahead;
	struct ahead_line *next, **back;
	void (*take)(void *ctx, const uint8_t *octets, size_t n);
	void *ctx;
	struct frame_reader frames;
	bool lost; /* it is no stream of frames; the engine will say so */
	struct ahead_job *first, **last;
	size_t octets; /* that wait */
};

struct ahead {
	struct crypto crypto; /* what the engine asks */
	const struct crypto *by;
	struct ahead_trust trust;
	struct ahead_line *lines, **last;
	size_t octets;         /* that wait, of all lines */
	struct ahead_job *now; /* the engine is at its octets; or NULL */

	size_t threads; /* that there may be */
	VEC(pthread_t) running;
	int done_fd;
	struct event *done, *tick;

	pthread_mutex_t lock; /* of all that follows, and of jobs' states */
	pthread_cond_t more, still;
	struct ahead_job *todo, **todo_last;
	size_t working;
	bool paused, ended;
};

static void
ahead_digest(void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_DIGEST])
{
	const struct ahead *a = ctx;

	a->by->digest(a->by->ctx, p, n, out);
}

static void
ahead_sign(void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_SIGNATURE])
{
	const struct ahead *a = ctx;

	a->by->sign(a->by->ctx, p, n, out);
}

static bool
ahead_verify(void *ctx, const uint8_t key[CRYPTO_PUBLIC], const void *p,
    size_t n, const uint8_t sig[CRYPTO_SIGNATURE])
{
	const struct ahead *a = ctx;
	bool good;

	if (a->now != NULL &&
	    ahead_job_verified(a->now, key, cur_over(p, n), sig, &good))
		return good;
	return a->by->verify(a->by->ctx, key, p, n, sig);
}

static int
ahead_vouch(void *ctx, const uint8_t *der, size_t n, struct claims **out)
{
	const struct ahead *a = ctx;
	int rc;

	if (a->now != NULL && ahead_job_vouched(a->now, der, n, &rc, out))
		return rc;
	return a->by->vouch(a->by->ctx, der, n, out);
}

size_t
ahead_threads(void)
{
	cpu_set_t ours;
	int n = sched_getaffinity(0, sizeof(ours), &ours) == 0
	            ? CPU_COUNT(&ours)
	            : 1;

	if (n < 2)
		return 0;
	return n > AHEAD_THREADS ? AHEAD_THREADS : (size_t)n;
}

/* Whether the thread may go on; while the process is about to fork none may. */
static bool
work_begin(struct ahead *a)
{
	bool ended;

	pthread_mutex_lock(&a->lock);
	while (a->paused && !a->ended)
		pthread_cond_wait(&a->more, &a->lock);
	ended = a->ended;
	a->working += !ended;
	pthread_mutex_unlock(&a->lock);
	return !ended;
}

static void
work_end(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->working--;
	if (a->paused && a->working == 0)
		pthread_cond_signal(&a->still);
	pthread_mutex_unlock(&a->lock);
}

static struct ahead_job *
job_next(struct ahead *a)
{
	struct ahead_job *job = NULL;

	pthread_mutex_lock(&a->lock);
	while (!a->ended && a->todo == NULL)
		pthread_cond_wait(&a->more, &a->lock);
	if (!a->ended) {
		job = a->todo;
		a->todo = job->next;
		if (a->todo == NULL)
			a->todo_last = &a->todo;
		job->state = AHEAD_RUNS;
	}
	pthread_mutex_unlock(&a->lock);
	return job;
}

static void
tell_done(struct ahead *a)
{
	uint64_t one = 1;

	(void)!write(a->done_fd, &one, sizeof(one));
}

/* It is the loop's again, or nobody's: that has given it up. */
static void
job_done(struct ahead *a, struct ahead_job *job)
{
	bool left;

	pthread_mutex_lock(&a->lock);
	left = job->state == AHEAD_LEFT;
	job->state = AHEAD_DONE;
	pthread_mutex_unlock(&a->lock);
	if (left)
		ahead_job_free(job);
	else
		tell_done(a);
}

static void *
work(void *arg)
{
	struct ahead *a = arg;
	struct ahead_work *w = ahead_work_new();
	struct ahead_job *job;

	while ((job = job_next(a)) != NULL) {
		for (size_t i = 0; i < job->nchecks && work_begin(a); i++) {
			ahead_work_check(w, job, &job->checks[i]);
			work_end(a);
		}
		job_done(a, job);
	}
	ahead_work_free(w);
	return NULL;
}

/* The first large exchange begins them; where none can be had, none is asked
 * for again. */
static bool
has_threads(struct ahead *a)
{
	while (a->running.n < a->threads) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, work, a) != 0) {
			a->threads = a->running.n;
			break;
		}
		vec_push(&a->running, thread);
	}
	return a->threads > 0;
}

static void
job_give(struct ahead *a, struct ahead_job *job)
{
	pthread_mutex_lock(&a->lock);
	job->state = AHEAD_WAITS;
	job->next = NULL;
	*a->todo_last = job;
	a->todo_last = &job->next;
	pthread_cond_signal(&a->more);
	pthread_mutex_unlock(&a->lock);
}

static void
todo_remove(struct ahead *a, const struct ahead_job *job)
{
	struct ahead_job **at = &a->todo;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	if (*at == NULL)
		a->todo_last = at;
}

/* Whatever a thread does with it: the loop has it now. False: a thread is at
 * it still, and ends it; only its octets are the loop's. */
static bool
job_take(struct ahead *a, struct ahead_job *job)
{
	bool ours;

	pthread_mutex_lock(&a->lock);
	if (job->state == AHEAD_WAITS)
		todo_remove(a, job);
	ours = job->state != AHEAD_RUNS;
	job->state = ours ? AHEAD_DONE : AHEAD_LEFT;
	pthread_mutex_unlock(&a->lock);
	return ours;
}

static bool
job_is_done(struct ahead *a, const struct ahead_job *job)
{
	bool done;

	pthread_mutex_lock(&a->lock);
	done = job->state == AHEAD_DONE;
	pthread_mutex_unlock(&a->lock);
	return done;
}

/* The octets that waited longest are the caller's; with the job, if that is
 * there still. */
static struct ahead_job *
line_first(struct ahead_line *line, uint8_t **octets, size_t *n)
{
	struct ahead_job *job = line->first;
	bool ours;

	*octets = job->octets;
	*n = job->n;
	line->first = job->after;
	if (line->first == NULL)
		line->last = &line->first;
	line->octets -= *n;
	line->ahead->octets -= *n;
	job->octets = NULL;
	ours = job_take(line->ahead, job);
	return ours ? job : NULL;
}

/* Gives the engine the first octets; the line may be gone then. */
static void
line_give(struct ahead_line *line)
{
	struct ahead *a = line->ahead;
	uint8_t *octets;
	size_t n;
	struct ahead_job *job = line_first(line, &octets, &n);

	if (job != NULL &&
	    memcmp(&job->trust, &a->trust, sizeof(a->trust)) == 0)
		a->now = job;
	line->take(line->ctx, octets, n);
	a->now = NULL;
	ahead_job_free(job);
	mem_free(octets);
}

static void
ahead_line_out(struct ahead_line *line)
{
	*line->back = line->next;
	if (line->next != NULL)
		line->next->back = line->back;
	else
		line->ahead->last = line->back;
}

static void
ahead_line_in(struct ahead_line *line)
{
	struct ahead *a = line->ahead;

	line->next = NULL;
	line->back = a->last;
	*a->last = line;
	a->last = &line->next;
}

static struct ahead_line *
line_done(struct ahead *a)
{
	struct ahead_line *line = a->lines;

	while (line != NULL &&
	       (line->first == NULL || !job_is_done(a, line->first)))
		line = line->next;
	return line;
}

/* One job, of the lines in turn, and then whatever else the loop has to do:
 * the descriptor is readable as long as there is another. */
static void
on_ahead_done(evutil_socket_t fd, short what, void *arg)
{
	struct ahead *a = arg;
	struct ahead_line *line = line_done(a);
	uint64_t count;

	(void)what;
	if (line == NULL) {
		(void)!read(fd, &count, sizeof(count));
		line = line_done(a); /* since we looked */
		if (line == NULL)
			return;
		tell_done(a);
	}
	ahead_line_out(line);
	ahead_line_in(line);
	line_give(line);
}

static void
tick_later(struct ahead *a)
{
	struct timeval tv = { 0, TICK_MS * 1000 };

	if (a->octets > 0 && !evtimer_pending(a->tick, NULL))
		evtimer_add(a->tick, &tv);
}

static struct ahead_line *
line_overdue(const struct ahead *a, struct mono now)
{
	struct ahead_line *line = a->lines;

	while (line != NULL &&
	       (line->first == NULL ||
		   mono_since(line->first->since, now) < AHEAD_PATIENCE_MS))
		line = line->next;
	return line;
}

/* What no thread came to in time. */
static void
on_ahead_tick(evutil_socket_t fd, short what, void *arg)
{
	struct ahead *a = arg;
	struct ahead_line *line;
	struct mono now = clock_mono();
	size_t given = 0;

	(void)fd;
	(void)what;
	while (given < AHEAD_LINE && (line = line_overdue(a, now)) != NULL) {
		given += line->first->n;
		line_give(line);
	}
	tick_later(a);
}

struct ahead *
ahead_new(struct event_base *base, const struct crypto *crypto, size_t threads)
{
	struct ahead *a = mem_new(sizeof(*a), 0, 0);

	a->by = crypto;
	a->crypto = (struct crypto){ a, ahead_digest, ahead_sign, ahead_verify,
		ahead_vouch };
	a->threads = threads;
	a->last = &a->lines;
	a->todo_last = &a->todo;
	a->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	CHECK(a->done_fd >= 0);
	a->done =
	    event_new(base, a->done_fd, EV_READ | EV_PERSIST, on_ahead_done, a);
	a->tick = evtimer_new(base, on_ahead_tick, a);
	CHECK(a->done != NULL && a->tick != NULL &&
	      event_add(a->done, NULL) == 0);
	CHECK(pthread_mutex_init(&a->lock, NULL) == 0 &&
	      pthread_cond_init(&a->more, NULL) == 0 &&
	      pthread_cond_init(&a->still, NULL) == 0);
	return a;
}

const struct crypto *
ahead_crypto(const struct ahead *a)
{
	return &a->crypto;
}

void
ahead_authority(struct ahead *a, const uint8_t key[CRYPTO_PUBLIC])
{
	a->trust = (struct ahead_trust){ .n = 1 };
	memcpy(a->trust.key[0], key, CRYPTO_PUBLIC);
}

void
ahead_also(struct ahead *a, const uint8_t key[CRYPTO_PUBLIC])
{
	a->trust.n = 2;
	memcpy(a->trust.key[1], key, CRYPTO_PUBLIC);
}

pid_t
ahead_fork(void *ahead)
{
	struct ahead *a = ahead;
	pid_t pid;

	pthread_mutex_lock(&a->lock);
	a->paused = true;
	while (a->working > 0)
		pthread_cond_wait(&a->still, &a->lock);
	pid = fork();
	if (pid == 0)
		return 0; /* whom it would wake is not there */
	a->paused = false;
	pthread_cond_broadcast(&a->more);
	pthread_mutex_unlock(&a->lock);
	return pid;
}

void
ahead_free(struct ahead *a)
{
	if (a == NULL)
		return;
	CHECK(a->lines == NULL);
	pthread_mutex_lock(&a->lock);
	a->ended = true;
	pthread_cond_broadcast(&a->more);
	pthread_mutex_unlock(&a->lock);
	for (size_t i = 0; i < a->running.n; i++)
		pthread_join(a->running.v[i], NULL);
	vec_done(&a->running);
	event_free(a->done);
	event_free(a->tick);
	close(a->done_fd);
	pthread_cond_destroy(&a->still);
	pthread_cond_destroy(&a->more);
	pthread_mutex_destroy(&a->lock);
	mem_free(a);
}

struct ahead_line *
ahead_line_new(struct ahead *a,
    void (*take)(void *ctx, const uint8_t *octets, size_t n), void *ctx)
{
	struct ahead_line *line = mem_new(sizeof(*line), 0, 0);

	line->ahead = a;
	line->take = take;
	line->ctx = ctx;
	line->last = &line->first;
	ahead_line_in(line);
	return line;
}

/* The LSAs that come to their end in these octets. */
static struct ahead_job *
job_of(struct ahead_line *line, const uint8_t *octets, size_t n)
{
	struct ahead_job *job = ahead_job_new(octets, n, &line->ahead->trust);
	struct cur body;
	uint8_t type;
	int got = 0;

	job->since = clock_mono();
	if (line->lost)
		return job;
	frame_put(&line->frames, octets, n);
	while ((got = frame_next(&line->frames, &type, &body)) == 1)
		if (type == MSG_UPDATE)
			ahead_job_add(job, body.p, body.left);
	line->lost = got < 0;
	return job;
}

void
ahead_line_put(struct ahead_line *line, const uint8_t *octets, size_t n)
{
	struct ahead *a = line->ahead;
	struct ahead_job *job;
	bool few;

	if (a->threads == 0) {
		line->take(line->ctx, octets, n);
		return;
	}
	job = job_of(line, octets, n);
	few = job->nchecks < AHEAD_FEW || a->octets > AHEAD_ALL ||
	      !has_threads(a);
	if (few && line->first == NULL) {
		ahead_job_free(job);
		line->take(line->ctx, octets, n);
		return;
	}
	line->octets += n;
	a->octets += n;
	*line->last = job;
	line->last = &job->after;
	job_give(a, job);
	tick_later(a);
}

bool
ahead_line_is_full(const struct ahead_line *line)
{
	return line->first != NULL &&
	       (line->octets >= AHEAD_LINE || line->ahead->octets >= AHEAD_ALL);
}

void
ahead_line_end(struct ahead_line *line, struct buf *rest)
{
	while (line->first != NULL) {
		uint8_t *octets;
		size_t n;

		ahead_job_free(line_first(line, &octets, &n));
		if (rest != NULL)
			buf_bytes(rest, octets, n);
		mem_free(octets);
	}
	ahead_line_out(line);
	frame_done(&line->frames);
	mem_free(line);
}
