/*
 * check_next_hop.c - the part of `check` that finds what a destination loses
 * when its next hop is an address: policies of TLS and passwords, which
 * Postfix keeps by the next hop as it is written.
 */

#include "ctl/check_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/chain.h"

#define DESTINATIONS_MAX 1000

/* One destination: who took it before us, and what takes it now. */
struct hop {
	char *pattern;
	char service[64], before[512]; /* transport and next hop without us */
	char *now;                     /* `[address]:port, ...` */
	bool shared;                   /* before is no next hop of its own */
};

struct hops {
	const struct postfix *p;
	struct chain transports, policies, passwords;
	VEC(struct hop) list;
	struct words relays;   /* smart hosts that senders have */
	const char *strictest; /* of relays; NULL if none has a policy */
	char *demand;          /* its policy */
};

/* What is demanded, the least first. */
static int
rank(const char *level)
{
	static const char *const levels[] = { "none", "may", "dane", "encrypt",
		"dane-only", "fingerprint", "verify", "secure" };
	size_t n = strcspn(level, " \t,");

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strlen(levels[i]) == n && strncmp(level, levels[i], n) == 0)
			return (int)i;
	return 0;
}

#define ENCRYPT 3

/* What a service of master.cf demands where no policy is found. */
static const char *
check_next_hop_level_of(const struct postfix *p, const char *service)
{
	char option[128];
	const char *level;

	snprintf(
	    option, sizeof(option), "%s/unix/smtp_tls_security_level", service);
	level = postconf_option(p, option);
	return level != NULL ? level
	                     : postconf_full(p, "smtp_tls_security_level");
}

/* The next hop that Postfix would take without our table. */
static void
before_us(const struct hops *h, struct hop *hop, const char *address)
{
	const char *relay = postconf_full(h->p, "relayhost");
	struct words keys = { { 0 } };
	char *value, *colon;

	chain_keys(&keys, address);
	value = chain_find_any(&h->transports, &keys, NULL);
	colon = value == NULL ? NULL : strchr(value, ':');
	snprintf(hop->service, sizeof(hop->service), "%.*s",
	    colon == NULL || colon == value ? 4 : (int)(colon - value),
	    colon == NULL || colon == value ? "smtp" : value);
	hop->shared = colon == NULL || colon[1] == '\0';
	if (!hop->shared)
		snprintf(hop->before, sizeof(hop->before), "%s", colon + 1);
	else
		snprintf(hop->before, sizeof(hop->before), "%s",
		    *relay != '\0' ? relay : strrchr(address, '@') + 1);
	mem_free(value);
	words_done(&keys);
}

