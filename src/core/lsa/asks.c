#include "core/lsa/asks.h"

#include <stdbool.h>
#include <string.h>

#include "base/rc.h"

static const struct {
	const char *word;
	bool may, must; /* something follows */
} kinds[] = {
	[ASKS_SMTP] = { "smtp", false, false },
	[ASKS_LMTP] = { "lmtp", true, false },
	[ASKS_TCP] = { "tcp", true, true },
	[ASKS_NONE] = { "none", false, false },
	[ASKS_COMMAND] = { "command", true, true },
};

bool
asks_is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return n > 0 && n <= ASKS_NAME_MAX && name[n] == '\0' &&
	       name[0] != '-' && name[0] != '_';
}

/* An address; or the name of a command. */
static bool
asks_follows(struct asks *out, const char *text)
{
	if (out->kind != ASKS_COMMAND)
		return addr_read(&out->at, text) && addr_is_hop(&out->at, true);
	if (!asks_is_name(text))
		return false;
	memcpy(out->name, text, strlen(text) + 1);
	return true;
}

const char *
asks_word(enum asks_kind kind)
{
	return kinds[kind].word;
}

int
asks_read(struct asks *out, const char *text)
{
	*out = (struct asks){ .kind = ASKS_SMTP };
	if (text == NULL)
		return RC_OK;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].word);

		if (strncmp(text, kinds[i].word, n) != 0)
			continue;
		out->kind = (enum asks_kind)i;
		if (text[n] == '\0' && !kinds[i].must)
			return RC_OK;
		if (text[n] == ' ' && kinds[i].may &&
		    asks_follows(out, text + n + 1))
			return RC_OK;
	}
	return RC_FORMAT;
}
