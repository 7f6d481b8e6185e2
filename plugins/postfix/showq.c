#include "plugins/postfix/showq.h"

#include <string.h>

#include "base/rc.h"
#include "base/str.h"

#define PROTOCOL "mail_queue_list_protocol"

/* More than any address; a longer value is a reason, and of no use. */
#define VALUE_MAX 512

struct state {
	char name[32];
	char value[VALUE_MAX + 1];
	size_t n;      /* octets so far of what comes in */
	bool in_value; /* else a name */
	bool known;    /* the protocol was named */
	bool bad;
	bool deferred, held; /* by hand: it waits for nobody */
	uint64_t came;
	char id[64];
};

static void
keep(char *to, size_t room, const char *from)
{
	size_t n = strlen(from);

	if (n >= room)
		n = 0;
	memcpy(to, from, n);
	to[n] = '\0';
}

/* Seconds since 1970; 0 for what is no number. */
static uint64_t
seconds(const char *text)
{
	uint64_t v = 0;

	for (; *text >= '0' && *text <= '9' && v < UINT32_MAX; text++)
		v = v * 10 + (uint64_t)(*text - '0');
	return *text == '\0' ? v : 0;
}

static void
recipient(struct state *s, plugin_found *found, void *ctx)
{
	struct plugin_queued one = { s->id, s->value, s->came, s->deferred };

	if (s->held || s->id[0] == '\0')
		return;
	str_lower(s->value);
	found(ctx, &one);
}

static void
end_of_value(struct state *s, plugin_found *found, void *ctx)
{
	if (strcmp(s->name, "protocol") == 0) {
		s->known = strcmp(s->value, PROTOCOL) == 0;
	} else if (strcmp(s->name, "queue_name") == 0) {
		s->deferred = strcmp(s->value, "deferred") == 0;
		s->held = strcmp(s->value, "hold") == 0;
		s->id[0] = '\0';
		s->came = 0;
	} else if (strcmp(s->name, "queue_id") == 0) {
		keep(s->id, sizeof(s->id), s->value);
	} else if (strcmp(s->name, "time") == 0) {
		s->came = seconds(s->value);
	} else if (strcmp(s->name, "recipient") == 0) {
		recipient(s, found, ctx);
	}
	s->bad = !s->known;
}

static void
end_of_name(struct state *s)
{
	s->in_value = s->name[0] != '\0';
	if (!s->in_value)
		s->id[0] = '\0';
}

/* What is too long is kept as nothing. */
static void
end_of_text(struct state *s, plugin_found *found, void *ctx)
{
	size_t room = s->in_value ? sizeof(s->value) : sizeof(s->name);
	char *text = s->in_value ? s->value : s->name;

	text[s->n < room ? s->n : 0] = '\0';
	if (!s->in_value && s->n >= room)
		memcpy(text, "?", 2);
	s->n = 0;
	if (!s->in_value) {
		end_of_name(s);
		return;
	}
	s->in_value = false;
	end_of_value(s, found, ctx);
}

static int
showq_feed(void *state, const uint8_t *octets, size_t n, plugin_found *found,
    void *ctx)
{
	struct state *s = state;

	for (size_t i = 0; i < n && !s->bad; i++) {
		size_t room = s->in_value ? VALUE_MAX : sizeof(s->name) - 1;
		char *text = s->in_value ? s->value : s->name;

		if (octets[i] == '\0') {
			end_of_text(s, found, ctx);
			continue;
		}
		if (s->n < room)
			text[s->n] = (char)octets[i];
		if (s->n <= room)
			s->n++;
	}
	return s->bad ? RC_FORMAT : RC_OK;
}

static void
put_attribute(struct buf *out, const char *name, const char *value)
{
	buf_bytes(out, name, strlen(name) + 1);
	buf_bytes(out, value, strlen(value) + 1);
}

static void
showq_put_one(struct buf *out, const char *id)
{
	put_attribute(out, "request", "send_file");
	put_attribute(out, "queue_id", id);
	buf_u8(out, 0);
}

/* As mail_flush_deferred(): forget who is dead, forget the times, look. */
static void
showq_put_all(struct buf *out)
{
	buf_text(out, "FADI");
}

const struct plugin_queue showq_postfix = {
	.name = "postfix",
	.list = "public/showq",
	.one = "public/flush",
	.all = "public/qmgr",
	.state_size = sizeof(struct state),
	.feed = showq_feed,
	.put_one = showq_put_one,
	.put_all = showq_put_all,
};
