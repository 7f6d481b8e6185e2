/*
 * bench_admit.c - what a message costs the milter that some connector does
 * not admit, one line a figure: what, servers, recipients, then milliseconds
 * of CPU (median of 5) until all are judged.
 *
 * The network is t/core/ring.h's. Recipients are of as many patterns. `plain`
 * is a message that all admit; `insider` one of which a single server's
 * connectors, as many as it may have, ask who sends and when.
 */

#include <stdio.h>
#include <stdlib.h>

#include "core/trace/admit.h"
#include "t/core/cpu.h"
#include "t/core/ring.h"
#include "t/core/seat.h"

#define RUNS 5

static double
once(const struct seat *seat, const struct policy_message *message,
    int recipients, int n)
{
	double start = cpu_ms();
	struct admit *admit = admit_new(&seat->table, &seat->net, message);
	struct admit_answer answer;
	char address[40];

	for (int i = 0; admit != NULL && i < recipients; i++) {
		snprintf(address, sizeof(address), "u@d%06d.x",
		    1 + (i * 7919) % (n - 1));
		admit_ask(admit, address, &answer);
	}
	admit_free(admit);
	return cpu_ms() - start;
}

static void
measure(const char *what, const struct seat *seat, uint64_t size,
    int recipients, int n)
{
	struct policy_message message = { .size = size,
		.priority = POLICY_NORMAL,
		.sender = "u@example.org",
		.time = 0 };
	double ms[RUNS];

	for (int i = 0; i < RUNS; i++)
		ms[i] = once(seat, &message, recipients, n);
	printf("%-8s servers=%d recipients=%d cpu=%.2f ms\n", what, n,
	    recipients, cpu_median(ms, RUNS));
}

int
main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 10000;
	int most = argc > 2 ? atoi(argv[2]) : 10000;

	for (int insider = 0; insider < 2; insider++) {
		struct seat seat = { 0 };
		struct world w;

		ring_world(&w, n);
		if (insider == 1)
			ring_insider(&w, n, RING_CONNECTORS);
		rib_free(seat_world(&seat, &w, NULL));
		measure(insider ? "insider" : "plain", &seat, 1000, 1, n);
		for (int k = 1; k <= most; k *= 10)
			measure(insider ? "insider" : "limits", &seat,
			    2 * RING_SIZE, k, n);
		seat_done(&seat);
		world_done(&w);
	}
	return 0;
}
