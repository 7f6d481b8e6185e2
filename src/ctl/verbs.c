#include "ctl/verbs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ctl/authority_word.h"
#include "ctl/check.h"
#include "ctl/complain.h"
#include "ctl/complete.h"
#include "ctl/db.h"
#include "ctl/events.h"
#include "ctl/export.h"
#include "ctl/export_html.h"
#include "ctl/grant.h"
#include "ctl/help.h"
#include "ctl/import/ad.h"
#include "ctl/import/exim.h"
#include "ctl/import/orginfo_import.h"
#include "ctl/import/own.h"
#include "ctl/import/postfix.h"
#include "ctl/keys.h"
#include "ctl/leave.h"
#include "ctl/live.h"
#include "ctl/plan.h"
#include "ctl/ports.h"
#include "ctl/report.h"
#include "ctl/status.h"
#include "ctl/top.h"
#include "ctl/trace.h"
#include "ctl/transit.h"
#include "ctl/wizard.h"

/* clang-format off */
const struct verb_option verbs_global[] = {
	{ "topology", "FILE",   "ask this topology document, not the daemon" },
	{ "socket",   "PATH",   "the daemon's control socket" },
	{ "config",   "FILE",   "or the lsrd.conf that names it (-c FILE)" },
	{ "json",     NULL,     "answer in JSON" },
	{ "color",    "WHEN",   "colours: auto (on a terminal), always, never" },
	{ "help",     NULL,     "what lsrctl, or the verb, does" },
	{ "version",  NULL,     "the version" },
	{ NULL, NULL, NULL },
};

#define CHANGES                                                                \
	{ "cut",   "CONNECTOR",   "without this connector" },                  \
	{ "drain", "SERVER",      "with this server drained" },                \
	{ "cost",  "CONNECTOR=N", "with this cost" }

static const struct verb_option routes_options[] = {
	{ "from", "SERVER", "the server asked (document)" },
	{ "since", NULL, "since when each is as it is, and because of what" },
	CHANGES,
	{ NULL, NULL, NULL },
};

static const struct verb_option trace_options[] = {
	{ "from", "SERVER", "the server where it begins" },
	{ "message", "FILE", "the marks of a message that arrived; -: standard input" },
	CHANGES,
	{ NULL, NULL, NULL },
};

static const struct verb_option explain_options[] = {
	{ "from",     "SERVER",   "the server asked (document)" },
	{ "size",     "N",        "octets of the message; K, M, G may follow" },
	{ "sender",   "ADDRESS",  "its sender; <> is the empty one" },
	{ "priority", "PRIORITY", "urgent, normal or non-urgent" },
	{ "at",       "TIME",     "2026-11-21T14:30Z, or seconds since 1970" },
	{ "ways",     NULL,       "the way by every neighbour, and what it lost by" },
	CHANGES,
	{ NULL, NULL, NULL },
};

static const struct verb_option simulate_options[] = {
	CHANGES,
	{ NULL, NULL, NULL },
};

static const struct verb_option db_options[] = {
	{ "diff", NULL, "in what the database of this neighbour is another" },
	{ NULL, NULL, NULL },
};

static const struct verb_option check_options[] = {
	{ "undo",   NULL, "the commands that take ours out of the MTA" },
	{ "nagios", NULL, "one line, as a monitoring plugin says it" },
	{ NULL, NULL, NULL },
};

