#include "t/sim/draw.h"

#include <stdio.h>
#include <string.h>

/* Also what makes no sense: %s is a pattern, a host or a connector. */
static const struct {
	char of; /* of them */
	const char *words;
} questions[] = {
	{ 'h', "status" },
	{ 'h', "peers" },
	{ 'h', "links" },
	{ 'h', "transit" },
	{ 'h', "metrics" },
	{ 'h', "export" },
	{ 'h', "overrides" },
	{ 'h', "routes" },
	{ 'h', "db" },
	{ 'h', "db of=%s.sim brief=yes" },
	{ 'h', "db of=%s.sim type=server,space,connector" },
	{ 'h', "db after=1700000020" },
	{ 'h', "db type=nonsense" },
	{ 'h', "db %s" },
	{ 'h', "db diff nobody.sim" },
	{ 'h', "metrics links" },
	{ 'h', "drain for=60 force=yes by=bob reason=a|day" },
	{ 'h', "drain connector=none for=60" },
	{ 'h', "nonsense %s" },
	{ 'h', "db diff %s.sim" },
	{ 'h', "db diff %s.sim ask" },
	{ 'h', "inject %s" },
	{ 'h', "inject 0102" },
	{ 'h', "ready" },
	{ 'h', "unfreeze" },
	{ 'h', "freeze for=999999" },
	{ 'h', "drain until=1700000100 by=alice reason=new|disks" },
	{ 'h', "drain until=17 for=5" },
	{ 'h', "freeze" },
	{ 'p', "routes %s" },
	{ 'p', "explain u@%s" },
	{ 'p', "explain u@%s size=4000 sender=a@sender.example" },
	{ 'p', "explain u@%s at=1700040000 priority=urgent" },
	{ 'p', "explain %s" },
	{ 'p', "unpin pattern=%s" },
	{ 'p', "pin pattern=%s hop=nobody.sim for=60" },
	{ 'c', "ready connector=%s" },
	{ 'c', "uncost connector=%s" },
	{ 'c', "cost connector=%s cost=0 for=60" },
	{ 'c', "cost connector=%s cost=7 until=1700000300 by=bob" },
	{ 'c', "drain connector=%s bridgehead=nobody.sim for=60" },
};

static void
question(struct draw *d)
{
	size_t n = sizeof(questions) / sizeof(questions[0]);
	size_t i = (size_t)draw_below(d, n);
	const struct draw_connector *c = draw_connector(d);
	const char *of = questions[i].of == 'p'   ? draw_space(d)->pattern
	                 : questions[i].of == 'h' ? draw_any(d)
	                 : c == NULL              ? "none"
	                                          : c->name;
	const char *at = questions[i].of == 'c' && c != NULL
	                     ? d->host[c->owner].name
	                     : draw_any(d);
	const char *gap = strstr(questions[i].words, "%s");

	if (gap == NULL)
		draw_say(d, "ask %s %s", at, questions[i].words);
	else
		draw_say(d, "ask %s %.*s%s%s", at,
		    (int)(gap - questions[i].words), questions[i].words, of,
		    gap + 2);
}

void
draw_asking(struct draw *d)
{
	if (draw_one_in(d, 4))
		draw_say(d, "try %s", draw_any(d));
	for (uint64_t n = 1 + draw_below(d, 6); n > 0; n--)
		question(d);
}

void
draw_told(struct draw *d)
{
	static const char *const words[] = { "ok=3", "ok=1 replies=4",
		"refused=6", "failed=2", "queue waiting=420 late=100",
		"queue waiting=3", "nonsense=1", "evidence ok=1 late=2" };
	const char *a = draw_any(d), *b = draw_any(d);

	if (draw_one_in(d, 4))
		draw_say(d, "tell %s about %s route to=u@%s %s=%u", a, b,
		    draw_space(d)->pattern,
		    draw_one_in(d, 2) ? "ok" : "refused",
		    1 + (unsigned)draw_below(d, 4));
	else
		draw_say(d, "tell %s about %s %s", a, b, PICK(d, words));
	d->settle_min = 40;
}

void
draw_shell(struct draw *d)
{
	if (draw_one_in(d, 2))
		draw_say(d, "file %s %u %s", draw_any(d),
		    (unsigned)draw_below(d, 6),
		    draw_one_in(d, 2) ? "full" : "ok");
	else
		draw_say(d, "held %s %s %us", draw_any(d),
		    draw_one_in(d, 3) ? "none" : draw_space(d)->pattern,
		    1 + (unsigned)draw_below(d, 9000));
}
