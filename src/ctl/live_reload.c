/*
 * live_reload.c - the configuration: read anew, tried, confirmed, taken back,
 * shown, compared.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "cfg/conf.h"
#include "ctl/change.h"
#include "ctl/client.h"
#include "ctl/complain.h"
#include "ctl/lines.h"
#include "ctl/live.h"
#include "ctl/show.h"
#include "ctl/value.h"

/* clang-format off */
const struct verb_option live_reload_options[] = {
	{ "dry-run", NULL, "show what would change and move, and change nothing" },
	{ "confirm-within", "TIME", "go back by itself, unless confirmed: 5m" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

struct shown_config {
	char *text;
};

static void
config_take(void *ctx, const json_t *line)
{
	struct shown_config *config = ctx;

	if (config->text == NULL)
		config->text =
		    mem_str(json_string_value(json_object_get(line, "config")));
}

/* What is in force, as text: the caller's. */
static int
config_ask(const struct call *call, char **out)
{
	struct shown_config config = { NULL };
	struct buf answer = { 0 };
	int status = client_read(call, "config", &answer);

	if (status == CALL_OK)
		status = client_each(&answer, config_take, &config);
	if (status == CALL_OK && config.text == NULL)
		status = call_usage("the daemon is older, and does not tell");
	buf_done(&answer);
	*out = config.text;
	return status;
}

int
live_config_dump(const struct call *call)
{
	char *text = NULL;
	int status = config_ask(call, &text);
	struct buf out = { 0 };
	struct json json = { .out = &out };

	if (status == CALL_OK && call->json) {
		json_open(&json, NULL, '{');
		json_str(&json, "config", text);
		json_close(&json, '}');
		json_line(&json);
	} else if (status == CALL_OK) {
		buf_text(&out, text);
	}
	show_flush(&out);
	buf_done(&out);
	mem_free(text);
	return status;
}

/* The file's, in normal form; the caller's, or NULL after the complaints. */
static char *
file_dump(const char *path)
{
	struct complaints complaints = { 0 };
	struct conf *conf = NULL;
	struct buf out = { 0 };

	(void)conf_load(path, NULL, &conf, &complaints);
	for (size_t i = 0; i < complaints.list.n; i++) {
		struct buf line = { 0 };
		char *text;

		complaint_text(&line, &complaints.list.v[i]);
		text = buf_string(&line);
		complain_bare(text);
		mem_free(text);
	}
	complaints_done(&complaints);
	if (conf == NULL)
		return NULL;
	conf_dump(&out, conf);
	conf_free(conf);
	return buf_string(&out);
}

/* Lines of what is in force that the file has not, and the other way round, to
 * `out`, which is empty where there are none. *listed: there is an
 * address-space-file, of which the text has but the name. */
static int
config_differs(const struct call *call, struct buf *out, bool *listed)
{
	char *was = NULL, *is;
	int status = config_ask(call, &was);

	if (status != CALL_OK)
		return status;
	is = file_dump(call->config != NULL ? call->config : CONF_FILE);
	if (is == NULL) {
		mem_free(was);
		return CALL_USAGE;
	}
	lines_differ(was, is, out);
	*listed = strstr(was, "address-space-file = ") != NULL;
	mem_free(was);
	mem_free(is);
	return CALL_OK;
}

/* As they are, in a list. */
static void
differences_json(char *text, struct buf *out)
{
	struct json json = { .out = out };
	char *rest = NULL, *line = strtok_r(text, "\n", &rest);

	json_open(&json, NULL, '{');
	json_bool(&json, "differs", line != NULL);
	json_open(&json, "lines", '[');
	for (; line != NULL; line = strtok_r(NULL, "\n", &rest))
		json_str(&json, NULL, line);
	json_close(&json, ']');
	json_close(&json, '}');
	json_line(&json);
}

int
live_config_diff(const struct call *call)
{
	struct buf out = { 0 };
	bool listed = false;
	int status = config_differs(call, &out, &listed);
	bool differs = out.n > 0;
	char *text;

	if (status != CALL_OK)
		return status;
	if (call->json) {
		text = buf_string(&out);
		differences_json(text, &out);
		mem_free(text);
	} else if (!differs && listed) {
		buf_text(&out,
		    "lsrd.conf has what is in force; of address-space-file "
		    "lsrctl reload --dry-run tells\n");
	} else if (!differs) {
		buf_text(&out, "the file has what is in force\n");
	}
	show_flush(&out);
	buf_done(&out);
	return differs ? CALL_NO : CALL_OK;
}

static void
hops_say(struct buf *out, const json_t *route)
{
	const json_t *hops = json_object_get(route, "next_hops"), *hop;
	const char *kind = table_text(route, "kind");
	size_t i;

	if (route == NULL) {
		buf_text(out, "nothing");
		return;
	}
	if (hops == NULL)
		buf_text(out, strcmp(kind, "hold") == 0
				  ? table_text(route, "unreachable")
				  : kind);
	json_array_foreach(hops, i, hop)
	    buf_printf(out, "%s%s", i > 0 ? ", " : "", json_string_value(hop));
}

static void
move_say(void *ctx, const json_t *line)
{
	const json_t *moved = json_object_get(line, "moved");
	struct buf out = { 0 };

	(void)ctx;
	if (json_object_get(line, "pattern") != NULL) {
		buf_printf(&out, "%s: from ", table_text(line, "pattern"));
		hops_say(&out, json_object_get(line, "before"));
		buf_text(&out, " to ");
		hops_say(&out, json_object_get(line, "after"));
		buf_text(&out, "\n");
	} else if (moved != NULL) {
		buf_printf(&out,
		    "%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		    " routes would move; nothing was changed\n",
		    json_integer_value(moved),
		    json_integer_value(json_object_get(line, "routes")));
	}
	show_flush(&out);
	buf_done(&out);
}

/* What would change in the text, and what would move by it; or why the file
 * would be refused. */
static int
reload_dry_run(const struct call *call)
{
	struct buf answer = { 0 }, lines = { 0 };
	int status = client_ask(call, "reload dry", &answer);
	bool listed;

	if (status == CALL_OK)
		status = live_verdict(call, &answer, NULL);
	if (status == CALL_OK && !call->json)
		(void)config_differs(call, &lines, &listed);
	show_flush(&lines);
	buf_done(&lines);
	if (status == CALL_OK && !call->json)
		status = client_each(&answer, move_say, NULL);
	buf_done(&answer);
	return status;
}

int
live_reload(const struct call *call)
{
	const char *within = call_option(call, "confirm-within");
	struct buf request = { 0 };
	uint64_t seconds;
	int status;

	if (call_has(call, "dry-run"))
		return reload_dry_run(call);
	if (within != NULL && !change_seconds(within, &seconds))
		return call_usage(
		    "--confirm-within %s: write 90s, 5m or 1h", within);
	buf_text(&request, "reload");
	if (within != NULL)
		buf_printf(&request, " within=%" PRIu64, seconds);
	status = change_words(call, &request);
	if (status == CALL_OK)
		status = change_ask(call, &request,
		    within == NULL
			? "the new configuration is in force"
			: "the new configuration is tried: `lsrctl confirm`, "
			  "or it goes back");
	buf_done(&request);
	return status;
}

static int
reload_word(const struct call *call, const char *word, const char *done)
{
	struct buf request = { 0 };
	int status;

	buf_text(&request, word);
	status = change_words(call, &request);
	if (status == CALL_OK)
		status = change_ask(call, &request, done);
	buf_done(&request);
	return status;
}

int
live_confirm(const struct call *call)
{
	return reload_word(
	    call, "confirm", "confirmed: the change is in force");
}

int
live_undo(const struct call *call)
{
	const char *steps = call->noperands > 0 ? call->operands[0] : "1";
	char word[32];
	uint64_t n;

	if (!value_number(steps, UINT16_MAX, &n))
		return call_usage("%s: how many reloads before; 0: the last "
				  "one again",
		    steps);
	snprintf(word, sizeof(word), "undo steps=%" PRIu64, n);
	if (n == 0)
		return reload_word(call, word,
		    "what the last reload brought is in force again");
	return reload_word(call, word,
	    "taken back: what was in force before is, also after a restart; "
	    "the file still has the change");
}
