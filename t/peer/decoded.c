/*
 * decoded.c - what the C makes of frames, a line each, for alike.py: u8 type and
 * body of each come on standard input behind a u32 length. Names are in
 * hexadecimal.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "core/lsa/lsa.h"
#include "core/lsa/lsa_list.h"
#include "core/wire/msg.h"
#include "t/core/cheap.h"

static void
hex(const void *octets, size_t n)
{
	const uint8_t *p = octets;

	putchar(' ');
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
}

static void
key_show(const struct lsa_key *key)
{
	printf(" %u", key->type);
	hex(key->origin, strlen(key->origin));
	hex(key->id, strlen(key->id));
}

static bool
hello_show(struct cur *in)
{
	struct msg_hello h;

	if (msg_hello_read(in, &h) != RC_OK)
		return false;
	printf("%u %u", h.lowest, h.highest);
	hex(h.org, sizeof(h.org));
	hex(h.name, strlen(h.name));
	printf(" %u %u %u", h.keepalive_ms, h.dead_ms, h.begins);
	return true;
}

static bool
entries_are(struct cur in, uint16_t n, bool whole)
{
	struct msg_entry entry;

	for (uint16_t i = 0; i < n; i++)
		if ((whole ? msg_entry_read(&in, MSG_VERSION, &entry)
			   : msg_key_read(&in, &entry.key)) != RC_OK)
			return false;
	return !in.bad && in.left == 0;
}

/* Entries of a summary, or keys. */
static bool
entries_show(struct cur *in, uint16_t n, bool whole)
{
	struct msg_entry entry;

	if (in->bad || n > LIMIT_SUMMARY_ENTRIES || !entries_are(*in, n, whole))
		return false;
	printf("%u", n);
	for (uint16_t i = 0; i < n; i++) {
		if (whole)
			msg_entry_read(in, MSG_VERSION, &entry);
		else
			msg_key_read(in, &entry.key);
		key_show(&entry.key.key);
		if (whole) {
			printf(" %llu", (unsigned long long)entry.seq);
			hex(entry.digest, sizeof(entry.digest));
		}
	}
	return true;
}

/* A digest, as version 2 has it: the parts of a database. */
static bool
parts_show(struct cur *in, bool show)
{
	uint8_t flags = cur_u8(in);
	uint16_t n = cur_u16(in);
	struct msg_part part;
	int last = -1;

	if (show)
		printf("%u %u", flags & MSG_ASKS, n);
	for (uint16_t i = 0; i < n; i++) {
		if (msg_part_read(in, last, &part) != RC_OK)
			return false;
		last = part.number;
		if (show)
			printf(" %u %u", part.number, part.lsas);
		if (show)
			hex(part.digest, sizeof(part.digest));
	}
	return !in->bad && in->left == 0;
}

/* Each pattern of a grant or a list. */
static void
patterns_show(const struct lsa *lsa)
{
	struct lsa_list_walk walk;
	const char *one;

	if (lsa->purge || !lsa_is_list(lsa->key.type))
		return;
	walk = lsa_list_walk(lsa_list(lsa));
	while ((one = lsa_list_next(&walk)) != NULL)
		hex(one, strlen(one));
}

static bool
lsa_show(const uint8_t *p, size_t n)
{
	struct crypto crypto = cheap_seal("a");
	struct lsa *lsa;

	if (lsa_decode(p, n, &crypto, &lsa) != RC_OK)
		return false;
	printf("%d", lsa->purge);
	key_show(&lsa->key);
	printf(" %llu", (unsigned long long)lsa->seq);
	patterns_show(lsa);
	lsa_free(lsa);
	return true;
}

static bool
frame_show(const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n);

	switch (cur_u8(&in)) {
	case MSG_HELLO:
		return hello_show(&in);
	case MSG_DIGEST:
		return parts_show(
			   &(struct cur){ in.p, in.left, false }, false) &&
		       parts_show(&in, true);
	case MSG_SUMMARY:
		cur_u8(&in);
		return entries_show(&in, cur_u16(&in), true);
	case MSG_REQUEST:
		return entries_show(&in, cur_u16(&in), false);
	case MSG_NONE:
		return entries_show(&in, 1, false);
	case MSG_UPDATE:
		return lsa_show(in.p, in.left);
	default:
		return false;
	}
}

int
main(void)
{
	uint8_t head[4];

	setvbuf(stdout, NULL, _IOLBF, 0); /* alike.py waits for each */
	while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
		struct cur in = cur_over(head, sizeof(head));
		size_t n = cur_u32(&in);
		uint8_t *p = mem_new(n == 0 ? 1 : n, 0, 0);

		if (fread(p, 1, n, stdin) != n)
			return 1;
		puts(frame_show(p, n) ? "" : "no");
		mem_free(p);
	}
	return 0;
}
