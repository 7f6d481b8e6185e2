#include "io/ctl_said.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wall.h"

#define SAID_VALUE 200
#define SAID_WORDS 12
#define LOGIN_LETTERS                                                          \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-"

static void
said_put(
    struct buf *out, const char *key, size_t nkey, const char *value, size_t n)
{
	buf_printf(out, ", %.*s=\"%.*s\"", (int)nkey, key,
	    (int)(n < SAID_VALUE ? n : SAID_VALUE), value);
}

static void
until_put(struct buf *out, uint64_t at)
{
	char text[WALL_TEXT];

	wall_text(at, text);
	said_put(out, "until", strlen("until"), text, strlen(text));
}

static bool
said_key(const char *word, size_t n, const char *key)
{
	return n == strlen(key) && memcmp(word, key, n) == 0;
}

/* A word of the request; what follows it. */
static const char *
word_said(struct buf *out, const char *word, uint64_t now)
{
	size_t key = strspn(word, "abcdefghijklmnopqrstuvwxyz"), n;
	const char *value = word + key + 1;

	if (word[key] != '=' || key == 0)
		return word + strcspn(word, " ");
	n = said_key(word, key, "reason") ? strlen(value) : strcspn(value, " ");
	if (said_key(word, key, "for"))
		until_put(out, now + strtoul(value, NULL, 10));
	else if (said_key(word, key, "until"))
		until_put(out, strtoull(value, NULL, 10));
	else if (!said_key(word, key, "by"))
		said_put(out, word, key, value, n);
	return value + n;
}

void
ctl_said(struct buf *out, const char *line, uint64_t now)
{
	const char *p = line + strcspn(line, " ");

	for (int i = 0; str_is_free(line) && *p != '\0' && i < SAID_WORDS; i++)
		p = word_said(out, p + 1, now);
	buf_u8(out, 0);
}

void
ctl_said_by(const char *line, char *out, size_t room)
{
	const char *at = strstr(line, " by=");
	size_t n = at == NULL ? 0 : strcspn(at + 4, " ");

	if (n < room && n > 0 && strspn(at + 4, LOGIN_LETTERS) == n)
		memcpy(out, at + 4, n);
}

const char *
ctl_said_who(unsigned uid, const char *login, char out[CTL_SAID_WHO])
{
	snprintf(out, CTL_SAID_WHO, "uid=%u%s%s", uid,
	    login[0] != '\0' ? ", login=" : "", login);
	return out;
}
