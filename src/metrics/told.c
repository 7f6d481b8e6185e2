#include "metrics/told.h"

#include <string.h>

#include "base/cur.h"

void
told_init(struct told *t)
{
	memset(t, 0, sizeof(*t));
	t->peers = json_array();
	t->links = json_array();
}

bool
told_number(const json_t *object, const char *key, int64_t *out)
{
	const json_t *value = json_object_get(object, key);

	*out = 0;
	if (json_is_integer(value))
		*out = json_integer_value(value);
	else if (json_is_boolean(value))
		*out = json_is_true(value);
	else
		return false;
	return true;
}

const char *
told_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

static void
take_row(json_t *rows, uint64_t *left_out, json_t *line)
{
	int64_t more;

	if (told_number(line, "left_out", &more))
		*left_out += (uint64_t)more;
	else if (json_array_size(rows) < TOLD_ROWS)
		json_array_append(rows, line);
	else
		++*left_out;
}

static void
take_one(json_t **one, json_t *line)
{
	json_decref(*one);
	*one = json_incref(line);
}

static void
take_line(struct told *t, json_t *line)
{
	const char *of = told_text(line, "of");

	if (strcmp(of, "server") == 0)
		take_one(&t->server, line);
	else if (strcmp(of, "daemon") == 0)
		take_one(&t->daemon, line);
	else if (strcmp(of, "peer") == 0)
		take_row(t->peers, &t->peers_left_out, line);
	else if (strcmp(of, "link") == 0)
		take_row(t->links, &t->links_left_out, line);
}

bool
told_read(struct told *t, const char *text, size_t n)
{
	struct cur lines = cur_over(text, n);
	bool good = n > 0;

	while (good && lines.left > 0) {
		struct cur one = cur_line(&lines);
		json_t *line =
		    json_loadb((const char *)one.p, one.left, 0, NULL);

		good = json_is_object(line);
		if (good)
			take_line(t, line);
		json_decref(line);
	}
	return good;
}

void
told_done(struct told *t)
{
	json_decref(t->server);
	json_decref(t->daemon);
	json_decref(t->peers);
	json_decref(t->links);
}
