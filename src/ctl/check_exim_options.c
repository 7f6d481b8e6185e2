/*
 * check_exim_options.c - the part of `check` that looks for options of Exim that
 * stop mail on the way that our routers give it: have it wait for nobody, send
 * it elsewhere, or end it before its time.
 */

#include "ctl/check_exim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "ctl/value.h"
#include "plugins/exim/cdb_file.h"

#define LIFETIME_LEAST_S (4 * 86400)
#define BODY_LEAST 20000
#define KEYS_MAX 1000
#define TRIES_LEAST 4 /* next hops of a route */

/* --- domains that wait ---------------------------------------------------------- */

/* Which of our keys a domain list meets is for Exim to say. */
struct exim_held {
	const char *list;
	struct buf ask;
	size_t n;
};

static bool
on_held_key(void *ctx, const char *key, const char *value)
{
	struct exim_held *h = ctx;
	const char *at = strchr(key, '@');

	(void)value;
	if (*key == '@' || at != NULL)
		return true;
	buf_printf(&h->ask, "${if match_domain{%s%s}{%s}{%s}}\n",
	    *key == '.' ? "lsrd-check" : "", key, h->list, key);
	return ++h->n < KEYS_MAX;
}

/* The first key that is answered by its name; the caller's, NULL. */
static char *
first_held(const struct exim *x, const char *list)
{
	struct exim_held h = { .list = list };
	char *path = exim_table(x, "transport.cdb"), *ask, *said;
	struct cdb_file *file = NULL;
	const char *at;

	if (cdb_file_open(&file, path) == RC_OK) {
		cdb_file_walk(file, on_held_key, &h);
		cdb_file_free(file);
	}
	mem_free(path);
	ask = buf_string(&h.ask);
	said = h.n == 0 ? NULL : exim_run(x, "-be", NULL, ask);
	mem_free(ask);
	for (at = said; at != NULL; at = str_next_line(at)) {
		size_t n;

		while (*at == '>' || *at == ' ')
			at++;
		n = strcspn(at, "\n");
		if (n > 0) {
			char *key = strncmp(at, "Failed", 6) == 0
			                ? NULL
			                : mem_dup(at, n);

			mem_free(said);
			return key;
		}
	}
	mem_free(said);
	return NULL;
}

static void
check_exim_held(const struct exim *x)
{
	static const struct {
		const char *option, *what;
	} lists[] = {
		{ "hold_domains", "is never delivered" },
		{ "queue_domains", "waits for the queue runner" },
		{ "queue_smtp_domains", "waits for the queue runner" },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *is =
		    shown_value(&x->shown, SHOWN_MAIN, "", lists[i].option);
		char remedy[128], *key;

		if (is == NULL || *is == '\0' || strchr(is, '\n') != NULL)
			continue;
		key = first_held(x, is);
		snprintf(remedy, sizeof(remedy), "take the domain out of %s",
		    lists[i].option);
		if (key != NULL)
			check_find(x->list,
			    CHECK_ABOUT(CHECK_WARNING, "exim", remedy),
			    "%s is %s: mail for %s %s", lists[i].option, is,
			    key, lists[i].what);
		mem_free(key);
	}
}

/* --- the main section ----------------------------------------------------------- */

static bool
is_on(const struct exim *x, const char *name)
{
	const char *is = shown_value(&x->shown, SHOWN_MAIN, "", name);

	return is != NULL &&
	       (strcmp(is, "true") == 0 || strcmp(is, "yes") == 0);
}

static void
check_exim_queueing(const struct exim *x)
{
	if (is_on(x, "queue_only"))
		check_find(x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			"take queue_only out of the main section"),
		    "queue_only is set: all mail waits for the queue runner");
}

/* A message that a refused route has frozen is not to end before others. */
static void
check_exim_frozen(const struct exim *x)
{
	char *is = exim_option(x, "timeout_frozen_after");
	long s = is == NULL ? 0 : value_seconds(is, 's');

	if (s > 0 && s < LIFETIME_LEAST_S)
		check_find(x->list,
		    CHECK_ABOUT(
			CHECK_WARNING, "exim", "timeout_frozen_after = 7d"),
		    "timeout_frozen_after is %s: what a next hop will not "
		    "relay is frozen, and bounces after that",
		    is);
	mem_free(is);
}

/* The text of a bounce that says why is beyond the first 500 octets. */
static void
check_exim_body(const struct exim *x)
{
	char *is = exim_option(x, "message_body_visible");

	if (is != NULL && atol(is) < BODY_LEAST)
		check_find(x->list,
		    CHECK_ABOUT(
			CHECK_WARNING, "exim", "message_body_visible = 20000"),
		    "message_body_visible is %s: a bounce is not seen to be "
		    "for a refused route, and what a next hop will not relay "
		    "bounces",
		    is);
	mem_free(is);
}

/* --- the transport -------------------------------------------------------------- */

static const char *
of_transport(const struct exim *x, const char *option)
{
	const char *is = shown_value(
	    &x->shown, SHOWN_TRANSPORTS, x->conf->transport, option);

	return is == NULL || *is == '\0' || strcmp(is, "false") == 0 ||
	               strcmp(is, "no") == 0
	           ? NULL
	           : is;
}

static void
check_exim_sends(const struct exim *x)
{
	static const struct {
		const char *option, *what;
	} rows[] = {
		{ "hosts_override",
		    "it sends to its own hosts, and not to those of a route" },
		{ "fallback_hosts", "what no next hop takes goes to hosts that "
				    "no table names" },
		{ "message_size_limit", "what is larger bounces here" },
	};
	const char *tries = of_transport(x, "hosts_max_try");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *is = of_transport(x, rows[i].option);
		char remedy[128];

		snprintf(remedy, sizeof(remedy), "take %s out of the transport",
		    rows[i].option);
		if (is != NULL)
			check_find(x->list,
			    CHECK_ABOUT(CHECK_WARNING, "exim", remedy),
			    "the transport %s has %s: %s", x->conf->transport,
			    rows[i].option, rows[i].what);
	}
	if (tries != NULL && atol(tries) < TRIES_LEAST)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			"take hosts_max_try out of the transport"),
		    "the transport %s tries %s next hops of the four that a "
		    "route may have",
		    x->conf->transport, tries);
}

/* --- retry ------------------------------------------------------------------------ */

/* Of all rules the first that meets counts. */
static void
check_exim_rules(struct exim *x)
{
	char *path = exim_table(x, "transport.cdb");
	const struct shown_line *ours =
	    shown_find(&x->shown, SHOWN_RETRY, path, NULL);

	mem_free(path);
	for (size_t i = 0; ours != NULL && i < x->shown.lines.n; i++) {
		const struct shown_line *l = &x->shown.lines.v[i];

		if (l == ours)
			return;
		if (l->section != SHOWN_RETRY || *l->value != '*' ||
		    strspn(l->value + 1, " \t") == 0)
			continue;
		check_find(x->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "exim",
			"the line that brings retry, directly below \"begin "
			"retry\""),
		    "a retry rule for all (%s) stands before ours: mail for a "
		    "next hop that is back waits for hours, and bounces where "
		    "it was away for long",
		    l->value);
		return;
	}
}

void
check_exim_options(struct exim *x)
{
	check_exim_held(x);
	check_exim_queueing(x);
	check_exim_frozen(x);
	if (shown_value(&x->shown, SHOWN_MAIN, "", "domainlist lsrd_domains") !=
	    NULL)
		check_exim_body(x);
	check_exim_sends(x);
	check_exim_rules(x);
}
