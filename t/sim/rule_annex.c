/* rule_annex.c - what an engine wants in the milter's table besides the routes
 * is whole, and what it says to be kept of it is. */

#include <string.h>

#include "base/rc.h"
#include "t/sim/rule.h"

/* What it says to be as before is. */
static void
annex_kept(struct world *world, struct node *node, const struct effect *fx,
    const struct mtable_annex *annex)
{
	struct mtable_annex before;

	if (node->annex_life != node->life ||
	    mtable_annex_decode(node->besides.p, node->besides.n, &before) !=
		RC_OK)
		return;
	for (unsigned i = 0; i < MTABLE_PARTS; i++) {
		struct cur was = mtable_annex_part(&before, i);
		struct cur is = mtable_annex_part(annex, i);

		if ((fx->kept >> i & 1) != 0 &&
		    (was.left != is.left ||
			(is.left > 0 && memcmp(was.p, is.p, is.left) != 0)))
			world_fail(world,
			    "%s: part %u of its annex is not kept", node->name,
			    i);
	}
}

void
rule_annex(struct world *world, struct node *node, const struct effect *fx)
{
	/* A configuration that waits to be confirmed is in force in nothing. */
	const struct setup *conf =
	    node->in_force != NULL ? node->in_force : &node->conf;
	struct mtable_annex annex;

	if (mtable_annex_decode(fx->bytes, fx->len, &annex) != RC_OK)
		world_fail(world, "%s: a bad annex", node->name);
	else if (annex.nkeys < conf->announced.nmark)
		world_fail(world, "%s: mark keys are missing", node->name);
	else if (node->annex_life == node->life &&
		 mtable_order(annex.version, node->annex) < 0)
		world_fail(world, "%s: an older annex", node->name);
	annex_kept(world, node, fx, &annex);
	buf_reset(&node->besides);
	buf_bytes(&node->besides, fx->bytes, fx->len);
	node->annex = annex.version;
	node->annex_life = node->life;
}
