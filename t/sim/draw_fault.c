#include "t/sim/draw.h"

#include <stdio.h>
#include <string.h>

/* --- paths ------------------------------------------------------------------- */

static const char *const cuts[] = { "", " peer", " mail", " mail one-way",
	" silent", " peer silent", " mail silent", " mail one-way silent" };

static void
cut(struct draw *d)
{
	const char *a = draw_any(d);

	if (draw_one_in(d, 4))
		draw_say(d, "cut %s all%s", a, PICK(d, cuts));
	else
		draw_say(d, "cut %s %s%s", a, draw_any(d), PICK(d, cuts));
}

static void
heal(struct draw *d)
{
	static const char *const what[] = { "", "", " peer", " mail" };
	struct draw_sets sets;

	if (draw_one_in(d, 3) && draw_split(d, &sets))
		draw_say(
		    d, "heal %s %s%s", sets.these, sets.those, PICK(d, what));
	else
		draw_say(d, "heal %s %s%s", draw_any(d),
		    draw_one_in(d, 2) ? "all" : draw_any(d), PICK(d, what));
}

static void changes(struct draw *d);
static void bury(struct draw *d);

/* Parts within parts, each of which says something new, and heals badly. */
static void
partition(struct draw *d)
{
	struct draw_sets sets;

	for (uint64_t k = 1 + draw_below(d, 3); k > 0; k--) {
		if (!draw_split(d, &sets))
			continue;
		draw_say(
		    d, "cut %s %s%s", sets.these, sets.those, PICK(d, cuts));
		draw_run(d);
		if (draw_one_in(d, 5))
			bury(d);
		else
			changes(d);
		draw_run(d);
	}
	for (uint64_t k = draw_below(d, 4); k > 0; k--) {
		heal(d);
		draw_run(d);
	}
}

static void
mute(struct draw *d)
{
	draw_say(d, "mute %s %s %s", draw_any(d),
	    draw_one_in(d, 3) ? "all" : draw_any(d),
	    draw_one_in(d, 4) ? "no" : "yes");
}

static void
delay(struct draw *d)
{
	draw_say(d, "delay %s %s %ums", draw_any(d),
	    draw_one_in(d, 3) ? "all" : draw_any(d),
	    1 + (unsigned)draw_below(d, draw_one_in(d, 3) ? 2000 : 200));
}

static void
line(struct draw *d)
{
	const char *a = draw_any(d), *b = draw_any(d);

	if (draw_one_in(d, 2))
		draw_say(d, "line %s %s rate=%u", a, b,
		    2000 + (unsigned)draw_below(d, 20000));
	else
		draw_say(d, "line %s %s fits=%u", a, b,
		    60 + (unsigned)draw_below(d, 200));
}

static void
flip(struct draw *d)
{
	draw_say(d, "flip %s %s %u", draw_any(d), draw_any(d),
	    1 + (unsigned)draw_below(d, 4));
	changes(d);
}

/* --- hosts ------------------------------------------------------------------- */

static const char *const ends[] = { "stop", "kill", "kill", "crash" };

/* It ends, something becomes of its disk, and it comes back or not yet. */
static void
restart(struct draw *d)
{
	static const char *const disks[] = { "", "", "", " lost", " old",
		" epoch-only", " copy-lost", " image-old" };
	const char *name = draw_any(d);

	draw_say(d, "%s %s", PICK(d, ends), name);
	if (draw_one_in(d, 2))
		draw_run(d);
	if (draw_one_in(d, 6))
		draw_say(
		    d, "spoil %s %s", name, draw_one_in(d, 2) ? "cut" : "flip");
	if (draw_one_in(d, 3))
		changes(d);
	if (!draw_one_in(d, 4))
		draw_say(d, "start %s%s", name, PICK(d, disks));
}

/* Another's disk is put in. */
static void
foreign(struct draw *d)
{
	const char *name = draw_any(d), *of = draw_any(d);

	draw_say(d, "%s %s", PICK(d, ends), name);
	draw_say(d, "clone %s %s", name, of);
	draw_say(d, "start %s", name);
}

