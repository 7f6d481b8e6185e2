#include "daemon/change.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "daemon/before.h"
#include "daemon/kept.h"

struct change {
	struct change_world world;
	struct reload held; /* waits to be confirmed; conf NULL: none */
	struct before before;
	struct event *end; /* of what is tried */
	struct setup_standing standing;
};

static const struct conf *
in_force(const struct change *change)
{
	return change->world.hands->in_force(change->world.ctx);
}

static void
stand(struct change *change, uint64_t until, bool kept)
{
	change->standing.tried_until = until;
	change->standing.kept = kept;
	change->standing.held = change->held.conf != NULL;
	change->world.hands->stands(change->world.ctx, &change->standing);
}

static void
change_say(const struct change *change, const char *result)
{
	sink_say(change->world.sink, SINK_NOTICE, "reload",
	    "file=%s, result=%s", change->world.path, result);
}

static void
change_alarm(const struct change *change, const char *result)
{
	sink_say(change->world.sink, SINK_ERROR, "reload", "file=%s, result=%s",
	    change->world.path, result);
}

/* {"ok":true,"changed":...} */
static void
tell_changed(struct buf *answer, bool changed)
{
	struct json j = { .out = answer };

	json_open(&j, NULL, '{');
	json_bool(&j, "ok", true);
	json_bool(&j, "changed", changed);
	json_close(&j, '}');
}

static void
tell_until(struct buf *answer, bool changed, uint64_t until)
{
	struct json j = { .out = answer };

	json_open(&j, NULL, '{');
	json_bool(&j, "ok", true);
	json_bool(&j, "changed", changed);
	json_uint(&j, "until", until);
	json_close(&j, '}');
}

static void
tell_refused(struct buf *answer, bool held, const char *reason)
{
	struct json j = { .out = answer };

	json_open(&j, NULL, '{');
	json_bool(&j, "ok", false);
	if (held)
		json_bool(&j, "held", true);
	json_str(&j, "reason", reason);
	json_close(&j, '}');
}

static bool
is_tried(const struct change *change)
{
	return change->standing.tried_until != 0;
}

static bool
change_same_octets(const uint8_t *a, size_t n, const uint8_t *b, size_t m)
{
	return n == m && (n == 0 || memcmp(a, b, n) == 0);
}

static bool
is_same_authority(
    const struct setup_authority *a, const struct setup_authority *b)
{
	return memcmp(a->id, b->id, sizeof(a->id)) == 0 && a->end == b->end &&
	       a->second.given == b->second.given &&
	       memcmp(a->second.id, b->second.id, sizeof(a->second.id)) == 0 &&
	       a->second.end == b->second.end;
}

/* Nothing is another: neither the text nor a certificate or a list behind a name. */
static bool
is_same_conf(const struct conf *a, const struct conf *b)
{
	const struct setup_cert *x = &a->setup.cert, *y = &b->setup.cert;
	const struct setup_announced *u = &a->setup.announced;
	struct buf one = { 0 }, other = { 0 };
	bool same;

	conf_dump(&one, a);
	conf_dump(&other, b);
	conf_dump_list(&one, a);
	conf_dump_list(&other, b);
	same = change_same_octets(one.p, one.n, other.p, other.n) &&
	       change_same_octets(x->now, x->now_len, y->now, y->now_len) &&
	       change_same_octets(x->previous, x->previous_len, y->previous,
		   y->previous_len) &&
	       is_same_authority(&a->setup.authority, &b->setup.authority) &&
	       u->nmark == b->setup.announced.nmark &&
	       memcmp(u->mark, b->setup.announced.mark, sizeof(u->mark)) == 0;
	buf_done(&one);
	buf_done(&other);
	return same;
}

/* Without it a start would put the file in force: then it is not begun. */
static bool
keep(struct change *change, const struct conf *conf, const struct conf *file,
    struct buf *answer)
{
	if (kept_write(conf, file, change->world.crypto) == RC_OK)
		return true;
	sink_say(change->world.sink, SINK_ERROR, "save-failed",
	    "file=%s/" KEPT_NAME ", error=%s", conf->state_directory,
	    strerror(errno));
	tell_refused(answer, false,
	    "what is in force cannot be kept for a restart: see the log");
	return false;
}

