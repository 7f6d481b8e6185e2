#include "core/node/troubles.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/wall.h"
#include "core/node/asked.h"
#include "core/node/node.h"
#include "core/node/phase.h"
#include "core/node/probing.h"
#include "core/node/room.h"
#include "core/node/service.h"

/* What happens while it lasts: `text` and more are one line for a person. */
struct trouble {
	const char *word;
	bool critical;
	const char *remedy;
};

static void
troubles_put(struct json *j, const struct trouble *t, struct buf *text)
{
	char *s = buf_string(text);

	json_open(j, NULL, '{');
	json_str(j, "word", t->word);
	json_str(j, "level", t->critical ? "critical" : "warning");
	json_str(j, "text", s);
	json_str(j, "remedy", t->remedy);
	json_close(j, '}');
	mem_free(s);
}

static void
troubles_put_text(struct json *j, const struct trouble *t, const char *text)
{
	struct buf b = { 0 };

	buf_text(&b, text);
	troubles_put(j, t, &b);
}

static const char *
mta_name(const struct engine *e)
{
	static const char *const names[] = { [SETUP_POSTFIX] = "Postfix",
		[SETUP_EXIM] = "Exim",
		[SETUP_BOTH] = "Postfix or Exim" };

	return names[e->setup->mta.beside];
}

/* --- the configuration ------------------------------------------------------ */

static const struct trouble tried = { "configuration-tried", false,
	"lsrctl confirm keeps it, lsrctl undo takes it back now" };
static const struct trouble kept = { "configuration-kept", false,
	"lsrctl config diff shows it: mend the file, and lsrctl reload" };
static const struct trouble frozen = { "frozen", false,
	"lsrctl unfreeze lets them move" };

static void
show_configuration(struct engine *e, struct json *j)
{
	const struct setup_standing *is = &e->setup->standing;
	char at[WALL_TEXT];
	struct buf text = { 0 };

	if (is->tried_until != 0) {
		buf_printf(&text,
		    "a configuration is tried: it is taken back at %s unless "
		    "it is confirmed",
		    wall_text(is->tried_until, at));
		troubles_put(j, &tried, &text);
	}
	if (is->kept)
		troubles_put_text(j, &kept,
		    "the file is not in force: what it has was held, taken "
		    "back, or not confirmed in time");
}

/* That the table stays as it is, and since when it would be another. */
static void
show_frozen(struct engine *e, struct json *j)
{
	const struct override *one = override_freeze(&e->overrides);
	char at[WALL_TEXT];
	struct buf text = { 0 };

	if (one == NULL)
		return;
	buf_printf(&text,
	    "routes are frozen until %s: %zu would be others by now",
	    wall_text(one->why.until, at), e->overrides.differ);
	troubles_put(j, &frozen, &text);
}

static const struct trouble revoked = { "own-key-revoked", true,
	"another key: lsrctl keys request --directory of a new folder, keys "
	"issue --request where the authority is, and key and certificate in "
	"lsrd.conf name the new ones" };

/* Whose key was revoked hears it from the authority's word, or as a reason
 * when others close. */
static void
show_revoked(const struct engine *e, struct json *j)
{
	char hex[2 * CRYPTO_DIGEST + 1], at[WALL_TEXT];
	struct lsa_key key = {
		.origin = "", .id = hex, .type = LSA_REVOCATION
	};
	const struct lsa *word = NULL;
	struct buf text = { 0 };

	if (e->setup->claims != NULL) {
		lsa_digest_text(e->setup->claims->key, hex);
		word = lsdb_find(&e->db, &key);
	}
	if (word != NULL) {
		buf_printf(&text,
		    "the authority revoked this server's key at %s: no other "
		    "has a session with it, or takes its word",
		    wall_text(lsa_issued(word), at));
		troubles_put(j, &revoked, &text);
		return;
	}
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n)) {
		const struct nbr *nbr = tree_entry(n, struct nbr, node);

		if (nbr->told != NULL && strcmp(nbr->told, "revoked-key") == 0)
			buf_printf(&text, "%s%s",
			    text.n == 0 ? "this server's key was revoked, say "
					: ", ",
			    nbr->name);
	}
	if (text.n > 0)
		troubles_put(j, &revoked, &text);
}

static const struct trouble differing = { "database-differs", false,
	"lsrctl db --diff with its name shows in what; where it stays so one "
	"of "
	"the two refuses what the other says: lsa-refused in both logs" };

