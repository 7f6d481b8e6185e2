/*
 * check_relay.c - the part of `check` that asks for whom this server relays,
 * and to whom: own servers may, recipients of the organization are not
 * refused for want of a list, and those who do not exist are found out before
 * a message is taken.
 */

#include "ctl/postconf.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/undo.h"

#define VERIFY "reject_unverified_recipient"

/* `user@a.dom` is asked as `.dom`: a key of ours that no parent of it is. So
 * many labels below it are looked at. */
#define LABELS_BELOW 3

/* The keys of a table of ours, as postmap lists them; "" when it has none. */
static char *
keys_of(const struct postfix *p, const char *table)
{
	struct postfix_run run = { "postmap", "-s", table, NULL, NULL };
	char *keys = postfix_run(p, &run);

	return keys == NULL ? mem_str("") : keys;
}

static bool
claimed_here(const struct conf *conf, const char *pattern)
{
	for (size_t i = 0; i < conf->setup.nspaces; i++)
		if (strcmp(conf->setup.spaces[i].pattern, pattern) == 0)
			return true;
	return false;
}

/* What others claim, and mail is taken for. */
static void
find_remote(const struct postfix *p, struct words *out)
{
	struct buf b = { 0 };
	char *table, *keys, *rest, *line;

	buf_printf(&b, "lmdb:%s/domains", p->conf->table_directory);
	table = buf_string(&b);
	keys = keys_of(p, table);
	for (rest = keys; (line = strsep(&rest, "\n")) != NULL;) {
		line[strcspn(line, "\t")] = '\0';
		if (*line != '\0' && !claimed_here(p->conf, line))
			vec_push(&out->list, mem_str(line));
	}
	mem_free(keys);
	mem_free(table);
}

static bool
any_below(const struct words *domains)
{
	for (size_t i = 0; i < domains->list.n; i++)
		if (domains->list.v[i][0] == '.')
			return true;
	return false;
}

/* The tables that find a recipient's domain in ours, then say `what`. */
static void
lookups(const struct postfix *p, struct buf *out, unsigned below,
    const char *before, const char *what)
{
	bool joins = out->n > 0 && out->p[out->n - 1] != ' ';
	const char *comma = joins ? ", " : "";

	buf_printf(out, "%s%spipemap:{regexp:{{/@", comma, before);
	for (unsigned i = 0; i < below; i++)
		buf_printf(out, "%s[^.@]+", i > 0 ? "\\." : "");
	buf_printf(out, "(%s.+)$$/ $$1}}, lmdb:%s/domains%s}",
	    below > 0 ? "\\." : "", p->conf->table_directory, what);
}

/* --- recipients ------------------------------------------------------------- */

/* The word of ours that any user below `.dom` meets; `end` as main.cf has a
 * dollar, or as it is. The caller's. */
static char *
below_word(const char *pattern, const char *end)
{
	struct buf b = { 0 };

	buf_text(&b, "regexp:{{/@.*");
	for (; *pattern != '\0'; pattern++)
		buf_printf(&b, "%s%c", *pattern == '.' ? "\\" : "", *pattern);
	buf_printf(&b, "%s/ OK}}", end);
	return buf_string(&b);
}

static bool
is_below(const char *table)
{
	return strncmp(table, "regexp:{{/@.*\\.", 15) == 0;
}

/* Whether a table, or `keys` of it, names a user of the domain. */
static bool
names(const char *table, const char *keys, const char *domain)
{
	char *below = below_word(domain, "$"), user[300];
	bool does = strcmp(table, below) == 0;

	snprintf(user, sizeof(user), "@%s\t", domain);
	does = does || (keys != NULL && strstr(keys, user) != NULL);
	mem_free(below);
	return does;
}

