#include "core/lsa/crypto.h"

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"

static bool
any_covers(char *const *claim, size_t n, const char *pattern)
{
	for (size_t i = 0; i < n; i++)
		if (str_covers(claim[i], pattern))
			return true;
	return false;
}

bool
claims_space(const struct claims *claims, const char *pattern)
{
	return any_covers(claims->spaces, claims->nspaces, pattern);
}

bool
claims_relay(const struct claims *claims, const char *pattern)
{
	return any_covers(claims->relays, claims->nrelays, pattern);
}

bool
claims_connector(const struct claims *claims, const char *group)
{
	for (size_t i = 0; i < claims->nconnectors; i++)
		if (strcmp(claims->connectors[i], "*") == 0 ||
		    strcmp(claims->connectors[i], group) == 0)
			return true;
	return false;
}

static void
claims_text_put(struct buf *out, const char *text)
{
	buf_u16(out, (uint16_t)strlen(text));
	buf_text(out, text);
}

static void
claims_texts_put(struct buf *out, char *const *texts, size_t n)
{
	buf_u16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		claims_text_put(out, texts[i]);
}

void
claims_encode(struct buf *out, const struct claims *c)
{
	claims_text_put(out, c->name);
	claims_text_put(out, c->group);
	buf_bytes(out, c->public_key, sizeof(c->public_key));
	buf_bytes(out, c->key, sizeof(c->key));
	buf_u64(out, (uint64_t)c->not_before);
	buf_u64(out, (uint64_t)c->not_after);
	claims_texts_put(out, c->spaces, c->nspaces);
	claims_texts_put(out, c->relays, c->nrelays);
	claims_texts_put(out, c->connectors, c->nconnectors);
}

static bool
is_group_or_any(const char *s)
{
	return strcmp(s, "*") == 0 || str_is_word(s);
}

/* NULL, and `bad`: it is not of the grammar. */
static char *
claims_text_get(struct cur *in, bool (*form)(const char *s))
{
	struct cur one = cur_sub(in, cur_u16(in));
	char *text = in->bad ? NULL : mem_dup(one.p, one.left);

	if (text != NULL && strlen(text) == one.left && form(text))
		return text;
	mem_free(text);
	in->bad = true;
	return NULL;
}

static char **
claims_texts(struct cur *in, bool (*form)(const char *s), size_t *n)
{
	size_t said = cur_u16(in);
	char **texts = NULL;

	*n = 0;
	if (in->bad || said > in->left / 2)
		in->bad = true;
	else
		texts = mem_new(0, said, sizeof(*texts));
	while (!in->bad && *n < said) {
		texts[*n] = claims_text_get(in, form);
		*n += !in->bad;
	}
	return texts;
}

static void
claims_octets(struct cur *in, uint8_t *to, size_t n)
{
	const uint8_t *p = cur_bytes(in, n);

	if (p != NULL)
		memcpy(to, p, n);
}

int
claims_decode(struct cur *in, struct claims **out)
{
	struct claims *c = mem_new(sizeof(*c), 0, 0);

	c->name = claims_text_get(in, str_is_host);
	c->group = claims_text_get(in, str_is_word);
	claims_octets(in, c->public_key, sizeof(c->public_key));
	claims_octets(in, c->key, sizeof(c->key));
	c->not_before = (int64_t)cur_u64(in);
	c->not_after = (int64_t)cur_u64(in);
	c->spaces = claims_texts(in, str_is_pattern, &c->nspaces);
	c->relays = claims_texts(in, str_is_pattern, &c->nrelays);
	c->connectors = claims_texts(in, is_group_or_any, &c->nconnectors);
	*out = in->bad ? NULL : c;
	if (in->bad)
		claims_free(c);
	return in->bad ? RC_FORMAT : RC_OK;
}

void
claims_free(struct claims *claims)
{
	if (claims == NULL)
		return;
	for (size_t i = 0; i < claims->nspaces; i++)
		mem_free(claims->spaces[i]);
	for (size_t i = 0; i < claims->nrelays; i++)
		mem_free(claims->relays[i]);
	for (size_t i = 0; i < claims->nconnectors; i++)
		mem_free(claims->connectors[i]);
	mem_free(claims->connectors);
	mem_free(claims->spaces);
	mem_free(claims->relays);
	mem_free(claims->name);
	mem_free(claims->group);
	mem_free(claims);
}
