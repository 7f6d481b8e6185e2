/*
 * bench_past.c - what lsrd-map's history costs: an organization of so many
 * servers, with four connectors and a pattern each, of which connectors go down
 * and up: octets and processor time a change, and to find a moment.
 *
 *     bench_past DIRECTORY [SERVERS [CHANGES]]
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/buf.h"
#include "map/past.h"

#define CONNECTORS 4
#define FIRST UINT64_C(1796003269000)

static void
servers_put(struct buf *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_printf(out,
		    "%s{\"name\":\"mx%u.site%u.example.org\","
		    "\"routing_group\":\"site%u\",\"state\":\"up\","
		    "\"position\":[%u.5,%u.25]}",
		    i > 0 ? "," : "", i % 4, i / 4, i / 4, i % 180, i % 90);
}

static void
connectors_put(struct buf *out, unsigned n, unsigned down)
{
	for (unsigned i = 0; i < CONNECTORS * n; i++)
		buf_printf(out,
		    "%s{\"name\":\"site%u-site%u-%u\",\"server\":"
		    "\"mx%u.site%u.example.org\",\"to\":[\"mx0.site%u."
		    "example.org\"],\"cost\":10,\"state\":\"%s\","
		    "\"routing_group\":\"site%u\"}",
		    i > 0 ? "," : "", i / 16, (i * 7) % (n / 4), i, i / 4 % 4,
		    i / 16, (i * 7) % (n / 4), i == down ? "down" : "up",
		    (i * 7) % (n / 4));
}

static void
document_put(struct buf *out, unsigned n, unsigned down)
{
	buf_text(out, "{\"format\":\"lsrd-topology/1\",\"organization\":"
		      "\"example.org\",\"servers\":[");
	servers_put(out, n);
	buf_text(out, "],\"connectors\":[");
	connectors_put(out, n, down);
	buf_text(out, "],\"address_spaces\":[");
	for (unsigned i = 0; i < n; i++)
		buf_printf(out,
		    "%s{\"pattern\":\"u%u.example.org\",\"server\":\"mx%u."
		    "site%u.example.org\",\"cost\":0}",
		    i > 0 ? "," : "", i, i % 4, i / 4);
	buf_text(out, "]}");
}

static double
cpu_ms(void)
{
	return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

int
main(int argc, char **argv)
{
	unsigned n = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
	unsigned changes = argc > 3 ? (unsigned)atoi(argv[3]) : 500;
	struct past *past;
	struct buf out = { 0 }, said = { 0 };
	double spent = 0, begun;
	size_t whole = 0;

	if (argc < 2 || n < 8)
		return 2;
	past = past_new(argv[1], PAST_OCTETS);
	for (unsigned i = 0; i < changes; i++) {
		buf_reset(&out);
		document_put(&out, n, i * 13 % (CONNECTORS * n));
		whole = out.n;
		begun = cpu_ms();
		past_take(past, out.p, out.n, FIRST + i * UINT64_C(1000));
		spent += cpu_ms() - begun;
	}
	past_extent(past, &said);
	printf("a whole document of %u servers: %zu octets\n", n, whole);
	printf(
	    "%u changes of two connectors: %.1f ms of a processor each; %.*s",
	    changes, spent / changes, (int)said.n, (char *)said.p);
	buf_reset(&out);
	begun = cpu_ms();
	if (!past_at(past, (double)FIRST / 1000 + changes, &out))
		return 1;
	printf("the last moment: %.1f ms\n", cpu_ms() - begun);
	past_free(past);
	return 0;
}