/* Leaves those of whom no table of the site lists a user. */
static bool
find_unlisted(const struct postfix *p, struct words *domains)
{
	struct words maps = { { 0 } };
	bool known = true;

	words_split(&maps, postconf_full(p, "relay_recipient_maps"));
	for (size_t i = 0; i < maps.list.n; i++) {
		struct postfix_run run = { "postmap", "-s", maps.list.v[i],
			NULL, NULL };
		char *keys;

		keys = postfix_run(p, &run);
		known = known && (keys != NULL || is_below(maps.list.v[i]));
		for (size_t k = 0; k < domains->list.n;) {
			if (!names(maps.list.v[i], keys, domains->list.v[k])) {
				k++;
				continue;
			}
			mem_free(domains->list.v[k]);
			domains->list.v[k] = domains->list.v[--domains->list.n];
		}
		mem_free(keys);
	}
	words_done(&maps);
	return known;
}

/* Any user of these: by tables without substitution, which is not allowed
 * there. */
static void
put_domains(struct buf *out, const struct words *domains)
{
	const char *between = ", inline:{ ";
	char *word;

	for (size_t i = 0; i < domains->list.n; i++) {
		if (domains->list.v[i][0] == '.')
			continue;
		buf_printf(out, "%s@%s=OK", between, domains->list.v[i]);
		between = ", ";
	}
	if (strcmp(between, ", ") == 0)
		buf_text(out, " }");
	for (size_t i = 0; i < domains->list.n; i++) {
		if (domains->list.v[i][0] != '.')
			continue;
		word = below_word(domains->list.v[i], "$$");
		buf_printf(out, ", %s", word);
		mem_free(word);
	}
}

static void
tell_recipients(
    const struct postfix *p, const struct words *domains, bool known)
{
	struct buf line = { 0 }, command = { 0 };
	char *value, *advice;

	if (!known)
		buf_text(&line, "relay_recipient_maps = ");
	buf_text(&line, postconf_raw(p, "relay_recipient_maps"));
	put_domains(&line, domains);
	value = buf_string(&line);
	if (known) {
		postconf_want(p, CHECK_CRITICAL, "relay_recipient_maps", value,
		    "relay_recipient_maps lists no user of a domain that "
		    "another server delivers: they are refused");
		mem_free(value);
		return;
	}
	buf_text(&command, "if it does not list them: ");
	postconf_command(&command, p, "-e", value);
	advice = buf_string(&command);
	check_find(p->list, CHECK_ABOUT(CHECK_WARNING, "postfix", advice),
	    "relay_recipient_maps cannot be listed: users of %s and others "
	    "that it does not have are refused",
	    domains->list.v[0]);
	mem_free(advice);
	mem_free(value);
}

/* A list of the site's is kept, and joined by what lets our domains in. */
static void
check_recipients(const struct postfix *p, struct words *domains)
{
	const char *is = postconf_full(p, "relay_recipient_maps");
	bool known;

	if (*is == '\0')
		return;
	known = find_unlisted(p, domains);
	if (domains->list.n > 0)
		tell_recipients(p, domains, known);
}

/* --- restrictions ------------------------------------------------------------- */