const struct verb verbs[] = {
	{ "status", NULL, 0, 0, "how the daemon is",
	    status_options, status_run, NULL },
	{ "peers", NULL, 0, 0, "its sessions with other servers",
	    NULL, live_peers, NULL },
	{ "links", NULL, 0, 0, "what it probes: connectors, members, ways",
	    NULL, live_links, NULL },
	{ "routes", NULL, 0, 0, "where each pattern goes",
	    routes_options, live_routes, plan_routes },
	{ "db", "[SERVER]", 0, 1, "the link state database, or what one says",
	    db_options, db_show, NULL },
	{ "explain", "ADDRESS", 1, 1, "where an address goes, and why",
	    explain_options, live_explain, plan_explain },
	{ "trace", "[ADDRESS]", 0, 1, "the way of an address, server by server",
	    trace_options, trace_run, trace_run },
	{ "simulate", NULL, 0, 0, "which routes a change would move",
	    simulate_options, plan_simulate, plan_simulate },
	{ "report", NULL, 0, 0, "what each single failure would cut off",
	    report_options, report_verb, report_verb },
	{ "ports", "[HOST]", 0, 1, "who listens at a mail site's ports",
	    ports_options, ports_verb, NULL },
	{ "check", NULL, 0, 0, "what deserves attention",
	    check_options, check_live, plan_check },
	{ "export json", NULL, 0, 0, "a topology document",
	    NULL, live_export, plan_export },
	{ "export netjson", NULL, 0, 0, "a NetJSON NetworkGraph",
	    NULL, export_verb_netjson, export_verb_netjson },
	{ "export dot", NULL, 0, 0, "a picture for Graphviz",
	    NULL, export_verb_dot, export_verb_dot },
	{ "export graphml", NULL, 0, 0, "a graph in GraphML",
	    NULL, export_verb_graphml, export_verb_graphml },
	{ "export html", "FILE", 1, 1, "the map in one page, with routes and what if",
	    export_html_options, export_html, export_html },
	{ "import ad", "ldap[s]://...|FILE.ldif", 1, 1,
	    "from Active Directory: sites, site links, Exchange",
	    import_ad_options, import_ad, NULL },
	{ "import exim", "[NAME=]FILE...", 1, 10000,
	    "from the routers of Exim that name hosts",
	    import_exim_options, import_exim, NULL },
	{ "import ldap", "ldap[s]://...|FILE.ldif", 1, 1,
	    "from a directory that has lsrd's own schema",
	    import_ldap_options, import_ldap, NULL },
	{ "import orginfo", "FILE", 1, 1,
	    "from a link state table of Exchange 2000 or 2003",
	    import_orginfo_options, import_orginfo, NULL },
	{ "import postfix", "[NAME=]FILE|FOLDER|HOST...", 1, 10000,
	    "from the static maps of Postfix",
	    import_postfix_options, import_postfix, NULL },
	{ "events", NULL, 0, 0, "what happened: which routes moved, and why",
	    events_options, events_show, NULL },
	{ "watch", NULL, 0, 0, "the same, as it happens",
	    events_watch_options, events_watch, NULL },
	{ "top", NULL, 0, 0, "links and what changed, drawn again and again",
	    top_options, top_run, NULL },
	{ "transit", NULL, 0, 0, "which servers may carry whose mail",
	    NULL, transit_verb, NULL },
	{ "drain", "[CONNECTOR [BRIDGEHEAD]]", 0, 2, "no transit here, or no mail by that",
	    live_drain_options, live_drain, NULL },
	{ "ready", "[CONNECTOR [BRIDGEHEAD]]", 0, 2, "end a drain",
	    NULL, live_ready, NULL },
	{ "cost", "CONNECTOR N|configured", 2, 2, "another cost, for a time",
	    live_cost_options, live_cost, NULL },
	{ "pin", "PATTERN SERVER", 2, 2, "one next hop for a pattern, for a time",
	    live_times_options, live_pin, NULL },
	{ "unpin", "PATTERN", 1, 1, "end a pin",
	    NULL, live_unpin, NULL },
	{ "freeze", NULL, 0, 0, "keep routes as they are, for a time",
	    live_times_options, live_freeze, NULL },
	{ "unfreeze", NULL, 0, 0, "let routes move again",
	    NULL, live_unfreeze, NULL },
	{ "overrides", NULL, 0, 0, "what these verbs have in force",
	    NULL, live_overrides, NULL },
	{ "reload", NULL, 0, 0, "put the configuration in force",
	    live_reload_options, live_reload, NULL },
	{ "confirm", NULL, 0, 0, "let a reload move many routes, or stay",
	    NULL, live_confirm, NULL },
	{ "undo", "[N]", 0, 1, "take the last reload back, or the last N",
	    NULL, live_undo, NULL },
	{ "config dump", NULL, 0, 0, "the configuration in force",
	    NULL, live_config_dump, NULL },
	{ "config diff", NULL, 0, 0, "what the file has that is not in force",
	    NULL, live_config_diff, NULL },
	{ "keys authority", NULL, 0, 0, "make the organization's authority",
	    keys_authority_options, keys_verb_authority, NULL },
	{ "keys issue", "[SERVER]", 0, 1, "make a server's key and certificate",
	    keys_issue_options, keys_verb_issue, NULL },
	{ "keys request", "[SERVER]", 0, 1, "ask for a certificate; the key stays here",
	    keys_request_options, keys_verb_request, NULL },
	{ "keys list", "[FILE...]", 0, 10000, "every server's certificate, the soonest end first",
	    keys_list_options, keys_verb_list, NULL },
	{ "keys mark", NULL, 0, 0, "make another mark key",
	    keys_mark_options, keys_verb_mark, NULL },
	{ "keys show", "[FILE]", 0, 1, "what a certificate allows",
	    keys_show_options, keys_verb_show, NULL },
	{ "keys revoke", "FILE|DIGEST", 1, 1, "trust a key no longer",
	    authority_revoke_options, authority_revoke, NULL },
	{ "keys enforce-connectors", NULL, 0, 0, "count what certificates allow",
	    authority_enforce_options, authority_enforce, NULL },
	{ "wizard", NULL, 0, 0, "six questions, and a first lsrd.conf",
	    wizard_options, wizard_verb, NULL },
	{ "forget", "SERVER", 1, 1, "purge what a gone server said",
	    authority_forget_options, authority_forget, NULL },
	{ "grant", "SERVER [FILE]", 1, 2, "let a server claim a list of patterns",
	    grant_options, grant_run, NULL },
	{ "leave", NULL, 0, 0, "the way out of the organization, step by step",
	    leave_options, leave_run, NULL },
	{ "inject", "FILE", 1, 1, "hand the daemon what the authority signed",
	    NULL, live_inject, NULL },
	{ "complete", "[WORD]...", 0, 1000, "what a command line may go on with",
	    NULL, complete_verb, complete_verb },
	{ "help", "[VERB|OPTION]", 0, 3, "this, all of a verb, or of an option",
	    NULL, help_run, help_run },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct verb_plain verbs_plain[] = {
	{ "export dot", NULL, "export json" },
	{ "export graphml", NULL, "export json" },
	{ "export html", NULL, "export json" },
	{ "check", "undo", NULL },
	{ "check", "nagios", "check --json" },
	{ "ports", "nft", NULL },
	{ "top", NULL, "links --json and events --json" },
	{ "wizard", NULL, NULL },
	{ "help", NULL, NULL },
	{ NULL, NULL, NULL },
};
/* clang-format on */

const struct verb_plain *
verbs_plain_of(const struct call *call)
{
	for (const struct verb_plain *p = verbs_plain; p->verb != NULL; p++)
		if (strcmp(p->verb, call->verb->name) == 0 &&
		    (p->option == NULL || call_has(call, p->option)))
			return p;
	return NULL;
}

int
call_usage(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	CHECK(vasprintf(&text, fmt, args) >= 0);
	va_end(args);
	complain_line(text);
	free(text);
	return CALL_USAGE;
}

const char *
call_option(const struct call *call, const char *name)
{
	for (size_t i = call->ngiven; i > 0; i--)
		if (strcmp(call->given[i - 1].name, name) == 0)
			return call->given[i - 1].value;
	return NULL;
}

bool
call_has(const struct call *call, const char *name)
{
	for (size_t i = 0; i < call->ngiven; i++)
		if (strcmp(call->given[i].name, name) == 0)
			return true;
	return false;
}
