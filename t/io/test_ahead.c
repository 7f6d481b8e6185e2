/*
 * Signatures that threads look at before the engine asks. The engine of this
 * test takes a stream of LSAs, some of them forged, and asks the same question
 * of what looked ahead and of the real thing; the time stands still unless a
 * case says otherwise, so that no thread is ever late by itself.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/wait.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/rng.h"
#include "core/lsa/lsa.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "crypt/crypto.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "io/ahead.h"
#include "sys/clock.h"
#include "t/tap.h"

/* The real one, behind a gate at which a thread can hang. */
#define ahead_work_check ahead_work_check_real
#include "io/ahead_job.c"
#undef ahead_work_check

#define SERVERS 40
#define SPACES 6
#define LSAS ((size_t)SERVERS * (SPACES + 1))

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

void ahead_work_check(
    struct ahead_work *work, struct ahead_job *job, struct ahead_check *check);

void
ahead_work_check(
    struct ahead_work *work, struct ahead_job *job, struct ahead_check *check)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	ahead_work_check_real(work, job, check);
}

static struct mono now;

struct mono
clock_mono(void)
{
	return now;
}

uint64_t
clock_wall(void)
{
	return 1800000000;
}

static struct event_base *base;
static struct evp_pkey_st *authority;
static struct crypto real, counted;
static uint8_t organization[CRYPTO_PUBLIC], other[CRYPTO_PUBLIC];
static struct ahead *ahead;
static struct ahead_line *line;
static struct buf stream, taken;
static struct frame_reader frames;
static uint8_t key[CRYPTO_PUBLIC]; /* of whose LSAs it is at */
static size_t asked, fell;         /* of these the real one was asked */
static size_t wrong, forged;
static bool ends; /* the line with the first octets */

static bool
counted_verify(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC],
    const void *p, size_t n, const uint8_t sig[CRYPTO_SIGNATURE])
{
	fell++;
	return real.verify(ctx, public_key, p, n, sig);
}

static int
counted_vouch(void *ctx, const uint8_t *der, size_t n, struct claims **out)
{
	fell++;
	return real.vouch(ctx, der, n, out);
}

static void
update(const struct crypto *crypto, const struct lsa_key *of,
    const uint8_t digest[CRYPTO_DIGEST], const struct buf *body, bool forge)
{
	struct lsa_draft draft = { .key = *of,
		.org = organization,
		.signer = digest,
		.seq = UINT64_C(1) << 32 | 1,
		.body = body->p,
		.body_len = body->n };
	size_t hole = frame_open(&stream, MSG_UPDATE);

	lsa_encode(&stream, &draft, crypto);
	frame_close(&stream, hole);
	if (forge)
		stream.p[stream.n - 1 - (stream.n % CRYPTO_SIGNATURE)] ^= 1;
}

/* One server's, its identity first; a keep-alive is between them. */
static void
server_says(size_t i)
{
	char name[32], space[48];
	struct claims c = { .name = name, .group = mem_str("g") };
	struct evp_pkey_st *own = keys_new();
	struct lsa_identity identity = { .ncerts = 1 };
	struct lsa_space says = { .cost = 1 };
	struct buf der = { 0 }, body = { 0 };
	struct crypto crypto;

	snprintf(name, sizeof(name), "mx%02zu.example.org", i);
	keys_public(own, c.public_key);
	keys_digest(c.public_key, c.key);
	issue_server(&c, "example.org", 30, authority, &der);
	crypto_init(&crypto, own, organization);
	identity.cert[0] = der.p;
	identity.cert_len[0] = der.n;
	lsa_identity_encode(&body, &identity);
	update(&crypto, &(struct lsa_key){ name, "", LSA_IDENTITY }, c.key,
	    &body, i % 7 == 3);
	for (size_t k = 0; k < SPACES; k++) {
		snprintf(space, sizeof(space), "d%zu.%s", k, name);
		buf_reset(&body);
		lsa_space_encode(&body, &says);
		update(&crypto, &(struct lsa_key){ name, space, LSA_SPACE },
		    c.key, &body, k == 2);
	}
	frame_close(&stream, frame_open(&stream, MSG_ALIVE));
	crypto_done(&crypto);
	mem_free(c.group);
	buf_done(&body);
	buf_done(&der);
}