/* Puts it in force; what was before is for `undo`. */
static bool
put(struct change *change, struct reload *fresh, enum change_how how)
{
	const struct change_hands *hands = change->world.hands;

	if (!hands->put(change->world.ctx, fresh, how, NULL))
		return false;
	before_put(&change->before, fresh);
	return true;
}

static void
reload_plain(struct change *change, struct reload *fresh, struct buf *answer)
{
	bool same = is_same_conf(in_force(change), fresh->conf);

	if (same) {
		/* Keys behind the same names are read, and `undo` goes where
		 * it did. */
		CHECK(change->world.hands->put(
		    change->world.ctx, fresh, CHANGE_CONFIRMED, NULL));
	} else if (!put(change, fresh, CHANGE_ASKED)) {
		change->held = *fresh;
		memset(fresh, 0, sizeof(*fresh));
		if (kept_write(in_force(change), change->held.conf,
			change->world.crypto) != RC_OK)
			change_alarm(change, "held-but-not-kept");
		stand(change, 0, change->standing.kept);
		tell_refused(answer, true,
		    "too many routes would move: lsrctl confirm, or lsrctl "
		    "undo");
		change_say(change, "held");
		return;
	}
	(void)kept_drop(in_force(change));
	stand(change, 0, false);
	tell_changed(answer, !same);
	change_say(change, same ? "nothing-changed" : "in-force");
}

static void
reload_within(struct change *change, struct reload *fresh, uint64_t within,
    struct buf *answer)
{
	struct timeval tv = { (time_t)within, 0 };

	if (within < CHANGE_WITHIN_LEAST_S || within > CHANGE_WITHIN_MOST_S) {
		tell_refused(answer, false, "from a second to 24 hours");
		return;
	}
	if (is_same_conf(in_force(change), fresh->conf)) {
		tell_changed(answer, false);
		return;
	}
	if (!keep(change, in_force(change), fresh->conf, answer))
		return;
	CHECK(put(change, fresh, CHANGE_CONFIRMED));
	evtimer_add(change->end, &tv);
	stand(change, (uint64_t)time(NULL) + within, false);
	tell_until(answer, true, change->standing.tried_until);
	change_say(change, "tried");
}

static void
reload_dry(struct change *change, struct reload *fresh, struct buf *answer)
{
	const struct change_hands *hands = change->world.hands;

	(void)hands->put(change->world.ctx, fresh, CHANGE_TRIED, answer);
	tell_changed(answer, false);
}

/* The number behind `name=` in the line, or `none`. */
static uint64_t
change_number(const char *line, const char *name, uint64_t none)
{
	const char *at = strstr(line, name);

	return at == NULL ? none : strtoull(at + strlen(name), NULL, 10);
}

static void
change_loaded(struct change *change, struct reload *fresh, const char *line,
    struct buf *answer)
{
	uint64_t within = change_number(line, " within=", UINT64_MAX);

	if (strstr(line, " dry") != NULL) {
		reload_dry(change, fresh, answer);
	} else if (is_tried(change) &&
		   is_same_conf(in_force(change), fresh->conf)) {
		tell_until(answer, false, change->standing.tried_until);
	} else if (is_tried(change)) {
		tell_refused(answer, false,
		    "a configuration is being tried: lsrctl confirm or lsrctl "
		    "undo first");
	} else {
		reload_done(&change->held);
		if (within == UINT64_MAX)
			reload_plain(change, fresh, answer);
		else
			reload_within(change, fresh, within, answer);
	}
}

/* Only asking changes nothing of that. */
static void
reload_stands(struct change *change, const char *line, bool refused)
{
	if (strstr(line, " dry") != NULL)
		return;
	change->standing.reload_at = (uint64_t)time(NULL);
	change->standing.reload_refused = refused;
	change->world.hands->stands(change->world.ctx, &change->standing);
}

static void
change_reload(struct change *change, const char *line, struct buf *answer)
{
	const struct change_world *world = &change->world;
	struct reload_to to = { world->sink, answer };
	struct reload fresh = { 0 };
	bool good;

	notify_reloading(world->notify);
	good = reload_load(world->path, in_force(change), world->crypto, &fresh,
		   &to) == RC_OK;
	reload_stands(change, line, !good);
	if (good)
		change_loaded(change, &fresh, line, answer);
	else
		change_alarm(change, "refused");
	reload_done(&fresh);
	notify_say(world->notify, "READY=1");
}

