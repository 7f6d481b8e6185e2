#include "core/lsa/lsa_room.h"

#include <string.h>

#include "base/check.h"
#include "core/lsa/lsa_list.h"

static size_t
fixed_of(size_t n, size_t each)
{
	return (n * each + sizeof(uint64_t) - 1) / sizeof(uint64_t) *
	       sizeof(uint64_t);
}

bool
lsa_room_policy(const struct lsa_room *room)
{
	for (unsigned t = LSA_CONNECTOR_SIZE; t <= LSA_CONNECTOR_SCHEDULE; t++)
		if (room->of[t] > 0)
			return true;
	return room->of[LSA_CONNECTOR_LARGE] > 0 ||
	       room->of[LSA_CONNECTOR_LARGE_SCHEDULE] > 0;
}

static size_t
fixed_server(const struct lsa_room *r)
{
	return fixed_of(1, sizeof(struct lsa_server)) +
	       fixed_of(r->of[LSA_SERVER_SMTP], sizeof(struct addr)) +
	       fixed_of(r->of[LSA_SERVER_PEER], sizeof(struct addr)) +
	       ((size_t)r->of[LSA_SERVER_NEIGHBOUR] +
		   r->of[LSA_SERVER_MAIL_UP] + r->of[LSA_SERVER_MAIL_DOWN]) *
	           sizeof(char *);
}

size_t
lsa_room_drains(const struct lsa_room *r)
{
	return (size_t)r->of[LSA_CONNECTOR_DRAINED] +
	       r->of[LSA_CONNECTOR_DRAINED_TO];
}

static size_t
fixed_connector(const struct lsa_room *r)
{
	return fixed_of(1, sizeof(struct lsa_connector)) +
	       fixed_of(lsa_room_policy(r), sizeof(struct policy)) +
	       fixed_of(r->of[LSA_CONNECTOR_BRIDGEHEAD],
		   sizeof(struct lsa_bridgehead)) +
	       fixed_of(lsa_room_drains(r), sizeof(struct lsa_drain)) +
	       ((size_t)r->of[LSA_CONNECTOR_ALLOW] +
		   r->of[LSA_CONNECTOR_DENY]) *
	           sizeof(char *);
}

/*
 * A text with a NUL behind it is left where it is: the next TLV's type begins
 * with one. Copied is what stands last, or before a TLV of a later version, of
 * which the first octet may be another; behind that there is no text.
 */
void
lsa_room_count(uint8_t type, struct cur body, struct lsa_room *out)
{
	size_t last = 0;

	memset(out, 0, sizeof(*out));
	if (lsa_is_list(type))
		out->fixed_len = fixed_of(1, sizeof(struct lsa_list));
	if (type != LSA_SERVER && type != LSA_CONNECTOR)
		return;
	while (body.left > 0 && body.p[0] == 0) {
		uint16_t tlv = cur_u16(&body), len = cur_u16(&body);

		cur_bytes(&body, len);
		if (body.bad)
			break;
		last = len;
		if (tlv < ROOM_TYPES)
			out->of[tlv]++;
	}
	out->text_len = last + 1;
	out->fixed_len =
	    type == LSA_SERVER ? fixed_server(out) : fixed_connector(out);
}

void *
lsa_room_take(struct lsa_room *room, size_t n, size_t each)
{
	void *p = room->fixed;
	size_t octets = fixed_of(n, each);

	CHECK(octets <= room->fixed_len);
	room->fixed += octets;
	room->fixed_len -= octets;
	return n == 0 ? NULL : p;
}