static void
identity_taken(const struct lsa *lsa)
{
	const struct crypto *crypto = ahead_crypto(ahead);
	struct lsa_identity identity;
	struct claims *claims, *same;
	int rc;

	ck_assert_int_eq(lsa_identity_decode(lsa, &identity), RC_OK);
	asked++;
	rc = crypto->vouch(
	    crypto->ctx, identity.cert[0], identity.cert_len[0], &claims);
	wrong += rc != real.vouch(real.ctx, identity.cert[0],
			   identity.cert_len[0], &same);
	ck_assert_ptr_nonnull(same);
	memcpy(key, same->public_key, CRYPTO_PUBLIC);
	wrong += claims == NULL ||
	         memcmp(claims->public_key, key, CRYPTO_PUBLIC) != 0;
	claims_free(claims);
	claims_free(same);
}

static void
lsa_taken(const uint8_t *p, size_t n)
{
	struct lsa *lsa;
	bool good;

	ck_assert_int_eq(lsa_decode(p, n, &real, &lsa), RC_OK);
	if (lsa->key.type == LSA_IDENTITY)
		identity_taken(lsa);
	asked++;
	good = lsa_verify(lsa, ahead_crypto(ahead), key);
	wrong += good != lsa_verify(lsa, &real, key);
	forged += !good;
	lsa_free(lsa);
}

static void
take(void *ctx, const uint8_t *octets, size_t n)
{
	struct cur body;
	uint8_t type;

	(void)ctx;
	buf_bytes(&taken, octets, n);
	frame_put(&frames, octets, n);
	while (frame_next(&frames, &type, &body) == 1)
		if (type == MSG_UPDATE)
			lsa_taken(body.p, body.left);
	if (ends)
		ahead_line_end(line, NULL);
	ends = false;
}

static void
setup(void)
{
	base = event_base_new();
	authority = keys_new();
	keys_public(authority, organization);
	crypto_init(&real, NULL, organization);
	counted = real;
	counted.verify = counted_verify;
	counted.vouch = counted_vouch;
	now.ms = 1000;
	for (size_t i = 0; i < SERVERS; i++)
		server_says(i);
}

static void
begin(size_t threads)
{
	ahead = ahead_new(base, &counted, threads);
	ahead_authority(ahead, organization);
	line = ahead_line_new(ahead, take, NULL);
}

static void
teardown(void)
{
	ahead_free(ahead);
	buf_done(&stream);
	buf_done(&taken);
	frame_done(&frames);
	crypto_done(&real);
	keys_free(authority);
	event_base_free(base);
}

/* All of it has come, in order, and each answer was right. */
static void
all_is_taken(void)
{
	while (taken.n < stream.n)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_eq(taken.n, stream.n);
	ck_assert_mem_eq(taken.p, stream.p, stream.n);
	ck_assert_uint_eq(asked, LSAS + SERVERS);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_eq(forged, SERVERS + (SERVERS + 3) / 7);
}

static void
put_all(uint64_t seed, size_t most)
{
	struct rng rng = { seed };
	size_t at = 0;

	while (at < stream.n) {
		size_t n = 1 + rng_below(&rng, (uint32_t)most);

		if (n > stream.n - at)
			n = stream.n - at;
		ahead_line_put(line, stream.p + at, n);
		at += n;
	}
}

START_TEST(it_is_the_same_however_cut)
{
	begin(1 + (size_t)_i % 4);
	put_all((uint64_t)_i, (size_t)100 << (_i % 9));
	all_is_taken();
	ahead_line_end(line, NULL);
}
END_TEST