static void
again(struct draw *d)
{
	draw_say(d, "start %s", draw_any(d));
}

static void
hang(struct draw *d)
{
	const char *name = draw_any(d);

	draw_say(d, "hang %s", name);
	draw_run(d);
	if (!draw_one_in(d, 4))
		draw_say(d, "resume %s", name);
}

static void
disk(struct draw *d)
{
	static const char *const how[] = { "full", "no-room", "ok" };

	draw_say(d, "disk %s %s", draw_any(d), PICK(d, how));
	changes(d);
}

static void
publisher(struct draw *d)
{
	static const char *const how[] = { "stuck", "copies", "works" };

	draw_say(d, "publisher %s %s", draw_any(d), PICK(d, how));
	changes(d);
}

static void
set_clock(struct draw *d)
{
	static const char *const times[] = { "5s", "90s", "1h", "200h",
		"90000h" };

	if (draw_one_in(d, 3))
		draw_say(d, "drift %s %d", draw_any(d),
		    (int)draw_below(d, 200000) - 100000);
	else
		draw_say(d, "clock %s %s %s", draw_any(d),
		    draw_one_in(d, 2) ? "back" : "ahead", PICK(d, times));
}

static void
shortage(struct draw *d)
{
	static const char *const of[] = { "no-descriptors", "no-descriptors",
		"no-network", "no-six", "of-nothing" };

	draw_say(d, "short %s %s", draw_any(d), PICK(d, of));
}

static void
twin(struct draw *d)
{
	const char *of = draw_any(d);

	if (d->twins == 3)
		return;
	draw_say(d, "twin t%u %s", ++d->twins, of);
	if (draw_one_in(d, 2))
		draw_say(d, "%s %s", PICK(d, ends), of);
	draw_say(d, "start t%u", d->twins);
	if (draw_one_in(d, 2)) {
		draw_run(d);
		draw_say(d, "start %s", of);
	}
}

/* --- mail services ------------------------------------------------------------- */

static void
mail(struct draw *d)
{
	const char *name = draw_any(d);

	switch (draw_below(d, 8)) {
	case 0:
	case 1:
		draw_say(d, "mail %s down", name);
		break;
	case 2:
		draw_say(d, "mail %s up", name);
		break;
	case 3:
		draw_say(d, "busy %s yes", name);
		break;
	case 4:
		draw_say(
		    d, "greets %s %us", name, 1 + (unsigned)draw_below(d, 400));
		break;
	case 5:
		draw_say(d, "takes %s none", name);
		d->settle_min = 26; /* what refused mail is damped the most */
		break;
	case 6:
		draw_say(d, "flap %s %us %us", name,
		    2 + 2 * (unsigned)draw_below(d, 5),
		    10 + (unsigned)draw_below(d, 30));
		break;
	default:
		draw_say(d, "mta %s %s", name,
		    draw_one_in(d, 2) ? "silent" : "hangs");
		break;
	}
}

static void
flow(struct draw *d)
{
	const char *slow = draw_any(d);
	const struct draw_space *to = draw_space(d);
	const char *from = draw_any(d);

	draw_say(d, "flow %s %s %u", from, to->pattern,
	    1 + (unsigned)draw_below(d, 10));
	draw_say(d, "takes %s %u", slow, 1 + (unsigned)draw_below(d, 5));
	draw_say(d, "traffic %us", 20 + (unsigned)draw_below(d, 200));
	draw_say(d, "takes %s all", slow);
	draw_say(d, "flow %s %s 0", from, to->pattern);
	d->settle_min = 40;
}

static void
more_letters(struct draw *d)
{
	draw_say(d, "post %s %u %s", draw_any(d),
	    1 + (unsigned)draw_below(d, 10), draw_space(d)->pattern);
}

/* --- what is said ---------------------------------------------------------------- */

