/*
 * list.c - what the authority grants a host, as `lsrctl grant` does it, and
 * what an insider makes of such a grant.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/lsa/lsa_list.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/sim/cable.h"
#include "t/sim/cheap_seal.h"
#include "t/sim/plan.h"
#include "t/sim/rule.h"
#include "t/sim/scene.h"

/* Patterns n0.PATTERN and so on, as plan_spaces() makes them. */
struct names {
	char (*v)[80];
	size_t n;
};

static int
list_by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct names
names_of(const char *pattern, size_t n)
{
	struct names names = { mem_new(1, n, sizeof(*names.v)), n };

	for (size_t i = 0; i < n; i++)
		snprintf(names.v[i], sizeof(names.v[i]), "n%zu.%s", i, pattern);
	if (n > 1)
		qsort(names.v, n, sizeof(*names.v), list_by_name);
	return names;
}

static struct lsa_draft
grant_draft(struct world *world, struct node *whom, const char *id)
{
	struct lsa_draft draft = { .key = { whom->conf.server, id, LSA_GRANT },
		.seq = world->now.ms + 1 };

	return draft;
}

static void
grant_body(struct buf *body, const struct buf *packed)
{
	struct lsa_space space = { .relay = true };

	lsa_list_encode(body, LSA_GRANT, &space, packed);
}

/* One chunk, or the end of the one with this id. */
static void
grant_chunk(struct node *whom, struct node *at, const char *id,
    const struct buf *packed)
{
	struct world *world = whom->world;
	struct lsa_draft draft = grant_draft(world, whom, id);
	struct buf body = { 0 };

	if (packed->n > 0)
		grant_body(&body, packed);
	draft.purge = packed->n == 0;
	draft.body = body.p;
	draft.body_len = body.n;
	plan_inject(world, at, &draft);
	buf_done(&body);
}

/* So many below the pattern; then it ends what began with one of those between
 * and this many. */
static void
grant_all(struct node *whom, struct node *at, const struct names *names)
{
	struct buf packed = { 0 };
	const char *id = LSA_LIST_FIRST, *last = "";

	for (size_t i = 0; i < names->n; i++) {
		if (packed.n > 0 && lsa_list_begins(names->v[i], packed.n)) {
			grant_chunk(whom, at, id, &packed);
			buf_reset(&packed);
			id = names->v[i];
			last = "";
		}
		lsa_list_pack(&packed, last, names->v[i]);
		last = names->v[i];
	}
	grant_chunk(whom, at, id, &packed);
	buf_done(&packed);
}

/* What began a chunk in a longer list, and is in this one no more. */
static void
grant_ends(struct node *whom, struct node *at, const char *pattern, size_t n)
{
	struct buf none = { 0 };
	char id[80];

	for (size_t i = n; i < whom->granted; i++) {
		snprintf(id, sizeof(id), "n%zu.%s", i, pattern);
		if (lsa_list_begins(id, 0))
			grant_chunk(whom, at, id, &none);
	}
	whom->granted = n;
}

/* grant HOST at HOST PATTERN N */
void
list_grant(struct scene *scene)
{
	struct node *whom = scene_host(scene, scene->word[1]);
	struct node *at = scene_host(scene, scene->word[3]);
	size_t n = strtoul(scene->word[5], NULL, 10);
	struct names names;

	if (whom == NULL || at == NULL)
		return;
	names = names_of(scene->word[4], n);
	grant_all(whom, at, &names);
	grant_ends(whom, at, scene->word[4], n);
	mem_free(names.v);
}

/* regrant HOST stranger|old by HOST to HOST: of one pattern, below a newer
 * number and signed with the insider's own key, or signed long before. */
void
list_regrant(struct scene *scene)
{
	struct node *whom = scene_host(scene, scene->word[1]);
	bool old = strcmp(scene->word[2], "old") == 0;
	struct node *by = scene_host(scene, scene->word[4]);
	struct node *to = scene_host(scene, scene->word[6]);
	struct cheap_seal cheap = { 0 };
	struct buf packed = { 0 }, body = { 0 }, frame = { 0 };
	struct lsa_draft draft;
	struct crypto crypto;
	uint8_t org[CRYPTO_DIGEST];
	size_t hole = frame_open(&frame, MSG_UPDATE);

	if (whom == NULL || by == NULL || to == NULL)
		return;
	cheap_seal_authority(cheap.public_key, org);
	if (!old) /* nobody may ever store it */
		memcpy(cheap.public_key, by->cheap.public_key, CRYPTO_PUBLIC);
	crypto = cheap_seal_new(&cheap);
	lsa_list_pack(&packed, "", "seized.example");
	grant_body(&body, &packed);
	draft = grant_draft(scene->world, whom, LSA_LIST_FIRST);
	if (old)
		draft.seq = 1;
	draft.org = draft.signer = org;
	draft.body = body.p;
	draft.body_len = body.n;
	lsa_encode(&frame, &draft, &crypto);
	frame_close(&frame, hole);
	cable_slip(scene->world, by, to, &frame);
	buf_done(&packed);
	buf_done(&body);
	buf_done(&frame);
}

/* reads SET yes|no: as to its server LSA, and by the wire (line ... older). */
static void
list_reads_one(struct scene *scene, struct node *node)
{
	node->conf.announced.reads =
	    strcmp(scene->word[2], "yes") == 0 ? MSG_VERSION : 0;
	if (node->engine != NULL)
		world_configure(scene->world, node);
}

void
list_reads_set(struct scene *scene)
{
	scene_each(scene, scene->word[1], list_reads_one);
}