static void
show_differing(const struct engine *e, struct json *j)
{
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n)) {
		const struct nbr *nbr = tree_entry(n, struct nbr, node);
		struct buf text = { 0 };

		if (!nbr->differing.told)
			continue;
		buf_printf(&text,
		    "the database of %s has been another for %" PRIu64 " s",
		    nbr->name, mono_since(nbr->differing.since, e->now) / 1000);
		troubles_put(j, &differing, &text);
	}
}

/* --- whom it knows ----------------------------------------------------------- */

static const struct trouble undialled = { "nobody-dialled", false,
	"peer or srv-domain of lsrd.conf says whom; or it waits for who has it "
	"in his, and is let in" };
static const struct trouble unfound = { "nobody-found", false,
	"lsrctl db SERVER shows which group it is of, as its certificate says; "
	"where nobody is to come the connector goes" };

/* Alone, and nothing it could do about it. */
static bool
is_undialled(const struct engine *e)
{
	return e->table.alone && e->setup->npeers == 0 &&
	       tree_first(&e->nbrs) == NULL;
}

/* Connectors that name nobody, each to a group of which nobody is known. */
static void
show_unfound(const struct engine *e, struct json *j)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];
		struct buf text = { 0 };

		if (!c->any || c->nbridgeheads > 0)
			continue;
		buf_printf(&text,
		    "connector %s leads nowhere: no server of %s is known",
		    c->name, c->group);
		troubles_put(j, &unfound, &text);
	}
}

/* Who has nobody to ask finds nobody: that is the one thing to say. */
static void
show_unknown(const struct engine *e, struct json *j)
{
	if (is_undialled(e))
		troubles_put_text(j, &undialled,
		    "this server dials nobody: lsrd.conf has no peer and no "
		    "srv-domain that names one, and no other server is known");
	else
		show_unfound(e, j);
}

/* --- coming back ------------------------------------------------------------ */

static const struct trouble returning = { "returning", false,
	"10 s at most once a session is full: lsrctl peers shows which is not, "
	"and why" };

/* The first of what it waits for, in the order of phase.c. */
static void
show_returning(struct engine *e, struct json *j)
{
	struct buf text = { 0 }, names = { 0 };
	char *missing;

	buf_text(&text, "no transit yet: this server has just started and "
			"waits for ");
	if (e->phase == PHASE_PUBLISHING)
		buf_text(&text, "its first table");
	else if (!asked_ready(e))
		buf_printf(&text, "word of how %s is configured", mta_name(e));
	else if (!probing_connectors_tried(e))
		buf_text(&text, "the first probes of its connectors");
	else if (!phase_any_full(e))
		buf_text(&text, "a session to be full");
	else if (phase_all_back(e, &names) || names.n == 0)
		buf_text(&text, "its peers");
	if (names.n > 0) {
		missing = buf_string(&names);
		buf_text(&text, missing);
		mem_free(missing);
	}
	troubles_put(j, &returning, &text);
}

/* --- starting ---------------------------------------------------------------- */

/* Of Postfix, of Exim, and of both. */
static const struct trouble unasking[] = {
	{ "mta-asks", false,
	    "lsrctl check prints the commands that are missing; seen 10 s "
	    "after" },
	{ "mta-asks", false,
	    "lsrctl check prints the lines that are missing; seen 10 s "
	    "after" },
	{ "mta-asks", false,
	    "lsrctl check prints what is missing; seen 10 s after; where that "
	    "one takes no mail: the other one's name for mta in lsrd.conf" },
};
static const struct trouble unread[] = {
	{ "mta-unread", false,
	    "see whether postconf -n works for the user that lsrd runs as" },
	{ "mta-unread", false,
	    "see whether exim -bP config works for the user that lsrd runs as; "
	    "where its file is closed he is to be in the group Debian-exim" },
	{ "mta-unread", false,
	    "see whether postconf -n and exim -bP config work for the user "
	    "that lsrd runs as" },
};
static const struct trouble unread_yet[] = {
	{ "mta-unread", false,
	    "see whether postconf -n works for the user that lsrd runs as; "
	    "where there is no Postfix: mta = none" },
	{ "mta-unread", false,
	    "see whether exim -bP config works for the user that lsrd runs as; "
	    "where there is no Exim: mta = none" },
	{ "mta-unread", false,
	    "see whether postconf -n and exim -bP config work for the user "
	    "that lsrd runs as; where one of them is not there: the other "
	    "one's name for mta in lsrd.conf" },
};

static const struct trouble written_now = { "mta-unread", false,
	"it is read again within 10 s of the last change" };

