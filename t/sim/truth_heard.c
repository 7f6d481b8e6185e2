#include "t/sim/truth_heard.h"

#include <string.h>

#include "t/sim/host.h"
#include "t/sim/plan.h"

/* A word of this type about this key. */
static bool
has_word(const json_t *db, const char *type, const char *key)
{
	const json_t *line;
	size_t i;

	json_array_foreach(db, i, line)
	{
		const char *of =
		    json_string_value(json_object_get(line, "type"));
		const char *id = json_string_value(json_object_get(line, "id"));

		if (of != NULL && id != NULL && strcmp(of, type) == 0 &&
		    strcmp(id, key) == 0)
			return true;
	}
	return false;
}

/* What became of those who have had the pattern. A key that is revoked holds it
 * until its own server is forgotten, with all that it said since. */
static void
words_hear(const struct world *world, const json_t *db, const char *pattern,
    struct heard *h)
{
	char key[2 * CRYPTO_DIGEST + 1];

	for (size_t i = 0; i < world->n; i++) {
		if (!plan_has_space(&world->nodes[i], pattern))
			continue;
		plan_key(&world->nodes[i], key);
		h->forgotten |= has_word(db, "forget", key);
		h->revoked |= has_word(db, "revocation", key);
	}
	if (h->revoked)
		h->forgotten = false;
}

json_t *
truth_db(struct world *world, struct node *node)
{
	const char *text = world_ask(world, node, "db");
	json_t *db = json_array();

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		json_array_append_new(db, json_loadb(text, n, 0, NULL));
		text += n + (text[n] == '\n');
	}
	return db;
}

struct heard
truth_hear(const struct world *world, const json_t *db, const char *pattern)
{
	struct heard h = { false };
	const json_t *line;
	size_t i;

	json_array_foreach(db, i, line)
	{
		const char *type =
		    json_string_value(json_object_get(line, "type"));
		const char *id = json_string_value(json_object_get(line, "id"));
		bool purge = json_is_true(json_object_get(line, "purge"));

		if (type != NULL && id != NULL) {
			bool space = strcmp(type, "space") == 0 &&
			             strcmp(id, pattern) == 0;

			h.claim |= space && !purge;
			h.purge |= space && purge;
		}
	}
	words_hear(world, db, pattern, &h);
	return h;
}
