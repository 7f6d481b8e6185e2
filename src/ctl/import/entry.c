#include "ctl/import/entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

void
entries_done(struct entries *entries)
{
	for (size_t i = 0; i < entries->list.n; i++) {
		struct entry *e = &entries->list.v[i];

		for (size_t k = 0; k < e->values.n; k++) {
			mem_free(e->values.v[k].name);
			mem_free(e->values.v[k].p);
		}
		vec_done(&e->values);
		mem_free(e->dn);
		mem_free(e->where);
		mem_free(e->is);
	}
	vec_done(&entries->list);
}

char *
entry_dn(const char *dn)
{
	struct buf b = { 0 };
	char *text;

	for (; *dn != '\0'; dn++) {
		bool apart = *dn == ',' || *dn == '=' || *dn == ';';

		if (*dn == '\\' && dn[1] != '\0') {
			buf_bytes(&b, dn++, 2);
			continue;
		}
		if (*dn == ' ' &&
		    (b.n == 0 || b.p[b.n - 1] == ',' || b.p[b.n - 1] == '='))
			continue;
		while (apart && b.n > 0 && b.p[b.n - 1] == ' ')
			b.n--;
		buf_u8(&b, *dn == ';' ? ',' : (uint8_t)*dn);
	}
	while (b.n > 0 && b.p[b.n - 1] == ' ')
		b.n--;
	text = buf_string(&b);
	str_lower(text);
	return text;
}

struct entry *
entries_add(struct entries *entries, const char *dn, const char *place)
{
	struct entry entry = { .dn = NULL };
	struct buf where = { 0 };

	entries->octets += strlen(dn);
	if (entries->list.n >= ENTRIES_MOST ||
	    entries->octets > ENTRIES_OCTETS) {
		entries->full = true;
		return NULL;
	}
	entry.dn = mem_str(dn);
	entry.is = entry_dn(dn);
	buf_text(&where, dn);
	if (place != NULL)
		buf_printf(&where, " (%s)", place);
	entry.where = buf_string(&where);
	vec_push(&entries->list, entry);
	return &entries->list.v[entries->list.n - 1];
}

void
entries_value(struct entries *entries, struct import *im, struct entry *entry,
    const struct entry_value *value)
{
	struct entry_value own = { .n = value->n };

	if (value->n > IMPORT_TEXT) {
		import_note(im, entry->where, "shorten it",
		    "%.60s has a value of %zu octets, which is left out",
		    value->name, value->n);
		return;
	}
	entries->octets += value->n;
	if (entries->octets > ENTRIES_OCTETS) {
		entries->full = true;
		return;
	}
	own.name = mem_dup(value->name, strcspn(value->name, ";"));
	own.p = mem_dup(value->p, value->n);
	str_lower(own.name);
	vec_push(&entry->values, own);
}

static int
by_dn(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	return strcmp(a->is, b->is);
}

void
entries_sort(struct entries *entries, struct import *im)
{
	struct entry *v = entries->list.v;

	if (entries->list.n > 1)
		qsort(v, entries->list.n, sizeof(*v), by_dn);
	for (size_t i = 1; i < entries->list.n; i++)
		if (strcmp(v[i - 1].is, v[i].is) == 0)
			import_note(im, v[i].where, "keep one of them",
			    "two entries have this name");
}

const struct entry *
entries_find(const struct entries *entries, const char *is)
{
	size_t at = find_text(
	    FIND_LIST(entry, is, entries->list.v, entries->list.n), is);

	return at == FIND_NONE ? NULL : &entries->list.v[at];
}

const char *
entry_above(const char *is)
{
	for (; *is != '\0'; is++) {
		if (*is == '\\' && is[1] != '\0')
			is++;
		else if (*is == ',')
			return is + 1;
	}
	return NULL;
}

static int
dn_hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	                              : -1;
}

char *
entry_rdn(const char *dn)
{
	const char *p = strchr(dn, '=');
	struct buf b = { 0 };

	for (p = p == NULL ? "" : p + 1; *p != '\0' && *p != ','; p++) {
		int high, low;

		if (*p != '\\' || p[1] == '\0') {
			buf_u8(&b, (uint8_t)*p);
			continue;
		}
		high = dn_hex(p[1]);
		low = high < 0 || p[2] == '\0' ? -1 : dn_hex(p[2]);
		if (low >= 0 && (high > 0 || low > 0)) {
			buf_u8(&b, (uint8_t)(high * 16 + low));
			p += 2;
		} else {
			buf_u8(&b, (uint8_t) * ++p);
		}
	}
	return buf_string(&b);
}

const struct entry_value *
entry_value(const struct entry *entry, const char *name, size_t n)
{
	for (size_t i = 0; i < entry->values.n; i++)
		if (strcmp(entry->values.v[i].name, name) == 0 && n-- == 0)
			return &entry->values.v[i];
	return NULL;
}

static bool
is_value_text(const struct entry_value *value)
{
	uint32_t c;

	if (strlen(value->p) != value->n)
		return false;
	for (const char *p = value->p; *p != '\0'; p += utf8_read(p, &c))
		if (utf8_read(p, &c) == 0 || c == UTF8_NONE || c < ' ')
			return false;
	return true;
}

const char *
entry_text(const struct entry *entry, const char *name)
{
	const struct entry_value *value = entry_value(entry, name, 0);

	return value == NULL || !is_value_text(value) ? NULL : value->p;
}

bool
entry_number(const struct entry *entry, const char *name, int64_t *out)
{
	const char *text = entry_text(entry, name);
	char *end;
	long long n;

	if (text == NULL || *text == '\0')
		return false;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (*end != '\0' || errno != 0)
		return false;
	*out = n;
	return true;
}

bool
entry_bool(const struct entry *entry, const char *name)
{
	const char *text = entry_text(entry, name);

	return text != NULL &&
	       (strcmp(text, "TRUE") == 0 || strcmp(text, "true") == 0);
}

bool
entry_is(const struct entry *entry, const char *class)
{
	const struct entry_value *value;

	for (size_t i = 0;
	     (value = entry_value(entry, "objectclass", i)) != NULL; i++) {
		char *lower = mem_str(value->p);
		bool is;

		str_lower(lower);
		is = strcmp(lower, class) == 0;
		mem_free(lower);
		if (is)
			return true;
	}
	return false;
}
