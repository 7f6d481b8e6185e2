/*
 * check_relay.c - the part of `check` that asks for whom this server relays,
 * and to whom: own servers may, recipients of the organization are not
 * refused for want of a list, and those who do not exist are found out before
 * a message is taken.
 */

#include "ctl/check_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/undo.h"

#define VERIFY "reject_unverified_recipient"

/* `user@a.b.dom` is asked as `.dom`, however deep below it: a key of ours that
 * Postfix does not look for by itself. So many labels a key has at most; no
 * organization's domain has more. */
#define KEY_LABELS 6

/* The keys of a table, as postmap lists them; NULL where it cannot. */
static char *
keys_of(const struct postfix *p, const char *table)
{
	struct postfix_run run = { "postmap", "-s", table, NULL, NULL };

	return postfix_run(p, &run);
}

static bool
claimed_here(const struct conf *conf, const char *pattern)
{
	for (size_t i = 0; i < conf->setup.nspaces; i++)
		if (strcmp(conf->setup.spaces[i].pattern, pattern) == 0)
			return true;
	return false;
}

/* The patterns that others claim, and that mail is taken for. */
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

/* The tables that find a recipient's domain, or the `.parent` of it that has so
 * many labels, in those named. */
static void
lookups(
    struct buf *out, unsigned labels, const char *before, const char *tables)
{
	bool joins = out->n > 0 && out->p[out->n - 1] != ' ';

	buf_printf(out, "%s%spipemap:{regexp:{{/@", joins ? ", " : "", before);
	if (labels == 0)
		buf_text(out, "(.+)");
	else
		buf_printf(out, ".+((\\.[^.@]+){%u})", labels);
	buf_printf(out, "$$/ $$1}}, %s}", tables);
}

/* --- recipients ------------------------------------------------------------- */

static void
put_service(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++)
		buf_printf(out, *name == '.' ? "[%c]" : "%c", *name);
}

/* Says OK of what other servers deliver, as our table has it from moment to
 * moment, a hold too, and nothing of what this one does; the caller's. */
static char *
delivered_elsewhere(const struct postfix *p)
{
	struct words names = { { 0 } };
	struct buf b = { 0 };

	check_transport_names(&p->conf->setup, &names);
	buf_printf(
	    &b, "lmdb:%s/transport, regexp:{{/^(", p->conf->table_directory);
	put_service(&b, p->conf->transport);
	buf_u8(&b, '|');
	put_service(&b, p->conf->hold_transport);
	for (size_t i = 0; i < names.list.n; i++) {
		buf_u8(&b, '|');
		put_service(&b, names.list.v[i]);
	}
	words_done(&names);
	buf_text(&b, "):/ OK}}");
	return buf_string(&b);
}

/* Whether a table with these keys names a user of the domain. */
static bool
names(const char *keys, const char *domain)
{
	char user[300];

	snprintf(user, sizeof(user), "@%s\t", domain);
	return keys != NULL && strstr(keys, user) != NULL;
}

/* Leaves those of whom no table of the site lists a user; false where one
 * cannot be listed. */
static bool
find_unlisted(const struct postfix *p, struct words *domains)
{
	struct words maps = { { 0 } };
	bool known = true;

	words_split(&maps, postconf_full(p, "relay_recipient_maps"));
	for (size_t i = 0; i < maps.list.n; i++) {
		char *keys = keys_of(p, maps.list.v[i]);

		known = known && keys != NULL;
		for (size_t k = 0; k < domains->list.n;) {
			if (!names(keys, domains->list.v[k])) {
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

static void
want_recipients(const struct postfix *p, const char *tables, bool known)
{
	struct buf line = { 0 };
	char *value;

	buf_text(&line, postconf_raw(p, "relay_recipient_maps"));
	for (unsigned i = 0; i <= KEY_LABELS; i++)
		lookups(&line, i, "", tables);
	value = buf_string(&line);
	postconf_want(p, known ? CHECK_CRITICAL : CHECK_WARNING,
	    "relay_recipient_maps", value,
	    known ? "relay_recipient_maps lists no user of the domains that "
		    "other servers deliver: they are refused"
		  : "relay_recipient_maps cannot be listed: users of other "
		    "servers whom it does not have are refused");
	mem_free(value);
}

/*
 * A list of the site's is kept, for its own domains, and joined by what lets
 * in those of others, whoever claims them and whenever: a new server knows
 * none of them. False where the site has no list, or one of theirs too.
 */
static bool
check_recipients(const struct postfix *p, struct words *domains)
{
	const char *is = postconf_full(p, "relay_recipient_maps");
	bool any = domains->list.n > 0, joins = *is != '\0', known;
	char *tables;

	if (!joins)
		return false;
	tables = delivered_elsewhere(p);
	if (strstr(is, tables) == NULL) {
		known = find_unlisted(p, domains);
		joins = !any || !known || domains->list.n > 0;
		if (joins)
			want_recipients(p, tables, known);
	}
	mem_free(tables);
	return joins;
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
	struct buf b = { 0 };
	char *tables;

	buf_printf(
	    &b, "lmdb:%s/domains, static:" VERIFY, p->conf->table_directory);
	tables = buf_string(&b);
	for (unsigned i = 0; i <= KEY_LABELS; i++)
		if (i == 0 ? gaps->verify : gaps->below)
			lookups(line, i, "check_recipient_access ", tables);
	mem_free(tables);
}

/*
 * Own servers stand before the word that refuses strangers' destinations;
 * verification stands behind it, so that nobody has foreign addresses probed.
 */
static void
check_relay_fill(
    const struct postfix *p, struct buf *line, const struct gaps *gaps)
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

/* Whether recipients of our domains are verified, or listed by the site:
 * `joined` says that its list has what others deliver, whoever it is for. */
static bool
verifies(const struct postfix *p, bool joined)
{
	const char *listed = postconf_full(p, "relay_recipient_maps");

	return strstr(postconf_full(p, "smtpd_relay_restrictions"), VERIFY) !=
	           NULL ||
	       strstr(postconf_full(p, "smtpd_recipient_restrictions"),
		   VERIFY) != NULL ||
	       (*listed != '\0' && !joined);
}

static void
check_restrictions(const struct postfix *p, bool joined, bool below)
{
	const char *relay = postconf_full(p, "smtpd_relay_restrictions");
	struct gaps gaps = { .name = *relay == '\0'
		                         ? "smtpd_recipient_restrictions"
		                         : "smtpd_relay_restrictions" };
	const char *is = postconf_full(p, gaps.name);
	struct buf line = { 0 };
	char *value;

	gaps.servers = strstr(is, "/" SETUP_SERVERS) == NULL;
	gaps.verify = !verifies(p, joined);
	gaps.below = below && strstr(is, "[^.@]+") == NULL &&
	             (gaps.verify || strstr(is, "static:" VERIFY) != NULL);
	if (!gaps.servers && !gaps.verify && !gaps.below)
		return;
	check_relay_fill(p, &line, &gaps);
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
	bool joined, below;

	find_remote(p, &remote);
	below = any_below(&remote);
	check_parents(p);
	joined = check_recipients(p, &remote);
	check_restrictions(p, joined, joined || below);
	check_memory(p);
	words_done(&remote);
}