/* As Postfix looks for a next hop: as written; a name also by `.parent`. */
static void
hop_keys(struct words *keys, const char *hop)
{
	vec_push(&keys->list, mem_str(hop));
	if (strpbrk(hop, "[:") != NULL)
		return;
	for (const char *dot = strchr(hop, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.'))
		vec_push(&keys->list, mem_str(dot));
}

/* Calls for each key of each next hop that there is. */
static void
check_next_hop_want(struct hops *h)
{
	for (size_t i = 0; i < h->relays.list.n; i++) {
		struct words keys = { { 0 } };

		hop_keys(&keys, h->relays.list.v[i]);
		for (size_t k = 0; k < keys.list.n; k++)
			chain_want(&h->policies, keys.list.v[k]);
		words_done(&keys);
	}
	for (size_t i = 0; i < h->list.n; i++) {
		struct words keys = { { 0 } };

		hop_keys(&keys, h->list.v[i].before);
		words_split(&keys, h->list.v[i].now);
		for (size_t k = 0; k < keys.list.n; k++) {
			chain_want(&h->policies, keys.list.v[k]);
			chain_want(&h->passwords, keys.list.v[k]);
		}
		words_done(&keys);
	}
}

static char *
check_next_hop_found(const struct chain *c, const char *hop)
{
	struct words keys = { { 0 } };
	char *value;

	hop_keys(&keys, hop);
	value = chain_find_any(c, &keys, NULL);
	words_done(&keys);
	return value;
}

/* The sender's smart host of which the most is demanded. */
static void
find_strictest(struct hops *h)
{
	for (size_t i = 0; i < h->relays.list.n; i++) {
		char *policy =
		    check_next_hop_found(&h->policies, h->relays.list.v[i]);

		if (policy == NULL ||
		    (h->demand != NULL && rank(policy) <= rank(h->demand))) {
			mem_free(policy);
			continue;
		}
		mem_free(h->demand);
		h->demand = policy;
		h->strictest = h->relays.list.v[i];
	}
}

/* The least that any of the next hops of now is asked for. */
static int
rank_now(const struct hops *h, const struct hop *hop)
{
	int own = rank(check_next_hop_level_of(h->p, h->p->conf->transport)),
	    least = 99;
	struct words now = { { 0 } };

	words_split(&now, hop->now);
	for (size_t i = 0; i < now.list.n; i++) {
		char *policy =
		    check_next_hop_found(&h->policies, now.list.v[i]);
		int is = policy == NULL ? own : rank(policy);

		least = is < least ? is : least;
		mem_free(policy);
	}
	words_done(&now);
	return least;
}

static void
tell_tls(const struct hops *h, const struct hop *hop, const char *before,
    const char *level)
{
	struct buf b = { 0 }, text = { 0 };
	bool clear = rank_now(h, hop) < ENCRYPT;
	char *option, *s;

	buf_printf(&text,
	    "%s: mail to %s was sent with TLS %.*s, to %s it is not",
	    hop->pattern, before, (int)strcspn(level, " \t"), level, hop->now);
	if (rank(level) > ENCRYPT)
		buf_text(&text,
		    ": to verify a name take next-hop = name, and a policy for "
		    "[name]:port");
	s = buf_string(&text);
	buf_printf(
	    &b, "%s/unix/smtp_tls_security_level", h->p->conf->transport);
	option = buf_string(&b);
	if (clear)
		postconf_want_option(h->p, CHECK_CRITICAL, option, "encrypt");
	check_find(h->p->list,
	    CHECK_ABOUT(clear ? CHECK_CRITICAL : CHECK_WARNING, "tls", NULL),
	    "%s", s);
	mem_free(option);
	mem_free(s);
}

static void
check_tls(const struct hops *h, const struct hop *hop)
{
	char *policy = check_next_hop_found(&h->policies, hop->before);
	const char *level = policy == NULL
	                        ? check_next_hop_level_of(h->p, hop->service)
	                        : policy;
	const char *before = hop->before;

	/* what has no next hop of its own went by its sender's smart host */
	if (hop->shared && h->demand != NULL && rank(h->demand) > rank(level)) {
		level = h->demand;
		before = h->strictest;
	}
	if (rank(level) > 1 && rank(level) > rank_now(h, hop))
		tell_tls(h, hop, before, level);
	mem_free(policy);
}

/* The password for a smart host is for what is outside. */
static void
check_password(const struct hops *h, const struct hop *hop)
{
	char *had = check_next_hop_found(&h->passwords, hop->before), *has;
	struct words now = { { 0 } };

	words_split(&now, hop->now);
	for (size_t i = 0; had != NULL && i < now.list.n; i++) {
		has = check_next_hop_found(&h->passwords, now.list.v[i]);
		if (has == NULL)
			check_find(h->p->list,
			    CHECK_ABOUT(CHECK_WARNING, "password",
				"where that server asks for one: an entry for "
				"the new next hop in smtp_sasl_password_maps"),
			    "%s: there was a password for %s, and is none for "
			    "%s",
			    hop->pattern, hop->before, now.list.v[i]);
		mem_free(has);
	}
	words_done(&now);
	mem_free(had);
}

/* The lines of our table that name next hops. */
static void
read_lines(struct hops *h, const char *lines)
{
	const char *transport = h->p->conf->transport;
	size_t n = strlen(transport);
	char *copy = mem_str(lines), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL &&
	       h->list.n < DESTINATIONS_MAX) {
		char *tab = strchr(line, '\t');
		struct hop hop = { 0 };

		if (tab == NULL || strncmp(tab + 1, transport, n) != 0 ||
		    tab[1 + n] != ':')
			continue;
		*tab = '\0';
		hop.pattern = mem_str(line);
		hop.now = mem_str(tab + n + 2);
		vec_push(&h->list, hop);
	}
	mem_free(copy);
}

static void
find_before(struct hops *h)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < h->list.n; i++) {
			struct words keys = { { 0 } };
			char address[600];

			snprintf(address, sizeof(address), "%s%s",
			    strchr(h->list.v[i].pattern, '@') != NULL
				? ""
				: "lsrd-check@",
			    h->list.v[i].pattern);
			chain_keys(&keys, address);
			for (size_t k = 0; pass == 0 && k < keys.list.n; k++)
				chain_want(&h->transports, keys.list.v[k]);
			if (pass == 1)
				before_us(h, &h->list.v[i], address);
			words_done(&keys);
		}
		if (pass == 0)
			chain_ask(&h->transports);
	}
}

