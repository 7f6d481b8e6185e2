#include "core/node/link_show.h"

#include <string.h>

#include "base/json.h"
#include "core/node/link.h"
#include "core/node/node.h"
#include "core/node/probing.h"
#include "core/node/refused.h"

static uint64_t
link_show_seconds(const struct engine *e, struct mono since)
{
	return mono_since(since, e->now) / 1000;
}

static void
link_line(struct engine *e, struct json *j, const struct link *l,
    const struct setup_connector *c, const struct setup_bridgehead *b)
{
	char text[ADDR_TEXT];

	json_open(j, NULL, '{');
	if (c != NULL) {
		json_str(j, "connector", c->name);
		json_str(j, "routing_group", c->group);
		json_str(j, "bridgehead", b->name);
		json_uint(j, "cost", b->cost);
	} else {
		json_str(j, l->use & LINK_SPACE ? "space" : "server", l->name);
	}
	json_str(j, "use",
	    c != NULL              ? "connector"
	    : l->use & LINK_SPACE  ? "space"
	    : l->use & LINK_SELF   ? "self"
	    : l->use & LINK_MEMBER ? "member"
				   : "silent");
	json_str(j, "smtp", l == NULL ? "" : addr_text(&l->addr, text));
	json_str(j, "state",
	    c != NULL && c->drain ? "drain"
	    : l == NULL           ? "unknown"
				  : link_word(l->state));
	if (l != NULL && l->state == LINK_DOWN && link_reason(l) != NULL)
		json_str(j, "reason", link_reason(l));
	json_uint(j, "since_s", l == NULL ? 0 : link_show_seconds(e, l->since));
	json_uint(j, "failures", l == NULL ? 0 : l->fails);
	json_uint(j, "hold_s", l == NULL ? 0 : link_hold(l) / 1000);
	json_uint(j, "delivered", l == NULL ? 0 : l->mail.delivered);
	json_uint(j, "refused", l == NULL ? 0 : l->mail.turned);
	json_uint(j, "congestion", l == NULL ? 0 : l->mail.level.now);
	json_uint(j, "waiting", l == NULL ? 0 : l->mail.waiting);
	json_uint(j, "late", l == NULL ? 0 : l->mail.late);
	if (l != NULL)
		refused_show(e, j, &l->addr);
	json_close(j, '}');
	json_line(j);
}

/* A line for each of its addresses, or one without. */
static void
bridgehead_lines(struct engine *e, struct json *j,
    const struct setup_connector *c, const struct setup_bridgehead *b)
{
	size_t n = 0;

	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (!link_is_of(l, b))
			continue;
		link_line(e, j, l, c, b);
		n++;
	}
	if (n == 0)
		link_line(e, j, NULL, c, b);
}

void
link_show(struct engine *e, struct json *j)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++)
			bridgehead_lines(e, j, c, &c->bridgeheads[k]);
	}
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (!(l->use & LINK_CONNECTOR))
			link_line(e, j, l, NULL, NULL);
}
