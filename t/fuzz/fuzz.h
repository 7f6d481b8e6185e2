/*
 * fuzz.h - what every fuzz target offers, and how it complains.
 *
 * A target takes any octets and must neither crash nor break its own
 * promise (FUZZ_CHECK). With --enable-fuzzing libFuzzer drives it; else
 * driver.c reads its corpus and mutates it a few thousand times from a
 * fixed seed, in "make check".
 */

#ifndef T_FUZZ_FUZZ_H
#define T_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* How many mutations driver.c tries. */
extern const unsigned fuzz_runs;

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* By pieces.c, where a target has it: changes the octets, `room` of them at
 * most; returns how many there are then. And what it asks of the driver. */
size_t LLVMFuzzerCustomMutator(
    uint8_t *p, size_t n, size_t room, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *p, size_t n, size_t room);

#define FUZZ_CHECK(cond)                                                       \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__,       \
			    __LINE__, #cond);                                  \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
