/*
 * fuzz_query.c - what may be asked of the engine over the control socket, line
 * by line, and what a file of overrides may say. Whatever is asked: each answer
 * is JSON, line by line; what changes something and is asked again changes
 * nothing; a server killed right after an answer comes back with what it had
 * said yes to; and it publishes.
 *
 * A line that begins with `!` is no question but what happens meanwhile, so that
 * there is something to be told: the table `happens`.
 */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/lsa/lsa.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pair.h"
#include "t/fuzz/pieces.h"
#include "t/sim/cable.h"
#include "t/sim/plan.h"

#define LINES 24
#define RUN_MAX_MS 60000
#define SPACES_MAX 1000 /* one answer has no room for them */

const unsigned fuzz_runs = 200;
PIECES(PIECES_LINES);

/* What it says became of it, or -1. */
static int
changed(const char *text)
{
	json_t *one = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	json_t *value = json_object_get(one, "changed");
	int is = value == NULL ? -1 : json_is_true(value);

	json_decref(one);
	return is;
}

static void
ask_twice(struct world *world, struct node *node, const char *line)
{
	int first;

	pair_lines_are_json(world_ask(world, node, line));
	first = changed(world_ask(world, node, line));
	FUZZ_CHECK(first != 1);
}

/* The number of what is said beside the configuration. */
static long long
overrides(struct world *world, struct node *node)
{
	json_t *status = json_loads(
	    world_ask(world, node, "status"), JSON_DISABLE_EOF_CHECK, NULL);
	long long n = json_integer_value(json_object_get(status, "overrides"));

	json_decref(status);
	return n;
}

static void
happens_run(struct world *world, unsigned long n)
{
	world_run(world, n < RUN_MAX_MS ? n : RUN_MAX_MS);
}

/* The other server ends, or begins again. */
static void
happens_other(struct world *world, unsigned long n)
{
	struct node *other = &world->nodes[1];

	world_kill(world, other);
	other->mail_up = n != 0;
	if (n != 0)
		world_start(world, other, DISK_KEPT);
}

/* It claims so many more domains, or nothing any more. */
static void
happens_claims(struct world *world, unsigned long n)
{
	struct node *other = &world->nodes[1];
	struct setup_space space = { .relay = true };

	world->large = true;
	space.pattern = world_text(world, "paris.example");
	if (n > 0)
		plan_spaces(other, &space, n < SPACES_MAX ? n : SPACES_MAX);
	else
		other->conf.nspaces = 0;
	if (other->engine != NULL)
		world_configure(world, other);
}

/* A reload that would move so many percent at most, and moves all of them: 100
 * is any. */
static void
happens_reload(struct world *world, unsigned long n)
{
	struct node *node = &world->nodes[0];
	struct setup_connector *c = &node->conf.connectors[0];
	size_t had = c->nbridgeheads;

	node->conf.confirm_percent = n < 100 ? (uint32_t)n : 100;
	c->nbridgeheads = 0;
	world_configure(world, node);
	c->nbridgeheads = had;
}

/* The other one closes, and says why. */
static void
happens_closed(struct world *world, unsigned long n)
{
	static const char *const words[] = { "stopping", "revoked-key",
		"expired", "limit" };
	struct buf out = { 0 };
	size_t hole = frame_open(&out, MSG_CLOSE);

	buf_text(&out, words[n % (sizeof(words) / sizeof(*words))]);
	frame_close(&out, hole);
	if (cable_joins(world, &world->nodes[1], &world->nodes[0]))
		cable_slip(world, &world->nodes[1], &world->nodes[0], &out);
	buf_done(&out);
}

/* The disk of its publisher is stuck. */
static void
happens_stuck(struct world *world, unsigned long n)
{
	world->nodes[0].publish_stuck = n != 0;
}

/* The authority's word by the door that is for it. */
static void
happens_word(struct world *world, unsigned long n)
{
	struct cheap_seal cheap = { .signed_ = NULL };
	struct crypto crypto = cheap_seal_new(&cheap);
	uint8_t org[CRYPTO_DIGEST];
	struct buf body = { 0 }, lsa = { 0 }, line = { 0 };
	struct lsa_draft draft = { .key = { "", "connectors", LSA_RULE },
		.org = org,
		.signer = org,
		.seq = n };
	char *text;

	cheap_seal_authority(cheap.public_key, org);
	lsa_rule_encode(&body, n % 2 != 0);
	draft.body = body.p;
	draft.body_len = body.n;
	lsa_encode(&lsa, &draft, &crypto);
	buf_text(&line, "inject ");
	buf_hex(&line, lsa.p, lsa.n);
	text = buf_string(&line);
	ask_twice(world, &world->nodes[0], text);
	mem_free(text);
	buf_done(&lsa);
	buf_done(&body);
}

static const struct {
	const char *word;
	void (*does)(struct world *world, unsigned long n);
} happens[] = {
	{ "!run ", happens_run },
	{ "!other ", happens_other },
	{ "!claims ", happens_claims },
	{ "!reload ", happens_reload },
	{ "!closed ", happens_closed },
	{ "!stuck ", happens_stuck },
	{ "!word ", happens_word },
};

static void
happened(struct world *world, const char *line)
{
	for (size_t i = 0; i < sizeof(happens) / sizeof(*happens); i++) {
		size_t n = strlen(happens[i].word);

		if (strncmp(line, happens[i].word, n) == 0)
			happens[i].does(world, strtoul(line + n, NULL, 10));
	}
}

static void
asked(struct world *world, struct node *node, const uint8_t *p, size_t n)
{
	char *text = mem_dup(p, n), *rest = text, *line;

	for (int i = 0; i < LINES && (line = strsep(&rest, "\n")) != NULL; i++)
		if (line[0] == '!')
			happened(world, line);
		else
			ask_twice(world, node, line);
	mem_free(text);
}

/* All that an answer may tell of a configuration. */
static void
tells_all(struct world *world)
{
	struct node *node = &world->nodes[0];
	struct setup_space way = { .cost = 5 };
	struct addr six = { 6, { 0xfd, [15] = 2 }, 25 };

	way.pattern = world_text(world, "list.example");
	way.way = world_text(world, "smtp:[lists.example]");
	plan_space(node, &way);
	node->conf.announced.program = world_text(world, "1.0");
	node->conf.authority.end = WORLD_WALL + 86400;
	node->conf.authority.second.given = true;
	node->conf.connectors[0].transport = world_text(world, "thin");
	world->nodes[1].six = six;
	world->nodes[1].six_up = true;
	world->nodes[1].conf.announced.smtp[1] = six;
	world->nodes[1].conf.announced.nsmtp = 2;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct world *world = pair_new();
	struct node *node = &world->nodes[0];
	bool file = n > 0 && p[0] == 1; /* the version of the file */
	long long had;

	world->older = true;
	tells_all(world);
	if (file) {
		node->disk[SAVE_OVERRIDES].p = mem_dup(p, n);
		node->disk[SAVE_OVERRIDES].n = n;
	}
	world_start(world, node, DISK_KEPT);
	world_start(world, &world->nodes[1], DISK_KEPT);
	world_run(world, 12000);
	if (!file)
		asked(world, node, p, n);
	world_run(world, 500);
	had = overrides(world, node);
	world_kill(world, node);
	world_start(world, node, DISK_KEPT);
	FUZZ_CHECK(file || overrides(world, node) <= had);
	world_run(world, 15000);
	FUZZ_CHECK(world->failed != NULL || node->table.n > 0);
	world_free(world);
	return 0;
}
