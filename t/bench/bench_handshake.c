/*
 * bench_handshake.c - what a handshake costs the side that is dialled, one line a
 * figure: who dials, then microseconds of CPU (median of 5 times 200), his own not
 * counted.
 *
 *     hello      a stranger who says his first word and nothing more
 *     garbage    one whose first word is none
 *     other      a certificate of another authority
 *     member     one of ours, to the end
 *
 * `hello` needs no key and no arithmetic of his own: his word can be said again.
 */

#include <stdio.h>

#include "base/check.h"
#include "t/core/cpu.h"
#include "t/io/pki.h"

#define RUNS 5
#define TIMES 200

struct bench {
	struct pki ours, others;
	struct tls_self *here, *member, *other;
	double ms; /* of the dialled side */
};

/* All that one side has to say. */
static void
carry(struct tls *from, struct tls *to)
{
	uint8_t octets[4096];
	size_t n;

	while ((n = tls_pull(from, octets, sizeof(octets))) > 0)
		tls_feed(to, octets, n);
}

static void
dialled_turn(struct bench *b, struct tls *server)
{
	double start = cpu_ms();

	(void)tls_run(server);
	b->ms += cpu_ms() - start;
}

/* `who` NULL: garbage; `rounds` of words each way. */
static void
one(struct bench *b, const struct tls_self *who, unsigned rounds)
{
	static const uint8_t garbage[300] = { 22, 3, 1, 1, 0, 1 };
	double start = cpu_ms();
	struct tls *server = tls_new(b->here, NULL);
	struct tls *client = who == NULL ? NULL : tls_new(who, "b.example.org");

	b->ms += cpu_ms() - start; /* the client's object is in it: little */
	if (client == NULL) {
		tls_feed(server, garbage, sizeof(garbage));
		dialled_turn(b, server);
	}
	for (unsigned i = 0; client != NULL && i < rounds; i++) {
		(void)tls_run(client);
		carry(client, server);
		dialled_turn(b, server);
		carry(server, client);
	}
	start = cpu_ms();
	tls_free(server);
	b->ms += cpu_ms() - start;
	tls_free(client);
}

static void
bench_tell(struct bench *b, const char *what, const struct tls_self *who,
    unsigned rounds)
{
	double us[RUNS];

	for (size_t run = 0; run < RUNS; run++) {
		b->ms = 0;
		for (size_t i = 0; i < TIMES; i++)
			one(b, who, rounds);
		us[run] = b->ms * 1000 / TIMES;
	}
	printf("%s %.0f\n", what, cpu_median(us, RUNS));
}

int
main(void)
{
	struct bench b = { .ms = 0 };

	pki_init(&b.ours);
	pki_init(&b.others);
	b.here = pki_self(&b.ours, "b.example.org");
	b.member = pki_self(&b.ours, "a.example.org");
	b.other = pki_self(&b.others, "a.example.org");
	b.others.crypto.ctx = &b.ours; /* the stranger himself takes us */
	CHECK(b.here != NULL && b.member != NULL && b.other != NULL);
	bench_tell(&b, "garbage", NULL, 1);
	bench_tell(&b, "hello", b.member, 1);
	bench_tell(&b, "other", b.other, 3);
	bench_tell(&b, "member", b.member, 3);
	tls_self_free(b.here);
	tls_self_free(b.member);
	tls_self_free(b.other);
	pki_done(&b.ours);
	pki_done(&b.others);
	return 0;
}
