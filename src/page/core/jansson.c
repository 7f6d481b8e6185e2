#include "page/core/jansson.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"

#define DEPTH_MOST 32
#define CHUNK 65536

enum jansson_kind {
	JANSSON_NULL,
	JANSSON_FALSE,
	JANSSON_TRUE,
	JANSSON_INTEGER,
	JANSSON_REAL,
	JANSSON_STRING,
	JANSSON_ARRAY,
	JANSSON_OBJECT
};

/* Memory of a tree, which goes at once. */
struct chunk {
	struct chunk *before;
	size_t used, room;
	_Alignas(16) char octets[];
};

struct json_t {
	enum jansson_kind kind;
	const char *key; /* in an object */
	const char *text;
	json_int_t integer;
	double number;
	size_t n; /* octets of the text, or children */
	json_t *children;
	struct chunk *chunks; /* of the root */
};

struct parser {
	const char *at, *end;
	struct chunk *chunks;
	VEC(json_t) open; /* children of what is not closed yet */
	bool bad;
};

static void value_parse(struct parser *p, json_t *out, unsigned depth);

static void *
chunk_take(struct parser *p, size_t n)
{
	struct chunk *c = p->chunks;
	void *octets;

	n = (n + 15) & ~(size_t)15;
	if (c == NULL || c->room - c->used < n) {
		size_t room = n > CHUNK ? n : CHUNK;

		c = mem_new(sizeof(*c), room, 1);
		c->before = p->chunks;
		c->room = room;
		p->chunks = c;
	}
	octets = c->octets + c->used;
	c->used += n;
	return octets;
}

static void
jansson_blanks(struct parser *p)
{
	while (p->at < p->end && memchr(" \t\r\n", *p->at, 4) != NULL)
		p->at++;
}

/* Whether this octet comes next; it is taken then. */
static bool
octet_is(struct parser *p, char c)
{
	jansson_blanks(p);
	if (p->at >= p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

static uint32_t
hex_parse(struct parser *p)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		char c = p->at < p->end ? *p->at++ : ' ';
		const char *d = memchr(digits, c | 0x20, 16);

		p->bad |= d == NULL;
		value = value * 16 + (d == NULL ? 0 : (uint32_t)(d - digits));
	}
	return value;
}

static char *
utf8_put(char *out, uint32_t c)
{
	unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned first[] = { 0, 0xc0, 0xe0, 0xf0 };

	*out++ = (char)(first[more] | c >> 6 * more);
	while (more-- > 0)
		*out++ = (char)(0x80 | (c >> 6 * more & 0x3f));
	return out;
}

static char *
escape_parse(struct parser *p, char *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = p->at < p->end ? *p->at++ : ' ';
	const char *is = memchr(from, c, sizeof(from) - 1);
	uint32_t code;

	if (is != NULL) {
		*out++ = to[is - from];
		return out;
	}
	p->bad |= c != 'u';
	code = hex_parse(p);
	if (code >= 0xd800 && code < 0xdc00 && p->end - p->at >= 6) {
		p->at += 2;
		code =
		    0x10000 + ((code & 0x3ff) << 10) + (hex_parse(p) & 0x3ff);
	}
	p->bad |= code == 0;
	return utf8_put(out, code);
}

/* A string, behind its first quote. */
static const char *
string_parse(struct parser *p, size_t *n)
{
	const char *end = p->at;
	char *text, *out;

	while (end < p->end && *end != '"')
		end += *end == '\\' ? 2 : 1;
	if (end >= p->end) {
		p->bad = true;
		return "";
	}
	out = text = chunk_take(p, (size_t)(end - p->at) + 1);
	while (p->at < end && !p->bad)
		if (*p->at == '\\') {
			p->at++;
			out = escape_parse(p, out);
		} else {
			*out++ = *p->at++;
		}
	*out = '\0';
	p->at = end + 1;
	*n = (size_t)(out - text);
	return text;
}

static void
number_parse(struct parser *p, json_t *out)
{
	size_t n = 0;
	char text[64];

	while (n < sizeof(text) - 1 && p->at < p->end &&
	       strchr("+-.0123456789eE", *p->at) != NULL && *p->at != '\0')
		text[n++] = *p->at++;
	text[n] = '\0';
	p->bad |= n == 0;
	out->kind = strcspn(text, ".eE") == n ? JANSSON_INTEGER : JANSSON_REAL;
	out->number = strtod(text, NULL);
	if (out->kind == JANSSON_INTEGER)
		out->integer = strtoll(text, NULL, 10);
}

/* The children that were opened since there were `begin` become its own. */
static void
children_close(struct parser *p, json_t *out, size_t begin)
{
	out->n = p->open.n - begin;
	if (out->n == 0)
		return;
	out->children = chunk_take(p, out->n * sizeof(*out->children));
	memcpy(
	    out->children, p->open.v + begin, out->n * sizeof(*out->children));
	p->open.n = begin;
}