/* Where a list decides whether the recipient is one of ours at all. */
static bool
decides(const char *word)
{
	static const char *const words[] = { "reject_unauth_destination",
		"defer_unauth_destination", "permit_auth_destination", "reject",
		"defer" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* What is wanted of the list, and where it goes. */
struct gaps {
	const char *name;
	bool servers, verify, below;
};

static void
add_verify(const struct postfix *p, struct buf *line, const struct gaps *gaps)
{
	for (unsigned i = 0; i <= LABELS_BELOW; i++)
		if (i == 0 ? gaps->verify : gaps->below)
			lookups(p, line, i, "check_recipient_access ",
			    ", static:" VERIFY);
}

/*
 * Own servers stand before the word that refuses strangers' destinations;
 * verification stands behind it, so that nobody has foreign addresses probed.
 */
static void
fill(const struct postfix *p, struct buf *line, const struct gaps *gaps)
{
	const char *is = postconf_set(p, gaps->name);
	const char *at = is == NULL ? postconf_full(p, gaps->name) : is;
	struct words words = { { 0 } };
	bool servers = gaps->servers;

	words_split(&words, at);
	for (size_t i = 0; i < words.list.n; i++) {
		const char *word = words.list.v[i];
		const char *begin = strstr(at, word);
		bool last = i + 1 == words.list.n;
		bool ends =
		    strcmp(word, "permit") == 0 || strcmp(word, "reject") == 0;

		/* what is between two words stays as it is */
		buf_bytes(line, at, (size_t)(begin - at));
		at = begin + strlen(word);
		if (servers && decides(word)) {
			buf_printf(line,
			    "check_client_access cidr:%s/" SETUP_SERVERS ", ",
			    p->conf->table_directory);
			servers = false;
		}
		if (last && ends && (gaps->verify || gaps->below)) {
			add_verify(p, line, gaps);
			buf_text(line, ", ");
		}
		buf_text(line, word);
		if (last && !ends)
			add_verify(p, line, gaps);
	}
	if (servers)
		buf_printf(line, ", check_client_access cidr:%s/" SETUP_SERVERS,
		    p->conf->table_directory);
	words_done(&words);
}

/* Whether recipients of our domains are verified, or listed by the site. */
static bool
verifies(const struct postfix *p)
{
	const char *listed = postconf_full(p, "relay_recipient_maps");

	return strstr(postconf_full(p, "smtpd_relay_restrictions"), VERIFY) !=
	           NULL ||
	       strstr(postconf_full(p, "smtpd_recipient_restrictions"),
		   VERIFY) != NULL ||
	       (*listed != '\0' && !undo_is_ours(p->undo, listed) &&
		   strstr(listed, "inline:{ @") == NULL);
}

static void
check_restrictions(const struct postfix *p, bool below)
{
	const char *relay = postconf_full(p, "smtpd_relay_restrictions");
	struct gaps gaps = { .name = *relay == '\0'
		                         ? "smtpd_recipient_restrictions"
		                         : "smtpd_relay_restrictions" };
	const char *is = postconf_full(p, gaps.name);
	struct buf line = { 0 };
	char *value;

	gaps.servers = strstr(is, "/" SETUP_SERVERS) == NULL;
	gaps.verify = !verifies(p);
	gaps.below = below && strstr(is, "[^.@]+") == NULL &&
	             (gaps.verify || strstr(is, "static:" VERIFY) != NULL);
	if (!gaps.servers && !gaps.verify && !gaps.below)
		return;
	fill(p, &line, &gaps);
	value = buf_string(&line);
	postconf_want(p, CHECK_WARNING, gaps.name, value,
	    gaps.servers ? "own servers are not let through: what has to go by "
			   "this one to where it does not relay is refused"
			 : "mail is taken for users that do not exist, and "
			   "bounced to senders that are forged");
	mem_free(value);
}

/* What a hold, an outage or a mailbox that is gone has taught must not last. */
static void
check_memory(const struct postfix *p)
{
	static const char month[] =
	    "what verify(8) learns while mail is on hold lasts for a month";
	static const struct {
		const char *name, *value, *text;
	} times[] = {
		{ "address_verify_positive_refresh_time", "10m", month },
		{ "address_verify_positive_expire_time", "1h", month },
		{ "address_verify_negative_refresh_time", "10m",
		    "whom nobody could tell about is refused for three hours "
		    "after an outage" },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (postconf_set(p, times[i].name) == NULL)
			postconf_want(p, CHECK_WARNING, times[i].name,
			    times[i].value, times[i].text);
}

void
check_relay(const struct postfix *p)
{
	struct words remote = { { 0 } };
	bool below;

	find_remote(p, &remote);
	below = any_below(&remote);
	check_parents(p);
	check_recipients(p, &remote);
	check_restrictions(p, below);
	check_memory(p);
	words_done(&remote);
}
