/*
 * check_exim.c - the part of `check` that asks Exim: are our tables there, does
 * its configuration ask them, and what would it do.
 */

#include "ctl/check_exim.h"

#include <string.h>

#include "base/mem.h"

static void
check_exim_unread(struct exim *x)
{
	if (x->version == NULL)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_UNKNOWN, "exim",
			"in lsrd.conf: mta = none, where there is no Exim"),
		    "exim -bV tells nothing: is Exim installed here?");
	else
		check_find(x->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "exim",
			"exim -bV says the same, and is silent when it is "
			"mended"),
		    "Exim cannot read %s: %s",
		    *x->configuration == '\0' ? "its configuration"
					      : x->configuration,
		    x->complaint == NULL ? "exim -bP tells nothing"
					 : x->complaint);
}

/* What Exim makes of the lines is asked for when it has read them. */
static void
check_exim_after(const struct exim *x)
{
	if (x->wanted)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_NOTE, "exim",
			x->form == EXIM_PLAIN
			    ? "exim -bV, then kill -HUP its daemon"
			    : "update-exim4.conf, exim -bV, then systemctl "
			      "restart exim4"),
		    "Exim reads the lines above after");
}

void
check_exim(struct check_list *list, const struct conf *conf)
{
	struct exim x = {
		.list = list, .conf = conf, .tables = conf_tables(conf, "exim")
	};

	if (exim_open(&x)) {
		check_exim_tables(&x);
		check_exim_lines(&x);
		check_exim_transports(&x);
		check_exim_marks(&x);
		check_exim_options(&x);
		check_exim_after(&x);
		if (x.unasked)
			check_find(list, CHECK_ABOUT(CHECK_NOTE, "exim", NULL),
			    "not asked: what Exim would do with each pattern, "
			    "before it asks our tables");
		else
			check_exim_ask(&x);
		if (!x.wanted && !x.unasked)
			check_exim_session(&x);
		check_exim_daemon(&x);
	} else {
		check_exim_unread(&x);
	}
	exim_close(&x);
}
