#include "cfg/conf.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "cfg/schema.h"
#include "cfg/setting.h"

static void
quoted(struct buf *out, const char *text)
{
	buf_u8(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_u8(out, '\\');
		buf_u8(out, (uint8_t)*text);
	}
	buf_u8(out, '"');
}

static void
conf_address(struct buf *out, const struct addr *addr)
{
	char text[ADDR_TEXT];

	quoted(out, addr_text(addr, text));
}

static void
list_dump(struct buf *out, const struct schema *option, const void *base)
{
	const struct addr *addrs;
	char *const *texts;
	size_t n;

	memcpy(&n, (const char *)base + option->n_at, sizeof(n));
	memcpy(&addrs, (const char *)base + option->at, sizeof(addrs));
	memcpy(&texts, (const char *)base + option->at, sizeof(texts));
	if (option->type == SCHEMA_FOUR)
		addrs = (const void *)((const char *)base + option->at);
	buf_text(out, "{");
	for (size_t i = 0; i < n; i++) {
		buf_text(out, i == 0 ? " " : ", ");
		if (option->type == SCHEMA_SENDERS)
			quoted(out, texts[i]);
		else
			conf_address(out, &addrs[i]);
	}
	buf_text(out, n == 0 ? "}" : " }");
}

static void
priorities_dump(struct buf *out, uint8_t set)
{
	static const char *const words[] = { "urgent", "normal", "non-urgent" };
	const char *comma = " ";

	buf_text(out, "{");
	for (size_t i = 0; i < 3; i++) {
		if ((set & 1u << i) == 0)
			continue;
		buf_printf(out, "%s%s", comma, words[i]);
		comma = ", ";
	}
	buf_text(out, " }");
}

static void
number_dump(struct buf *out, const struct schema *option, const void *field)
{
	uint64_t large = 0;
	uint32_t small = 0;

	if (option->type == SCHEMA_SIZE)
		memcpy(&large, field, sizeof(large));
	else
		memcpy(&small, field, sizeof(small));
	if (option->type == SCHEMA_SIZE)
		setting_size(out, large);
	else if (option->type == SCHEMA_DURATION)
		setting_duration(out, small);
	else if (option->type == SCHEMA_PERCENT)
		buf_printf(out, "%" PRIu32 "%%", small);
	else
		buf_printf(out, "%" PRIu32, small);
}

static void
word_dump(struct buf *out, const struct schema *option, const void *field)
{
	bool flag;
	int i;

	if (option->type == SCHEMA_CHOICE) {
		memcpy(&i, field, sizeof(i));
		buf_text(out, option->words[i]);
		return;
	}
	memcpy(&flag, field, sizeof(flag));
	if (option->type == SCHEMA_ANY)
		buf_text(out, "any");
	else if (option->type == SCHEMA_FLAG)
		buf_text(out, option->words[flag]);
	else
		buf_text(out, flag ? "yes" : "no");
}

static void
string_dump(struct buf *out, const struct schema *option, const void *field)
{
	const char *text;

	memcpy(&text, field, sizeof(text));
	if (text == NULL && option->type == SCHEMA_WAY)
		buf_text(out, "here");
	else
		quoted(out, text);
}

/* True if there is nothing to write: NULL, none, no limit. */
static bool
is_unset(const struct schema *option, const void *field)
{
	const void *p;
	uint64_t size;

	switch (option->type) {
	case SCHEMA_TEXT:
	case SCHEMA_HOST:
	case SCHEMA_WORD:
	case SCHEMA_USER:
	case SCHEMA_PATH:
	case SCHEMA_TRANSPORT:
	case SCHEMA_BY:
	case SCHEMA_ASKS:
	case SCHEMA_SCHEDULE:
		memcpy(&p, field, sizeof(p));
		return p == NULL;
	case SCHEMA_SIZE:
		memcpy(&size, field, sizeof(size));
		return size == 0;
	case SCHEMA_POSITION:
		return ((const struct lsa_position *)field)->n == 0;
	case SCHEMA_PRIORITIES:
	case SCHEMA_ADDRESS:
	case SCHEMA_PROBE:
		return *(const uint8_t *)field == 0;
	case SCHEMA_ANY:
		return !*(const bool *)field;
	case SCHEMA_WAY:
	case SCHEMA_DURATION:
	case SCHEMA_INTEGER:
	case SCHEMA_PERCENT:
	case SCHEMA_BOOLEAN:
	case SCHEMA_CHOICE:
	case SCHEMA_FLAG:
	case SCHEMA_ADDRESSES:
	case SCHEMA_FOUR:
	case SCHEMA_SENDERS:
	case SCHEMA_INCLUDE:
	default:
		return false;
	}
}

static void
position_dump(struct buf *out, const struct lsa_position *position)
{
	buf_text(out, "{ ");
	lsa_position_text(out, position->at[0]);
	buf_text(out, ", ");
	lsa_position_text(out, position->at[1]);
	buf_text(out, " }");
}

static void
one_dump(struct buf *out, const struct schema *option, const void *base)
{
	const void *field = (const char *)base + option->at;

	if (option->type == SCHEMA_PRIORITIES)
		priorities_dump(out, *(const uint8_t *)field);
	else if (option->type == SCHEMA_POSITION)
		position_dump(out, field);
	else if (schema_is_list(option))
		list_dump(out, option, base);
	else if (option->type == SCHEMA_ADDRESS || option->type == SCHEMA_PROBE)
		conf_address(out, field);
	else if (option->type == SCHEMA_BOOLEAN ||
		 option->type == SCHEMA_CHOICE || option->type == SCHEMA_FLAG ||
		 option->type == SCHEMA_ANY)
		word_dump(out, option, field);
	else if (option->type == SCHEMA_DURATION ||
		 option->type == SCHEMA_SIZE ||
		 option->type == SCHEMA_INTEGER ||
		 option->type == SCHEMA_PERCENT)
		number_dump(out, option, field);
	else
		string_dump(out, option, field);
}

