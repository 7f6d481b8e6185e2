#include "ctl/import/orginfo.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DEEP 16
#define TEXT_LONGEST 65536
#define CONFIG_TEXTS 4

enum part { PART_END, PART_OPEN, PART_SHUT, PART_TEXT, PART_WORD };

struct orginfo_reader {
	struct orginfo *info;
	const char *p, *end;
	enum part part;
	char *text; /* of a text or a word; the reader's */
};

/* What is written for what no terminal shows. */
static bool
is_gap(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

static unsigned
orginfo_line(const struct orginfo_reader *r, const char *begin)
{
	unsigned line = 1;

	for (; begin < r->p; begin++)
		line += *begin == '\n';
	return line;
}

static void
orginfo_fault(struct orginfo_reader *r, const char *why)
{
	if (r->info->fault == NULL)
		r->info->fault = why;
	r->part = PART_END;
	r->p = r->end;
}

/* {LENGTH}TEXT */
static void
length_next(struct orginfo_reader *r)
{
	const char *shut = memchr(r->p, '}', (size_t)(r->end - r->p));
	size_t n = 0;

	for (r->p++; shut != NULL && r->p < shut; r->p++) {
		char c = *r->p;
		unsigned digit =
		    c >= '0' && c <= '9'   ? (unsigned)(c - '0')
		    : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
		    : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
					   : 16;

		n = n * 16 + digit;
		if (digit == 16 || n > TEXT_LONGEST)
			shut = NULL;
	}
	if (shut == NULL) {
		orginfo_fault(r, "a length that is none");
		return;
	}
	r->p = shut + 1;
	if ((size_t)(r->end - r->p) < n) {
		orginfo_fault(r, "it ends in the middle of a text");
		return;
	}
	r->text = mem_dup(r->p, n);
	r->p += n;
	r->part = PART_TEXT;
}

static void
part_next(struct orginfo_reader *r)
{
	const char *from;

	mem_free(r->text);
	r->text = NULL;
	while (r->p < r->end && is_gap(*r->p))
		r->p++;
	if (r->p == r->end) {
		r->part = PART_END;
	} else if (*r->p == '{') {
		length_next(r);
	} else if (*r->p == '(' || *r->p == ')') {
		r->part = *r->p++ == '(' ? PART_OPEN : PART_SHUT;
	} else {
		from = r->p;
		while (r->p < r->end && !is_gap(*r->p) &&
		       strchr("(){", *r->p) == NULL)
			r->p++;
		r->text = mem_dup(from, (size_t)(r->p - from));
		r->part = PART_WORD;
	}
}

static bool
is_hexadecimal(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

bool
orginfo_guid(const char *text, char out[ORGINFO_GUID])
{
	size_t n = 0;

	for (; *text != '\0' && n < ORGINFO_GUID - 1; text++) {
		if (is_hexadecimal(*text))
			out[n++] = *text >= 'A' && *text <= 'F'
			               ? (char)(*text - 'A' + 'a')
			               : *text;
		else if (*text != '-' || n == 0)
			n = 0;
	}
	out[n] = '\0';
	return n == ORGINFO_GUID - 1 && !is_hexadecimal(*text);
}

static bool
part_is(const struct orginfo_reader *r, const char *word)
{
	return r->part == PART_WORD && strcmp(r->text, word) == 0;
}

/* A word that is a GUID and nothing else. */
static bool
part_guid(const struct orginfo_reader *r, char out[ORGINFO_GUID])
{
	return r->part == PART_WORD && strlen(r->text) == ORGINFO_GUID - 1 &&
	       orginfo_guid(r->text, out);
}

/* Behind the list that opens here. */
static void
part_pass(struct orginfo_reader *r)
{
	unsigned deep = 0;

	do {
		if (r->part == PART_OPEN)
			deep++;
		if (r->part == PART_SHUT)
			deep--;
		if (r->part == PART_END)
			orginfo_fault(r, "it ends in the middle of a list");
		else
			part_next(r);
	} while (deep > 0 && r->part != PART_END);
}

/* Each host of a list that opens here; they begin with a GUID each. */
struct hosts_list {
	struct orginfo_host *v;
	size_t n, room;
};

static void
host_list(struct orginfo_reader *r, const char *good, struct hosts_list *out)
{
	struct orginfo_host *last = NULL;

	if (r->part != PART_OPEN)
		return;
	for (part_next(r); r->part != PART_SHUT && r->part != PART_END;) {
		struct orginfo_host host = { "", false, NULL };

		if (part_guid(r, host.guid)) {
			vec_push(out, host);
			last = &out->v[out->n - 1];
		} else if (last != NULL && part_is(r, good)) {
			last->up = true;
		} else if (last != NULL && r->part == PART_TEXT &&
			   last->name == NULL) {
			last->name = mem_str(r->text);
		}
		if (r->part == PART_OPEN)
			part_pass(r);
		else
			part_next(r);
	}
	if (r->part == PART_END)
		orginfo_fault(r, "it ends in the middle of a list");
	else
		part_next(r);
}

/* {n}TYPE {n}ADDRESS COST and the like, of a list that opens here. */
static void
arrow_list(struct orginfo_reader *r, struct orginfo_connector *c)
{
	struct orginfo_arrow arrow = { NULL, NULL, 0 };

	if (r->part != PART_OPEN)
		return;
	for (part_next(r); r->part != PART_SHUT && r->part != PART_END;
	     part_next(r)) {
		if (r->part == PART_TEXT && arrow.type == NULL) {
			arrow.type = mem_str(r->text);
		} else if (r->part == PART_TEXT && arrow.address == NULL) {
			arrow.address = mem_str(r->text);
		} else if (r->part == PART_WORD && arrow.address != NULL) {
			arrow.cost = strtoul(r->text, NULL, 10);
			vec_push(&c->arrows, arrow);
			arrow = (struct orginfo_arrow){ NULL, NULL, 0 };
		}
	}
	mem_free(arrow.type);
	mem_free(arrow.address);
	if (r->part == PART_END)
		orginfo_fault(r, "it ends in the middle of a list");
	else
		part_next(r);
}

static void
hosts_put(struct orginfo_connector *c, bool sources, struct hosts_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (sources)
			vec_push(&c->sources, list->v[i]);
		else
			vec_push(&c->targets, list->v[i]);
	vec_done(list);
}

/* What stands behind CONFIG: the first texts, the fourth of which is a DN. */
static void
config_text(
    struct orginfo_reader *r, struct orginfo_connector *c, unsigned *texts)
{
	if (*texts == 0)
		c->type = mem_str(r->text);
	else if (*texts == CONFIG_TEXTS - 1)
		c->dn = mem_str(r->text);
	++*texts;
	part_next(r);
}

/* ( {n}NAME ... ), of a list that opens here: whom it admits or refuses. */
static void
limit_list(struct orginfo_reader *r, struct orginfo_connector *c)
{
	for (part_next(r); r->part != PART_SHUT && r->part != PART_END;) {
		if (r->part == PART_OPEN) {
			part_pass(r);
			continue;
		}
		if (r->part == PART_TEXT && c->nrestricted++ == 0)
			c->restricted = mem_str(r->text);
		part_next(r);
	}
	if (r->part == PART_END)
		orginfo_fault(r, "it ends in the middle of a list");
	else
		part_next(r);
}

/* Of a list that opens here: ( CONFIG ... STATE UP ). */
static void
connector_read_parts(struct orginfo_reader *r, struct orginfo_connector *c)
{
	unsigned texts = 0;

	for (part_next(r); r->part != PART_SHUT && r->part != PART_END;) {
		struct hosts_list hosts = { NULL, 0, 0 };
		bool sources = part_is(r, "BH");

		if (part_is(r, "ARROWS")) {
			part_next(r);
			arrow_list(r, c);
		} else if (sources || part_is(r, "TARGBH")) {
			part_next(r);
			host_list(r, "CONN_AVAIL", &hosts);
			hosts_put(c, sources, &hosts);
		} else if (part_is(r, "STATE")) {
			part_next(r);
			c->up = part_is(r, "UP");
			if (r->part == PART_WORD)
				part_next(r);
		} else if (r->part == PART_TEXT && texts < CONFIG_TEXTS) {
			config_text(r, c, &texts);
		} else if (r->part == PART_OPEN && texts == CONFIG_TEXTS &&
			   c->arrows.n == 0) {
			limit_list(r, c);
		} else if (r->part == PART_OPEN) {
			part_pass(r);
		} else {
			part_next(r);
		}
	}
	if (r->part == PART_END)
		orginfo_fault(r, "it ends in the middle of a connector");
	else
		part_next(r);
}

static void
orginfo_connector_done(struct orginfo_connector *c)
{
	for (size_t i = 0; i < c->arrows.n; i++) {
		mem_free(c->arrows.v[i].type);
		mem_free(c->arrows.v[i].address);
	}
	for (size_t i = 0; i < c->sources.n; i++)
		mem_free(c->sources.v[i].name);
	for (size_t i = 0; i < c->targets.n; i++)
		mem_free(c->targets.v[i].name);
	vec_done(&c->arrows);
	vec_done(&c->sources);
	vec_done(&c->targets);
	mem_free(c->type);
	mem_free(c->dn);
	mem_free(c->restricted);
}

/* GUID ( ... ) of each, of a list that opens here. */
static void
connector_list(
    struct orginfo_reader *r, struct orginfo_group *group, const char *begin)
{
	for (part_next(r); r->part != PART_SHUT && r->part != PART_END;) {
		struct orginfo_connector c = { .line = orginfo_line(r, begin) };
		bool is = part_guid(r, c.guid);

		if (!is && r->part == PART_OPEN) {
			part_pass(r);
			continue;
		}
		part_next(r);
		if (!is || r->part != PART_OPEN)
			continue;
		connector_read_parts(r, &c);
		if (r->info->fault == NULL)
			vec_push(&group->connectors, c);
		else
			orginfo_connector_done(&c);
	}
	if (r->part == PART_END)
		orginfo_fault(r, "it ends in the middle of a routing group");
	else
		part_next(r);
}

/* From its GUID to behind its second list. */
static void
group_read(struct orginfo_reader *r, const char *begin)
{
	struct orginfo_group group = { .line = orginfo_line(r, begin) };
	struct hosts_list members = { NULL, 0, 0 };

	(void)part_guid(r, group.guid);
	while (r->part == PART_WORD || r->part == PART_TEXT)
		part_next(r);
	host_list(r, "YES", &members);
	for (size_t i = 0; i < members.n; i++)
		vec_push(&group.members, members.v[i]);
	vec_done(&members);
	while (r->part == PART_TEXT)
		part_next(r);
	if (r->part == PART_OPEN)
		connector_list(r, &group, begin);
	vec_push(&r->info->groups, group);
}

void
orginfo_read(struct orginfo *info, const char *text, size_t n)
{
	struct orginfo_reader r = { .info = info, .p = text, .end = text + n };
	char guid[ORGINFO_GUID];
	const char *first = memchr(text, '(', n);
	unsigned deep = 0;

	/* Before it are the length of all and a digest. */
	r.p = first == NULL ? r.end : first;
	for (part_next(&r); r.part != PART_END;) {
		if (r.part == PART_OPEN && ++deep > DEEP)
			orginfo_fault(&r, "lists within lists without end");
		else if (r.part == PART_SHUT && deep-- == 0)
			orginfo_fault(&r, "a list ends that has not begun");
		else if (deep > 0 && part_guid(&r, guid)) {
			group_read(&r, text);
			continue;
		}
		part_next(&r);
	}
	if (deep > 0 || info->groups.n == 0)
		orginfo_fault(&r, info->groups.n == 0
				      ? "no routing group stands in it"
				      : "it ends too early");
	info->line = orginfo_line(&r, text);
	mem_free(r.text);
}

void
orginfo_done(struct orginfo *info)
{
	for (size_t i = 0; i < info->groups.n; i++) {
		struct orginfo_group *g = &info->groups.v[i];

		for (size_t k = 0; k < g->members.n; k++)
			mem_free(g->members.v[k].name);
		for (size_t k = 0; k < g->connectors.n; k++)
			orginfo_connector_done(&g->connectors.v[k]);
		vec_done(&g->members);
		vec_done(&g->connectors);
	}
	vec_done(&info->groups);
}