static const char *
or_reason(const struct engine *e, const char *otherwise)
{
	return e->asked.mta.missing[0] != '\0' ? e->asked.mta.missing
	                                       : otherwise;
}

/* The verdict that we act by, and what the last reading was. That somebody is
 * changing what was well is no trouble: it is read again at once. */
static void
show_asked(const struct engine *e, struct json *j)
{
	bool known = e->asked.mta.asks != MTA_UNKNOWN;
	enum setup_beside beside = e->setup->mta.beside;
	struct buf text = { 0 };

	if (e->setup->mta.none ||
	    (e->asked.verdict == MTA_YES &&
		(known || !e->asked.told || e->asked.mta.writing)))
		return;
	if (e->asked.verdict == MTA_YES) {
		buf_printf(&text,
		    "how %s is configured cannot be read (%s): what was "
		    "found before stands",
		    mta_name(e), or_reason(e, "no answer"));
		troubles_put(j, &unread[beside], &text);
	} else if (e->asked.verdict == MTA_UNKNOWN) {
		buf_printf(&text,
		    "no transit: whether %s asks our tables is not known "
		    "yet (%s)",
		    mta_name(e), or_reason(e, "not read yet"));
		troubles_put(j,
		    e->asked.mta.writing ? &written_now : &unread_yet[beside],
		    &text);
	} else {
		buf_printf(&text, "no transit: %s %s: %s", mta_name(e),
		    known ? "does not ask our tables, or lacks their services"
			  : "did not ask our tables, and cannot be read now",
		    or_reason(e, asked_default_word(e->setup)));
		troubles_put(j, &unasking[beside], &text);
	}
}

static const struct trouble behind = { "table-behind", true,
	"the log has publish-failed or publisher-killed: is the disk full?" };

static void
show_behind(const struct engine *e, struct json *j)
{
	struct buf text = { 0 };

	if (!e->table.late.behind)
		return;
	buf_printf(&text,
	    "no transit: the published table is %" PRIu64
	    " s behind what is known",
	    mono_since(e->table.late.since, e->now) / 1000);
	troubles_put(j, &behind, &text);
}

/* --- this host --------------------------------------------------------------- */

static const struct trouble silent[] = {
	{ "mta-state", true,
	    "postfix status, then postfix start; where it runs: "
	    "inet_interfaces of main.cf, and smtp of lsrd.conf, say where it "
	    "listens and is asked" },
	{ "mta-state", true,
	    "systemctl status exim4; where it runs: local_interfaces "
	    "(dc_local_interfaces of update-exim4.conf.conf), and smtp of "
	    "lsrd.conf, say where it listens and is asked" },
	{ "mta-state", true,
	    "postfix status and systemctl status exim4; where the one runs "
	    "that listens there: inet_interfaces of main.cf or "
	    "local_interfaces of Exim, and smtp of lsrd.conf, say where it "
	    "listens and is asked" },
};

static void
show_mta(struct engine *e, struct json *j)
{
	char address[ADDR_TEXT];

	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s)) {
		struct buf text = { 0 };

		if (!(s->use & SERVICE_SELF) || s->state != SERVICE_DOWN)
			continue;
		buf_printf(&text,
		    "this host's own mail service does not answer at %s",
		    addr_text(&s->addr, address));
		troubles_put(j, &silent[e->setup->mta.beside], &text);
	}
}

/* What a probe lacked, and where to look. */
static const struct {
	const char *reason, *text, *remedy;
} shortages[] = {
	{ "no-descriptors", "lsrd has no descriptors left",
	    "LimitNOFILE of lsrd's unit, and fs.file-max" },
	{ "no-memory", "this host has no memory left for sockets",
	    "see free and net.ipv4.tcp_mem" },
	{ "no-ports", "this host has no local ports left",
	    "see ss -s and net.ipv4.ip_local_port_range" },
	{ "too-many", "too many probes are open at once",
	    "see lsrctl links: which services do not end their sessions" },
	{ "no-network", "this host reaches no network",
	    "see ip addr and ip route" },
	{ "forbidden", "this host forbids connections to port 25",
	    "see nft list ruleset, and what the unit of lsrd allows" },
	{ "no-resolver", "the names of next hops get no answer",
	    "see resolv.conf, and NAMES in lsrd-postfix(7)" },
	{ "stalled", "lsrd was stopped for a while",
	    "see the load of this host, and whether it was suspended" },
};