/* By one thread each is looked at, whatever was in the job before. */
START_TEST(nothing_is_done_twice)
{
	begin(1);
	ahead_line_put(line, stream.p, stream.n / 3);
	ahead_line_put(line, stream.p + stream.n / 3, stream.n - stream.n / 3);
	all_is_taken();
	ck_assert_uint_eq(fell, 0);
	ahead_line_end(line, NULL);
}
END_TEST

START_TEST(without_a_thread_nothing_waits)
{
	begin(0);
	ahead_line_put(line, stream.p, stream.n);
	ck_assert_uint_eq(taken.n, stream.n);
	ck_assert_uint_eq(fell, asked);
	all_is_taken();
	ahead_line_end(line, NULL);
}
END_TEST

START_TEST(few_go_at_once)
{
	begin(1);
	ahead_line_put(line, stream.p, 2000);
	ck_assert_uint_eq(taken.n, 2000);
	ahead_line_end(line, NULL);
}
END_TEST

START_TEST(a_thread_that_hangs_is_not_waited_for)
{
	begin(2);
	pthread_mutex_lock(&gate);
	put_all(1, 8192);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_lt(taken.n, stream.n);
	now.ms += AHEAD_PATIENCE_MS;
	all_is_taken();
	ck_assert_uint_eq(fell, asked);
	pthread_mutex_unlock(&gate);
	ahead_line_end(line, NULL);
}
END_TEST

/* What was vouched for by one authority is not by another. */
START_TEST(of_another_authority_nothing_counts)
{
	begin(1);
	ahead_authority(ahead, other);
	put_all(1, 8192);
	ahead_authority(ahead, organization);
	all_is_taken();
	ck_assert_uint_eq(fell, asked);
	ahead_line_end(line, NULL);
}
END_TEST

START_TEST(an_end_leaves_the_rest)
{
	struct buf rest = { 0 };

	begin(2);
	pthread_mutex_lock(&gate);
	ahead_line_put(line, stream.p, stream.n / 2);
	ahead_line_put(line, stream.p + stream.n / 2, stream.n - stream.n / 2);
	ck_assert(taken.n == 0);
	ahead_line_end(line, &rest);
	pthread_mutex_unlock(&gate);
	ck_assert_uint_eq(rest.n, stream.n);
	ck_assert_mem_eq(rest.p, stream.p, rest.n);
	buf_done(&rest);
}
END_TEST

START_TEST(the_engine_may_end_it)
{
	begin(2);
	ends = true;
	put_all(1, 8192);
	while (ends)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_lt(taken.n, stream.n);
}
END_TEST

START_TEST(what_waits_has_a_bound)
{
	begin(1);
	pthread_mutex_lock(&gate);
	while (!ahead_line_is_full(line)) {
		ahead_line_put(line, stream.p, stream.n);
		ck_assert_uint_eq(taken.n, 0);
	}
	pthread_mutex_unlock(&gate);
	ahead_line_end(line, NULL);
}
END_TEST

START_TEST(a_fork_finds_no_thread_at_work)
{
	int status = 1;

	begin(4);
	put_all(1, 8192);
	for (int i = 0; i < 20; i++) {
		pid_t pid = ahead_fork(ahead);

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			real.digest(real.ctx, "x", 1, key);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	all_is_taken();
	ahead_line_end(line, NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ahead");
	TCase *tc = tcase_create("ahead");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, it_is_the_same_however_cut, 0, 40);
	tcase_add_test(tc, nothing_is_done_twice);
	tcase_add_test(tc, without_a_thread_nothing_waits);
	tcase_add_test(tc, few_go_at_once);
	tcase_add_test(tc, a_thread_that_hangs_is_not_waited_for);
	tcase_add_test(tc, of_another_authority_nothing_counts);
	tcase_add_test(tc, an_end_leaves_the_rest);
	tcase_add_test(tc, the_engine_may_end_it);
	tcase_add_test(tc, what_waits_has_a_bound);
	tcase_add_test(tc, a_fork_finds_no_thread_at_work);
	suite_add_tcase(s, tc);
	return tap_run(s);
}
