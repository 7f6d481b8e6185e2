#include "metrics/sheet.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

const char *
sheet_type_word(enum sheet_type type)
{
	static const char *const words[] = { "gauge", "counter", "histogram",
		"info" };

	return words[type];
}

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

/* How much of the name is that of the family. */
static size_t
family_length(const struct sheet *s, const char *name, enum sheet_type type)
{
	const char *end = type == SHEET_COUNTER ? "_total"
	                  : type == SHEET_INFO  ? "_info"
	                                        : "";

	if (!s->open || !ends_with(name, end))
		return strlen(name);
	return strlen(name) - strlen(end);
}

static const char *
unit_of(const char *name, size_t n)
{
	static const char *const units[] = { "seconds", "bytes" };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t m = strlen(units[i]);

		if (n > m + 1 && name[n - m - 1] == '_' &&
		    memcmp(name + n - m, units[i], m) == 0)
			return units[i];
	}
	return NULL;
}

void
sheet_family(
    struct sheet *s, const char *name, enum sheet_type type, const char *help)
{
	int n = (int)family_length(s, name, type);
	const char *unit = unit_of(name, (size_t)n);
	enum sheet_type as =
	    type == SHEET_INFO && !s->open ? SHEET_GAUGE : type;

	buf_printf(s->out, "# HELP %.*s %s\n", n, name, help);
	buf_printf(s->out, "# TYPE %.*s %s\n", n, name, sheet_type_word(as));
	if (s->open && unit != NULL)
		buf_printf(s->out, "# UNIT %.*s %s\n", n, name, unit);
}

static void
sheet_escaped(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			buf_text(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			buf_u8(out, '\\');
		buf_u8(out, (uint8_t)*value);
	}
}

static void
sheet_labels(struct buf *out, const struct sheet_label *label)
{
	bool open = false;

	for (size_t i = 0; i < SHEET_LABELS; i++) {
		if (label[i].name == NULL)
			continue;
		buf_printf(out, "%s%s=\"", open ? "," : "{", label[i].name);
		sheet_escaped(
		    out, label[i].value == NULL ? "" : label[i].value);
		buf_u8(out, '"');
		open = true;
	}
	if (open)
		buf_u8(out, '}');
}

void
sheet_put(struct sheet *s, const struct sheet_sample *x)
{
	int digits = x->per == 1 ? 0 : x->per == 1000 ? 3 : 6;
	bool below = x->value < 0;
	uint64_t whole =
	    below ? (uint64_t) - (x->value + 1) + 1 : (uint64_t)x->value;

	buf_printf(s->out, "%s%s", x->name, x->suffix == NULL ? "" : x->suffix);
	sheet_labels(s->out, x->label);
	buf_printf(s->out, " %s%" PRIu64, below ? "-" : "", whole / x->per);
	if (digits > 0)
		buf_printf(s->out, ".%0*" PRIu64, digits, whole % x->per);
	buf_u8(s->out, '\n');
}

void
sheet_end(struct sheet *s)
{
	if (s->open)
		buf_text(s->out, "# EOF\n");
}
