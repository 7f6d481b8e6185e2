#include "plugins/postfix/showq.h"

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "idn/labels.h"
#include "plugins/postfix/facts.h"

#define PROTOCOL "mail_queue_list_protocol"

/* More than any address; of a reason the beginning tells. */
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
	char to[VALUE_MAX + 1]; /* its reason is yet to come; empty: none */
	bool answered;
};

static void
showq_keep(char *to, size_t room, const char *from)
{
	size_t n = strlen(from);

	if (n >= room)
		n = 0;
	memcpy(to, from, n);
	to[n] = '\0';
}

/* Postfix keeps the domain in the spelling that it came in. */
static void
keep_recipient(struct state *s)
{
	char *spelt = labels_to_a(s->value);

	showq_keep(s->to, sizeof(s->to), spelt);
	mem_free(spelt);
}

/* Seconds since 1970; 0 for what is no number. */
static uint64_t
showq_seconds(const char *text)
{
	uint64_t v = 0;

	for (; *text >= '0' && *text <= '9' && v < UINT32_MAX; text++)
		v = v * 10 + (uint64_t)(*text - '0');
	return *text == '\0' ? v : 0;
}

/*
 * `host HOP[IP] said: 452 ...`, in Postfix's own words, is the hop's answer
 * for this recipient or message; `421` says that it has no time for anybody.
 * So is what the filter of refused routes has judged.
 */
static bool
is_answer(const char *reason)
{
	static const char host[] = "host ", said[] = " said: ", busy[] = "421",
			  route[] = "route refused: ";

	if (strncmp(reason, route, strlen(route)) == 0)
		return true;
	if (strncmp(reason, host, strlen(host)) != 0)
		return false;
	reason += strlen(host);
	reason += strcspn(reason, " ");
	return strncmp(reason, said, strlen(said)) == 0 &&
	       strncmp(reason + strlen(said), busy, strlen(busy)) != 0;
}

/* The recipient before, whose reason is known now. */
static void
showq_give(struct state *s, plugin_found *found, void *ctx)
{
	struct plugin_queued one = { .id = s->id,
		.recipient = s->to,
		.came = s->came,
		.deferred = s->deferred,
		.answered = s->deferred && s->answered };

	if (s->to[0] != '\0' && !s->held && s->id[0] != '\0')
		found(ctx, &one);
	s->to[0] = '\0';
	s->answered = false;
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
		showq_keep(s->id, sizeof(s->id), s->value);
	} else if (strcmp(s->name, "time") == 0) {
		s->came = showq_seconds(s->value);
	} else if (strcmp(s->name, "recipient") == 0) {
		showq_give(s, found, ctx);
		keep_recipient(s);
	} else if (strcmp(s->name, "reason") == 0) {
		s->answered = is_answer(s->value);
	}
	s->bad = !s->known;
}

static void
end_of_name(struct state *s, plugin_found *found, void *ctx)
{
	s->in_value = s->name[0] != '\0';
	if (s->in_value)
		return;
	showq_give(s, found, ctx);
	s->id[0] = '\0';
}

/* A value that is too long is kept as nothing, but for a reason. */
static void
end_of_text(struct state *s, plugin_found *found, void *ctx)
{
	size_t room = s->in_value ? sizeof(s->value) : sizeof(s->name);
	char *text = s->in_value ? s->value : s->name;

	if (s->in_value && s->n == room && strcmp(s->name, "reason") == 0)
		s->n--;
	text[s->n < room ? s->n : 0] = '\0';
	if (!s->in_value && s->n >= room)
		memcpy(text, "?", 2);
	s->n = 0;
	if (!s->in_value) {
		end_of_name(s, found, ctx);
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
	.look = facts_look,
	.feed = showq_feed,
	.put_one = showq_put_one,
	.put_all = showq_put_all,
};