/* A new server has no routes: those to come lack what smart hosts are asked
 * for, and the first message must not find that out. */
static void
add_to_come(struct hops *h)
{
	struct hop hop = { .service = "smtp", .shared = true };

	hop.pattern = mem_str("routes to come");
	hop.now = mem_str("other servers");
	snprintf(hop.before, sizeof(hop.before), "%s",
	    postconf_full(h->p, "relayhost"));
	vec_push(&h->list, hop);
}

/*
 * A sender's password is for his own smart host. Postfix would say it to each
 * next hop that offers a login, and mail waits where that does not know it.
 */
static void
check_login(const struct postfix *p)
{
	static const char name[] = "smtp_sender_dependent_authentication";
	char option[128];

	snprintf(
	    option, sizeof(option), "%s/unix/%s", p->conf->transport, name);
	if (strcmp(postconf_full(p, name), "yes") != 0 ||
	    postconf_option(p, option) != NULL)
		return;
	postconf_want_option(p, CHECK_CRITICAL, option, "no");
	check_find(p->list, CHECK_ABOUT(CHECK_CRITICAL, "password", NULL),
	    "%s: the passwords of senders would be said to other servers "
	    "of the organization",
	    name);
}

void
check_next_hops(const struct postfix *p, const char *lines)
{
	bool has_passwords =
	    strcmp(postconf_full(p, "smtp_sasl_auth_enable"), "yes") == 0;
	struct hops h = { .p = p };

	if (has_passwords)
		check_login(p);
	chain_open(&h.transports, p, "transport_maps");
	chain_open(&h.policies, p, "smtp_tls_policy_maps");
	chain_open(&h.passwords, p, "smtp_sasl_password_maps");
	read_lines(&h, lines);
	senders_relays(p, &h.relays);
	find_before(&h);
	if (h.list.n == 0)
		add_to_come(&h);
	check_next_hop_want(&h);
	chain_ask(&h.policies);
	chain_ask(&h.passwords);
	find_strictest(&h);
	for (size_t i = 0; i < h.list.n; i++) {
		check_tls(&h, &h.list.v[i]);
		if (!h.list.v[i].shared && has_passwords)
			check_password(&h, &h.list.v[i]);
		mem_free(h.list.v[i].pattern);
		mem_free(h.list.v[i].now);
	}
	vec_done(&h.list);
	words_done(&h.relays);
	mem_free(h.demand);
	chain_close(&h.transports);
	chain_close(&h.policies);
	chain_close(&h.passwords);
}