static void
section_dump(
    struct buf *out, const char *section, const void *base, const char *indent)
{
	for (const struct schema *s = schema_options; s->name != NULL; s++) {
		if (strcmp(s->section, section) != 0 || s->at == SCHEMA_NOWHERE)
			continue;
		if (is_unset(s, (const char *)base + s->at))
			continue;
		buf_printf(out, "%s%s = ", indent, s->name);
		one_dump(out, s, base);
		buf_u8(out, '\n');
	}
}

/* What only whoever is found has of it; each of the others says its own. */
static void
every_dump(struct buf *out, const struct setup_bridgehead *every)
{
	buf_text(out, "\tpeer = ");
	one_dump(out, schema_find("bridgehead", "peer"), every);
	buf_text(out, "\n\tcost = ");
	one_dump(out, schema_find("bridgehead", "cost"), every);
	buf_u8(out, '\n');
}

static void
connector_dump(struct buf *out, const struct setup_connector *c)
{
	buf_printf(out, "\nconnector \"%s\" {\n", c->name);
	section_dump(out, "connector", c, "\t");
	if (c->any)
		every_dump(out, &c->every);
	for (size_t i = 0; i < c->nbridgeheads; i++) {
		buf_printf(
		    out, "\tbridgehead \"%s\" {\n", c->bridgeheads[i].name);
		section_dump(out, "bridgehead", &c->bridgeheads[i], "\t\t");
		buf_text(out, "\t}\n");
	}
	buf_text(out, "}\n");
}

static void
space_dump(struct buf *out, const struct conf *conf, size_t i)
{
	buf_printf(
	    out, "\naddress-space \"%s\" {\n", conf->setup.spaces[i].pattern);
	section_dump(out, "address-space", &conf->setup.spaces[i], "\t");
	for (size_t k = 0; k < conf->nlookups; k++)
		if (conf->lookups[k].space == i)
			buf_text(out, "\tprobe = yes\n");
	buf_text(out, "}\n");
}

void
conf_dump(struct buf *out, const struct conf *conf)
{
	const struct setup *s = &conf->setup;

	section_dump(out, "", conf, "");
	for (size_t i = 0; i < s->npeers; i++) {
		buf_printf(out, "\npeer \"%s\" {\n", s->peers[i].name);
		section_dump(out, "peer", &s->peers[i], "\t");
		buf_text(out, "}\n");
	}
	for (size_t i = 0; i < s->nconnectors; i++)
		connector_dump(out, &s->connectors[i]);
	for (size_t i = 0; i < s->nspaces; i++)
		if (!s->spaces[i].listed)
			space_dump(out, conf, i);
}

void
conf_dump_list(struct buf *out, const struct conf *conf)
{
	const struct setup *s = &conf->setup;

	for (size_t i = 0; i < s->nspaces; i++)
		if (s->spaces[i].listed) {
			buf_text(out, s->spaces[i].pattern);
			buf_u8(out, '\n');
		}
}

static void
texts_free(const struct schema *option, void *base)
{
	char **texts;
	size_t n;

	memcpy(&texts, (char *)base + option->at, sizeof(texts));
	memcpy(&n, (char *)base + option->n_at, sizeof(n));
	for (size_t i = 0; i < n; i++)
		mem_free(texts[i]);
	mem_free(texts);
}

/* The strings and arrays of a section's struct. */
static void
section_free(const char *section, void *base)
{
	for (const struct schema *s = schema_options; s->name != NULL; s++) {
		void *p;

		if (strcmp(s->section, section) != 0 || s->at == SCHEMA_NOWHERE)
			continue;
		if (s->type == SCHEMA_SENDERS) {
			texts_free(s, base);
		} else if (s->type <= SCHEMA_SCHEDULE ||
			   s->type == SCHEMA_ADDRESSES) {
			memcpy(&p, (char *)base + s->at, sizeof(p));
			mem_free(p);
		}
	}
}

static void
setup_free(struct setup *s)
{
	for (size_t i = 0; i < s->npeers; i++) {
		section_free("peer", &s->peers[i]);
		mem_free(s->peers[i].name);
	}
	for (size_t i = 0; i < s->nconnectors; i++) {
		struct setup_connector *c = &s->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++) {
			section_free("bridgehead", &c->bridgeheads[k]);
			mem_free(c->bridgeheads[k].name);
		}
		mem_free(c->bridgeheads);
		section_free("connector", c);
		mem_free(c->name);
	}
	for (size_t i = 0; i < s->nspaces; i++) {
		section_free("address-space", &s->spaces[i]);
		mem_free(s->spaces[i].pattern);
	}
	mem_free(s->peers);
	mem_free(s->connectors);
	mem_free(s->spaces);
	mem_free(s->cert.now);
	mem_free(s->cert.previous);
	claims_free(s->claims);
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	setup_free(&conf->setup);
	section_free("", conf);
	mem_free(conf->exim_tables);
	for (size_t i = 0; i < conf->nlookups; i++)
		mem_free(conf->lookups[i].host);
	mem_free(conf->lookups);
	mem_free(conf);
}