static void
claim_new(struct draw *d)
{
	size_t host = (size_t)draw_below(d, d->n);
	char pattern[64];

	snprintf(pattern, sizeof(pattern), "new%u.example", ++d->news);
	draw_say(d, "space %s %s", d->host[host].name, pattern);
	draw_space_add(d, host, pattern);
}

static void
claim_other(struct draw *d)
{
	const struct draw_space *space = draw_space(d);

	draw_say(d, "space %s %s cost=%u", d->host[space->host].name,
	    space->pattern, (unsigned)draw_below(d, 1000));
}

static void
unclaim(struct draw *d)
{
	const struct draw_space *space = draw_space(d);

	draw_say(d, "unspace %s %s", d->host[space->host].name, space->pattern);
}

/* From one to another. */
static void
claim_moves(struct draw *d)
{
	const struct draw_space *space = draw_space(d);

	draw_say(d, "space %s %s", draw_any(d), space->pattern);
	if (draw_one_in(d, 2))
		draw_run(d);
	draw_say(d, "unspace %s %s", d->host[space->host].name, space->pattern);
}

static void
cost(struct draw *d)
{
	const struct draw_connector *c = draw_connector(d);

	if (c != NULL)
		draw_say(d, "cost %s %s %u", d->host[c->owner].name, c->name,
		    1 + (unsigned)draw_below(d, 200));
}

/* What goes by a connector, and what does not. */
static void
limit(struct draw *d)
{
	static const char *const limits[] = { "size=1000", "size=1000",
		"size=5000", "large=1000 by=mon-sun|00:00-12:00",
		"large=1000 by=tue|22:00-23:00", "deny=sender.example",
		"allow=sender.example", "size=1000 urgent", "" };
	const struct draw_connector *c = draw_connector(d);

	if (c != NULL)
		draw_say(d, "limit %s %s %s", d->host[c->owner].name, c->name,
		    PICK(d, limits));
}

static void
sized_letters(struct draw *d)
{
	draw_say(d, "post %s %u %s size=%u%s", draw_any(d),
	    1 + (unsigned)draw_below(d, 3), draw_space(d)->pattern,
	    500 + (unsigned)draw_below(d, 6000),
	    draw_one_in(d, 3) ? " from=b@other.example" : "");
}

static void
limits(struct draw *d)
{
	limit(d);
	draw_run(d);
	sized_letters(d);
}

static void
drain(struct draw *d)
{
	draw_say(
	    d, "drain %s %s", draw_any(d), draw_one_in(d, 3) ? "no" : "yes");
}

/* Of what is in force now. */
static void
overrides_show(struct draw *d, const struct draw_connector *c)
{
	static const char *const words[] = { "links", "metrics",
		"metrics links", "overrides", "transit", "status", "peers" };
	const char *name = c == NULL ? draw_any(d) : d->host[c->owner].name;

	for (uint64_t n = draw_below(d, 4); n > 0; n--) {
		draw_say(d, "run %ums", 1 + (unsigned)draw_below(d, 500));
		draw_say(d, "ask %s %s", name, PICK(d, words));
	}
}

/* By lsrctl, for a time. */
static void
override(struct draw *d)
{
	const struct draw_connector *c = draw_connector(d);
	unsigned s = 10 + (unsigned)draw_below(d, 290);

	switch (draw_below(d, c == NULL ? 2 : 6)) {
	case 0:
		draw_say(d, "ask %s freeze for=%u", draw_any(d), s);
		break;
	case 1:
		draw_say(d, "ask %s drain for=%u", draw_any(d), s);
		break;
	case 2:
		draw_say(d, "ask %s drain connector=%s for=%u",
		    d->host[c->owner].name, c->name, s);
		break;
	case 5:
		draw_say(d,
		    "ask %s drain connector=%s bridgehead=%s.sim for=%u "
		    "by=eve reason=new|cable",
		    d->host[c->owner].name, c->name, draw_any(d), s);
		break;
	case 3:
		draw_say(d, "ask %s cost connector=%s cost=%u for=%u",
		    d->host[c->owner].name, c->name,
		    1 + (unsigned)draw_below(d, 200), s);
		break;
	default:
		draw_say(d, "ask %s pin pattern=%s hop=%s.sim for=%u",
		    draw_any(d), draw_space(d)->pattern, draw_any(d), s);
		break;
	}
	overrides_show(d, c);
}

