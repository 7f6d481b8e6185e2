/*
 * crc64.h - CRC-64 with the polynomial of ECMA-182, bits reflected: tells a
 * file that was torn or bent from one that is whole. It proves nothing about
 * who wrote it.
 */

#ifndef BASE_CRC64_H
#define BASE_CRC64_H

#include <stddef.h>
#include <stdint.h>

uint64_t crc64(const void *p, size_t n);

#endif
