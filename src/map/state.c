#include "map/state.h"

#include <string.h>

#include "base/buf.h"
#include "base/find.h"
#include "base/vec.h"

static const struct {
	const char *name, *key, *second;
} state_parts[STATE_PARTS] = {
	{ "servers", "name", NULL },
	{ "connectors", "name", NULL },
	{ "address_spaces", "pattern", "server" },
};

static const char *
state_text(const json_t *one, const char *key)
{
	const char *text = json_string_value(json_object_get(one, key));

	return text == NULL ? "" : text;
}

/* What it is called among those there are: the caller's. */
static char *
state_key(size_t part, const json_t *one, const json_t *there)
{
	struct buf out = { 0 };
	unsigned number = 1;
	size_t bare;

	buf_text(&out, state_text(one, state_parts[part].key));
	if (state_parts[part].second != NULL)
		buf_printf(
		    &out, " %s", state_text(one, state_parts[part].second));
	bare = out.n;
	buf_u8(&out, 0);
	while (json_object_get(there, (const char *)out.p) != NULL) {
		out.n = bare;
		buf_printf(&out, " %u", ++number);
		buf_u8(&out, 0);
	}
	out.n--;
	return buf_string(&out);
}

static void
state_add(struct state *s, size_t part, json_t *one)
{
	char *key = state_key(part, one, s->part[part]);

	json_object_set(s->part[part], key, one);
	mem_free(key);
}

bool
state_read(struct state *s, const json_t *document)
{
	memset(s, 0, sizeof(*s));
	s->rest = json_copy((json_t *)(uintptr_t)document);
	for (size_t i = 0; i < STATE_PARTS; i++) {
		json_t *list = json_object_get(document, state_parts[i].name);
		json_t *one;
		size_t k;

		s->part[i] = json_object();
		json_object_del(s->rest, state_parts[i].name);
		if (!json_is_array(list)) {
			state_done(s);
			return false;
		}
		json_array_foreach(list, k, one) state_add(s, i, one);
	}
	return true;
}

void
state_done(struct state *s)
{
	for (size_t i = 0; i < STATE_PARTS; i++) {
		json_decref(s->part[i]);
		s->part[i] = NULL;
	}
	json_decref(s->rest);
	s->rest = NULL;
}

bool
state_is_other(const struct state *a, const struct state *b)
{
	return json_equal(a->rest, b->rest) == 0;
}

static void
state_both(json_t *list, json_t *was, json_t *is)
{
	json_t *one = json_object();

	json_object_set_new(
	    one, "was", was != NULL ? json_incref(was) : json_null());
	json_object_set_new(
	    one, "is", is != NULL ? json_incref(is) : json_null());
	json_array_append_new(list, one);
}

/* What differs in one part; `both`: as a comparison. */
static json_t *
state_part_differs(json_t *was, json_t *is, bool both)
{
	json_t *list = json_array(), *one, *other;
	const char *key;

	json_object_foreach(is, key, one)
	{
		other = json_object_get(was, key);
		if (other != NULL && json_equal(one, other))
			continue;
		if (both)
			state_both(list, other, one);
		else
			json_array_append_new(list,
			    json_pack("{s:s,s:O}", "key", key, "is", one));
	}
	json_object_foreach(was, key, one)
	{
		if (json_object_get(is, key) != NULL)
			continue;
		if (both)
			state_both(list, one, NULL);
		else
			json_array_append_new(
			    list, json_pack("{s:s}", "gone", key));
	}
	return list;
}

json_t *
state_differs(const struct state *was, const struct state *is)
{
	json_t *differs = json_object();

	for (size_t i = 0; i < STATE_PARTS; i++) {
		json_t *list =
		    state_part_differs(was->part[i], is->part[i], false);

		if (json_array_size(list) > 0)
			json_object_set(differs, state_parts[i].name, list);
		json_decref(list);
	}
	if (json_object_size(differs) > 0)
		return differs;
	json_decref(differs);
	return NULL;
}

json_t *
state_compare(const struct state *was, const struct state *is)
{
	json_t *out = json_object();

	for (size_t i = 0; i < STATE_PARTS; i++)
		json_object_set_new(out, state_parts[i].name,
		    state_part_differs(was->part[i], is->part[i], true));
	return out;
}

static bool
state_apply_one(struct state *s, size_t part, const json_t *one)
{
	json_t *is = json_object_get(one, "is");
	const char *key = json_string_value(json_object_get(one, "key"));
	const char *gone = json_string_value(json_object_get(one, "gone"));

	if (gone != NULL)
		return json_object_del(s->part[part], gone) == 0;
	return key != NULL && json_is_object(is) &&
	       json_object_set(s->part[part], key, is) == 0;
}

bool
state_apply(struct state *s, const json_t *differs)
{
	bool good = json_is_object(differs);

	for (size_t i = 0; good && i < STATE_PARTS; i++) {
		const json_t *list =
		    json_object_get(differs, state_parts[i].name);
		json_t *one;
		size_t k;

		json_array_foreach(list, k, one) good =
		    good && state_apply_one(s, i, one);
	}
	return good;
}

static json_t *
state_list(json_t *part)
{
	VEC(const char *) keys = { 0 };
	json_t *list = json_array(), *one;
	const char *key;

	json_object_foreach(part, key, one) vec_push(&keys, key);
	find_sort_texts(keys.v, keys.n);
	for (size_t i = 0; i < keys.n; i++)
		json_array_append(list, json_object_get(part, keys.v[i]));
	vec_done(&keys);
	return list;
}

json_t *
state_document(const struct state *s)
{
	json_t *document = json_copy(s->rest);

	for (size_t i = 0; i < STATE_PARTS; i++)
		json_object_set_new(
		    document, state_parts[i].name, state_list(s->part[i]));
	return document;
}