/* --- keys ------------------------------------------------------------------------ */

static void
rekey(struct draw *d)
{
	draw_say(d, "rekey %s", draw_any(d));
}

static void
remark(struct draw *d)
{
	draw_say(d, "remark %s", draw_any(d));
}

static void
forge(struct draw *d)
{
	static const char *const kinds[] = { "last", "leap", "counter", "old",
		"broken", "purge", "twin", "stranger", "boast" };
	const char *whom = draw_any(d), *by = draw_any(d);

	draw_say(d, "forge %s %s by %s to %s", PICK(d, kinds), whom, by,
	    draw_any(d));
}

/* It is gone for good, or comes back with another key, or as another. */
static void
bury(struct draw *d)
{
	const char *name = draw_any(d);

	draw_say(d, "crash %s", name);
	draw_say(d, "run %ums", 1000 + (unsigned)draw_below(d, 9000));
	draw_say(d, "%s %s at %s", draw_one_in(d, 3) ? "revoke" : "forget",
	    name, draw_any(d));
	if (draw_one_in(d, 2))
		return;
	draw_run(d);
	if (draw_one_in(d, 2))
		draw_say(d, "rekey %s", name);
	draw_say(d, "start %s%s", name, draw_one_in(d, 2) ? " lost" : "");
}

static void
rebuilt(struct draw *d)
{
	const char *name = draw_any(d);

	draw_say(d, "crash %s", name);
	draw_run(d);
	draw_say(d, "rekey %s", name);
	draw_say(d, "start %s lost", name);
}

/* Another's disk, as of a backup. */
static void
renamed(struct draw *d)
{
	const struct draw_space *space = draw_space(d);
	const char *was = d->host[space->host].name, *is = draw_any(d);

	if (was == is)
		return;
	draw_say(d, "crash %s", was);
	draw_say(d, "kill %s", is);
	draw_say(d, "clone %s %s", is, was);
	draw_say(d, "space %s %s", is, space->pattern);
	draw_say(d, "start %s", is);
	draw_run(d);
	draw_say(d, "forget %s at %s", was, is);
}

/* Somebody certified means ill, and is found out, or is mended. */
static void
insider(struct draw *d)
{
	const char *name = draw_any(d);

	draw_say(d, "insider %s %u", name, 1 + (unsigned)draw_below(d, 4));
	draw_run(d);
	if (draw_one_in(d, 3))
		return;
	draw_say(d, "crash %s", name);
	draw_say(d, "run 5s");
	draw_say(d, "%s %s at %s", draw_one_in(d, 3) ? "revoke" : "forget",
	    name, draw_any(d));
}

static void
enforce(struct draw *d)
{
	draw_say(d, "may all *");
	draw_say(d, "enforce yes at %s", draw_any(d));
}

static void
changes(struct draw *d)
{
	static void (*const all[])(struct draw *) = { claim_new, claim_new,
		claim_other, claim_other, unclaim, claim_moves, cost, drain,
		rekey, remark };

	all[draw_below(d, sizeof(all) / sizeof(all[0]))](d);
}

void
draw_fault(struct draw *d)
{
	static void (*const all[])(struct draw *) = { cut, cut, heal, partition,
		partition, mute, delay, line, flip, restart, restart, restart,
		restart, again, hang, disk, publisher, set_clock, shortage,
		twin, mail, mail, mail, draw_asking, draw_asking, draw_told,
		draw_told, draw_shell, flow, limits, limits, sized_letters,
		more_letters, changes, changes, changes, override, forge, forge,
		bury, rebuilt, renamed, enforce, insider, foreign };

	all[draw_below(d, sizeof(all) / sizeof(all[0]))](d);
}
