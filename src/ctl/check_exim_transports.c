/*
 * check_exim_transports.c - the part of `check` for the transports of Exim that
 * connectors of lsrd.conf name: there, and with what our own has. Of a pipe it is
 * that nothing which goes wrong in there bounces, or vanishes.
 */

#include "ctl/check_exim.h"

#include <stdio.h>
#include <string.h>

#include "ctl/check_parts.h"

/* NULL: not set, or off. */
static const char *
by_value(const struct exim *x, const char *transport, const char *option)
{
	const char *is =
	    shown_value(&x->shown, SHOWN_TRANSPORTS, transport, option);

	return is == NULL || *is == '\0' || strcmp(is, "false") == 0 ||
	               strcmp(is, "no") == 0
	           ? NULL
	           : is;
}

static void
by_find(const struct exim *x, enum check_level level, const char *transport,
    const char *remedy, const char *what)
{
	char text[256];

	snprintf(
	    text, sizeof(text), "%s, in the transport %s", remedy, transport);
	check_find(x->list, CHECK_ABOUT(level, "exim", text),
	    "the transport %s, which a connector of lsrd.conf names, %s",
	    transport, what);
}

/* --- by SMTP ------------------------------------------------------------------ */

/* What lsrd's own has of these holds for mail to own servers. */
static void
by_as_ours(const struct exim *x, const char *transport)
{
	static const char *const options[] = { "hosts_require_tls",
		"hosts_require_dane", "tls_verify_certificates",
		"tls_verify_hosts", "tls_verify_cert_hostnames",
		"event_action" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *ours = by_value(x, x->conf->transport, options[i]);
		bool event = strcmp(options[i], "event_action") == 0;
		char remedy[160];

		if (ours == NULL || by_value(x, transport, options[i]) != NULL)
			continue;
		snprintf(remedy, sizeof(remedy), "%s = %s", options[i],
		    event ? "LSRD_EVENT" : ours);
		by_find(x, event ? CHECK_WARNING : CHECK_CRITICAL, transport,
		    remedy,
		    event ? "tells lsrd nothing of its deliveries"
			  : "does not demand what lsrd's own does");
	}
}

static void
by_smtp(const struct exim *x, const char *transport)
{
	const char *removes = by_value(x, transport, "headers_remove");
	const char *randomize = shown_value(
	    &x->shown, SHOWN_TRANSPORTS, transport, "hosts_randomize");

	if (removes != NULL && strstr(removes, "LSR-") != NULL)
		by_find(x, CHECK_CRITICAL, transport,
		    "headers_remove without LSR-Trace and LSR-Route",
		    "takes the marks off that the next hop needs");
	if (randomize != NULL &&
	    by_value(x, transport, "hosts_randomize") != NULL)
		by_find(x, CHECK_WARNING, transport, "hosts_randomize = false",
		    "tries next hops in any order");
	/* that of a gateway is its own */
	if (by_value(x, transport, "protocol") == NULL &&
	    by_value(x, transport, "hosts_override") != NULL)
		by_find(x, CHECK_WARNING, transport, "no hosts_override",
		    "sends to its own hosts, and not to those of a route");
	by_as_ours(x, transport);
}

/* --- a pipe --------------------------------------------------------------------- */

/* Exim bounces what would have an address of the message in its command line;
 * what a look-up has made of one (_data) it takes. */
static bool
by_is_tainted(const char *command)
{
	static const char *const names[] = { "local_part", "domain",
		"sender_address", "recipients" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *at = command;

		while ((at = strstr(at, names[i])) != NULL) {
			bool is =
			    at > command && (at[-1] == '$' || at[-1] == '{');

			at += strlen(names[i]);
			if (is && strncmp(at, "_data", 5) != 0)
				return true;
		}
	}
	return false;
}

static void
by_pipe(const struct exim *x, const char *transport)
{
	const char *temporary = by_value(x, transport, "temp_errors");
	const char *command = by_value(x, transport, "command");

	if (command != NULL && by_is_tainted(command))
		by_find(x, CHECK_CRITICAL, transport,
		    "$SENDER and $RECIPIENT of its environment in the program",
		    "has an address of the message in its command: Exim "
		    "bounces that as tainted");
	if (by_value(x, transport, "ignore_status") != NULL)
		by_find(x, CHECK_CRITICAL, transport, "no ignore_status",
		    "loses what its command fails at");
	if (temporary == NULL || strcmp(temporary, "*") != 0)
		by_find(x, CHECK_CRITICAL, transport, "temp_errors = *",
		    "bounces what its command fails at");
	if (by_value(x, transport, "timeout_defer") == NULL)
		by_find(x, CHECK_CRITICAL, transport, "timeout_defer",
		    "bounces what its command hangs at");
	if (by_value(x, transport, "freeze_signal") == NULL)
		by_find(x, CHECK_WARNING, transport, "freeze_signal",
		    "bounces what kills its command");
}

static void
check_exim_by(struct exim *x, const char *transport)
{
	const char *driver = by_value(x, transport, "driver");

	if (driver == NULL)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "exim",
			"TRANSPORTS of lsrd-exim(7) has some to copy"),
		    "there is no transport %s, to which lsrd.conf has mail of "
		    "a connector handed: it waits",
		    transport);
	else if (strcmp(driver, "smtp") == 0)
		by_smtp(x, transport);
	else if (strcmp(driver, "pipe") == 0)
		by_pipe(x, transport);
}

void
check_exim_transports(struct exim *x)
{
	struct words names = { { 0 } };

	check_transport_names(&x->conf->setup, &names);
	for (size_t i = 0; i < names.list.n; i++)
		check_exim_by(x, names.list.v[i]);
	words_done(&names);
}