static void
change_confirm(struct change *change, const char *line, struct buf *answer)
{
	bool tried = is_tried(change);

	(void)line;
	if (!tried && change->held.conf == NULL) {
		tell_changed(answer, false);
		return;
	}
	if (!tried)
		CHECK(put(change, &change->held, CHANGE_CONFIRMED));
	evtimer_del(change->end);
	(void)kept_drop(in_force(change));
	stand(change, 0, false);
	tell_changed(answer, true);
	change_say(change, "confirmed");
}

/* What was at that place is in force again. A start goes on with it, whatever
 * the file has: for what was tried that is so already. */
static bool
change_back(struct change *change, size_t place, struct buf *answer)
{
	struct reload *back = before_look(&change->before, place);
	const struct conf *file = before_newest(&change->before);
	int rc = reload_self_of(back, change->world.crypto);

	if (rc != RC_OK) {
		tell_refused(answer, false, rc_word(rc));
		return false;
	}
	if (file == NULL)
		file = in_force(change);
	if (place > 0 && !is_tried(change) &&
	    !keep(change, back->conf, file, answer))
		return false;
	CHECK(change->world.hands->put(
	    change->world.ctx, back, CHANGE_CONFIRMED, NULL));
	before_turn(&change->before, place);
	evtimer_del(change->end);
	if (place == 0)
		(void)kept_drop(in_force(change));
	stand(change, 0, place > 0);
	return true;
}

static void
change_undo(struct change *change, const char *line, struct buf *answer)
{
	size_t place = change_number(line, " steps=", 1);

	if (change->held.conf != NULL) {
		reload_done(&change->held);
		stand(change, 0, true);
	} else if (place > BEFORE_MOST ||
		   (place > 1 && place >= change->before.n)) {
		tell_refused(answer, false,
		    "so many reloads before nothing is known: 8 are kept, and "
		    "none from before the daemon began");
		return;
	} else if (before_look(&change->before, place) == NULL) {
		tell_changed(answer, false);
		return;
	} else if (!change_back(change, place, answer)) {
		return;
	}
	tell_changed(answer, true);
	change_say(change, "taken-back");
}

static void
on_change_end(evutil_socket_t fd, short what, void *arg)
{
	struct change *change = arg;
	struct buf answer = { 0 };

	(void)fd;
	(void)what;
	if (change_back(change, 1, &answer))
		change_alarm(change, "rolled-back");
	buf_done(&answer);
}

static void
change_config(struct change *change, const char *line, struct buf *answer)
{
	struct json j = { .out = answer };
	struct buf dump = { 0 };
	char *text;

	(void)line;
	conf_dump(&dump, in_force(change));
	text = buf_string(&dump);
	json_open(&j, NULL, '{');
	json_str(&j, "config", text);
	json_close(&j, '}');
	mem_free(text);
}

static const struct {
	const char *word;
	void (*act)(
	    struct change *change, const char *line, struct buf *answer);
} change_words[] = {
	{ "reload", change_reload },
	{ "confirm", change_confirm },
	{ "undo", change_undo },
	{ "config", change_config },
};

void
change_request(struct change *change, const char *line, struct buf *answer)
{
	size_t n = strcspn(line, " ");

	for (size_t i = 0; i < sizeof(change_words) / sizeof(change_words[0]);
	     i++)
		if (strlen(change_words[i].word) == n &&
		    strncmp(change_words[i].word, line, n) == 0)
			change_words[i].act(change, line, answer);
}

struct change *
change_new(const struct change_world *world, bool kept)
{
	struct change *change = mem_new(sizeof(*change), 0, 0);

	change->world = *world;
	change->end = evtimer_new(world->base, on_change_end, change);
	CHECK(change->end != NULL);
	change->standing.reload_at = (uint64_t)time(NULL);
	stand(change, 0, kept);
	return change;
}

void
change_free(struct change *change)
{
	if (change == NULL)
		return;
	reload_done(&change->held);
	before_done(&change->before);
	event_free(change->end);
	mem_free(change);
}