static void
show_shortage(const struct engine *e, struct json *j)
{
	struct trouble t = { "own-shortage", true,
		"look at LimitNOFILE of the unit, and at the interfaces" };
	struct buf text = { 0 };
	const char *what = e->evidence.shortage;

	if (what == NULL)
		return;
	for (size_t i = 0; i < sizeof(shortages) / sizeof(shortages[0]); i++) {
		if (strcmp(shortages[i].reason, e->evidence.shortage) != 0)
			continue;
		what = shortages[i].text;
		t.remedy = shortages[i].remedy;
	}
	buf_printf(&text,
	    "probes cannot begin: %s; links and tables stay as they are "
	    "meanwhile",
	    what);
	troubles_put(j, &t, &text);
}

/* What a restart would miss, and the milter. */
static const struct {
	struct trouble t;
	const char *text;
} unwritten[FILES] = {
	[FILE_EPOCH] = { { "save-failed", true,
			     "the log has save-failed with the file: see df -h "
			     "and df -i there, and whose it is" },
	    "nothing new is said of this server: its epoch cannot be saved" },
	[FILE_STATE] = { { "save-failed", true,
			     "the log has save-failed with the file: see df -h "
			     "and df -i there, and whose it is" },
	    "what is known cannot be saved: a start would go back to what was "
	    "saved last" },
	[FILE_OVERRIDES] = { { "save-failed", true,
				 "the log has save-failed with the file: see "
				 "df "
				 "-h and df -i there, and whose it is" },
	    "what lsrctl was asked to have beside the configuration cannot be "
	    "saved: a restart would forget it" },
	[FILE_COPY] = { { "publish-copy", false,
			    "the log has publish-copy with the folder: see df "
			    "-h and df -i there, and whose it is" },
	    "the published table cannot be copied for the next start" },
	[FILE_MILTER] = { { "milter-table", false,
			      "the log has milter-table with the folder: see "
			      "df -h and df -i there, and whose it is" },
	    "the milter's table cannot be written: it goes on with the one "
	    "before" },
	[FILE_TABLE] = { { "publisher-slow", false,
			     "the log has publisher-slow with the time: is the "
			     "disk well, is the host overloaded?" },
	    "the MTA's tables are written, but late" },
};

static void
show_unwritten(const struct engine *e, struct json *j)
{
	for (size_t i = 0; i < FILES; i++) {
		struct buf text = { 0 };

		if (e->table.unwritten[i] == NULL)
			continue;
		buf_printf(
		    &text, "%s (%s)", unwritten[i].text, e->table.unwritten[i]);
		troubles_put(j, &unwritten[i].t, &text);
	}
}

static const struct trouble filling = { "lsdb-filling", false,
	"lsrctl db shows whose it is; lsrctl forget SERVER takes what a server "
	"that is gone has said" };

/* All of it, then each origin, as many as anybody reads. */
#define ORIGINS_SHOWN 8

/* One origin's share; NULL: all. True if it is told of. */
static bool
show_use(const struct engine *e, struct json *j, const struct lsdb_share *share)
{
	unsigned percent = room_percent(e, share);
	struct buf text = { 0 };

	if (percent < LIMIT_FILLING_PERCENT)
		return false;
	buf_printf(&text,
	    "%s uses %u %% of what %s may hold: beyond, nothing new is kept",
	    share == NULL ? "the database" : share->origin, percent,
	    share == NULL ? "it" : "one server");
	troubles_put(j, &filling, &text);
	return true;
}

static void
show_database(const struct engine *e, struct json *j)
{
	struct tree_node *n = tree_first(&e->db.shares);
	unsigned shown = 0;

	show_use(e, j, NULL);
	for (; n != NULL && shown < ORIGINS_SHOWN; n = tree_next(n))
		shown += show_use(e, j, tree_entry(n, struct lsdb_share, node));
}

static const struct trouble unpublished = { "table-behind", true,
	"the log has publish-failed or publisher-killed" };

void
troubles_show(struct engine *e, struct json *j)
{
	bool up = e->phase >= PHASE_RUNNING;

	json_open(j, "troubles", '[');
	if (!up)
		show_returning(e, j);
	else
		show_asked(e, j);
	if (up)
		show_unknown(e, j);
	show_revoked(e, j);
	show_differing(e, j);
	show_behind(e, j);
	if (up && !e->table.late.behind && !e->table.published_once)
		troubles_put_text(
		    j, &unpublished, "no transit: no table is published");
	show_mta(e, j);
	show_shortage(e, j);
	show_configuration(e, j);
	show_frozen(e, j);
	show_unwritten(e, j);
	show_database(e, j);
	json_close(j, ']');
}