static void
list_parse(struct parser *p, json_t *out, unsigned depth)
{
	char end = out->kind == JANSSON_OBJECT ? '}' : ']';
	size_t begin = p->open.n;

	if (octet_is(p, end))
		return;
	do {
		json_t child = { 0 };
		size_t n;

		if (out->kind == JANSSON_OBJECT) {
			p->bad |= !octet_is(p, '"');
			child.key = p->bad ? "" : string_parse(p, &n);
			p->bad |= !octet_is(p, ':');
		}
		value_parse(p, &child, depth + 1);
		vec_push(&p->open, child);
	} while (!p->bad && octet_is(p, ','));
	p->bad |= !octet_is(p, end);
	children_close(p, out, begin);
}

static void
word_parse(struct parser *p, json_t *out)
{
	static const struct {
		const char *text;
		enum jansson_kind kind;
	} words[] = { { "null", JANSSON_NULL }, { "true", JANSSON_TRUE },
		{ "false", JANSSON_FALSE } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i].text);

		if ((size_t)(p->end - p->at) < n ||
		    memcmp(p->at, words[i].text, n) != 0)
			continue;
		p->at += n;
		out->kind = words[i].kind;
		return;
	}
	number_parse(p, out);
}

static void
value_parse(struct parser *p, json_t *out, unsigned depth)
{
	p->bad |= depth > DEPTH_MOST;
	if (p->bad)
		return;
	if (octet_is(p, '{')) {
		out->kind = JANSSON_OBJECT;
		list_parse(p, out, depth);
	} else if (octet_is(p, '[')) {
		out->kind = JANSSON_ARRAY;
		list_parse(p, out, depth);
	} else if (octet_is(p, '"')) {
		out->kind = JANSSON_STRING;
		out->text = string_parse(p, &out->n);
	} else {
		word_parse(p, out);
	}
}

json_t *
json_loadb(const char *octets, size_t n, size_t flags, json_error_t *error)
{
	struct parser p = { .at = octets, .end = octets + n };
	json_t *root = chunk_take(&p, sizeof(*root));

	(void)flags;
	(void)error;
	value_parse(&p, root, 0);
	jansson_blanks(&p);
	vec_done(&p.open);
	root->chunks = p.chunks;
	if (!p.bad && p.at == p.end)
		return root;
	json_decref(root);
	return NULL;
}

void
json_decref(json_t *root)
{
	struct chunk *c = root == NULL ? NULL : root->chunks;

	while (c != NULL) {
		struct chunk *before = c->before;

		mem_free(c);
		c = before;
	}
}

static bool
jansson_is(const json_t *value, enum jansson_kind kind)
{
	return value != NULL && value->kind == kind;
}

/* The last of several. */
json_t *
json_object_get(const json_t *object, const char *key)
{
	if (!jansson_is(object, JANSSON_OBJECT))
		return NULL;
	for (size_t i = object->n; i-- > 0;)
		if (strcmp(object->children[i].key, key) == 0)
			return &object->children[i];
	return NULL;
}

json_t *
json_array_get(const json_t *array, size_t i)
{
	return i < json_array_size(array) ? &array->children[i] : NULL;
}

size_t
json_array_size(const json_t *array)
{
	return jansson_is(array, JANSSON_ARRAY) ? array->n : 0;
}

const char *
json_string_value(const json_t *string)
{
	return jansson_is(string, JANSSON_STRING) ? string->text : NULL;
}

size_t
json_string_length(const json_t *string)
{
	return jansson_is(string, JANSSON_STRING) ? string->n : 0;
}

json_int_t
json_integer_value(const json_t *integer)
{
	return jansson_is(integer, JANSSON_INTEGER) ? integer->integer : 0;
}

double
json_number_value(const json_t *number)
{
	return json_is_number(number) ? number->number : 0.0;
}

bool
json_is_object(const json_t *value)
{
	return jansson_is(value, JANSSON_OBJECT);
}

bool
json_is_array(const json_t *value)
{
	return jansson_is(value, JANSSON_ARRAY);
}

bool
json_is_string(const json_t *value)
{
	return jansson_is(value, JANSSON_STRING);
}

bool
json_is_integer(const json_t *value)
{
	return jansson_is(value, JANSSON_INTEGER);
}

bool
json_is_number(const json_t *value)
{
	return jansson_is(value, JANSSON_REAL) ||
	       jansson_is(value, JANSSON_INTEGER);
}

bool
json_is_boolean(const json_t *value)
{
	return jansson_is(value, JANSSON_TRUE) ||
	       jansson_is(value, JANSSON_FALSE);
}

bool
json_is_true(const json_t *value)
{
	return jansson_is(value, JANSSON_TRUE);
}
