/* test_troubles.c - what is wrong here, in words: why there is no transit. */

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/node/node.h"
#include "core/node/troubles.h"
#include "t/tap.h"

static char name[] = "mx1.example.org";
static const struct setup plain = { .server = name };

static char *
shown(struct engine *e)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };

	json_open(&j, NULL, '{');
	troubles_show(e, &j);
	json_close(&j, '}');
	return buf_string(&out);
}

static void
says(struct engine *e, const char *word, const char *text)
{
	char *have = shown(e), want[100];

	snprintf(want, sizeof(want), "{\"word\":\"%s\"", word);
	ck_assert_msg(strstr(have, want) != NULL, "%s", have);
	ck_assert_msg(strstr(have, text) != NULL, "%s", have);
	ck_assert_ptr_nonnull(strstr(have, "\"remedy\":\""));
	mem_free(have);
}

static void
quiet(struct engine *e)
{
	char *have = shown(e);

	ck_assert_str_eq(have, "{\"troubles\":[]}");
	mem_free(have);
}

static struct engine
running(void)
{
	return (struct engine){ .setup = &plain,
		.phase = PHASE_RUNNING,
		.table.published_once = true,
		.asked = { .told = true,
		    .verdict = MTA_YES,
		    .mta = { .asks = MTA_YES } } };
}

START_TEST(its_mta)
{
	struct engine e = running();
	struct setup none = { .server = name, .mta.none = true };

	quiet(&e);
	e.asked.verdict = e.asked.mta.asks = MTA_NO;
	strcpy(e.asked.mta.missing, "transport_maps lsrd-hold");
	says(&e, "mta-asks", "lacks their services: transport_maps lsrd-hold");
	says(&e, "mta-asks", "lsrctl check prints the commands");
	e.asked.mta.missing[0] = '\0';
	says(&e, "mta-asks", ": sender_dependent_default_transport_maps");
	e.asked.mta.asks = MTA_UNKNOWN;
	strcpy(e.asked.mta.missing, "postconf fails");
	says(&e, "mta-asks", "cannot be read now: postconf fails");
	e.asked.verdict = MTA_UNKNOWN;
	says(&e, "mta-unread", "not known yet (postconf fails)");
	e.asked.verdict = MTA_YES;
	says(&e, "mta-unread", "what was found before stands");
	e.asked.mta.writing = true; /* by whom it was well until now */
	quiet(&e);
	e.asked.verdict = MTA_UNKNOWN;
	says(&e, "mta-unread", "read again within 10 s");
	e.asked.mta.writing = false;
	e.asked.verdict = MTA_YES;
	e.asked.told = false; /* a restart: the first reading is on its way */
	quiet(&e);
	e.setup = &none;
	e.asked.verdict = MTA_UNKNOWN;
	quiet(&e);
}
END_TEST

/* The same beside Exim: its own name, and its own ways to look. */
START_TEST(its_exim)
{
	struct setup exim = { .server = name, .mta.beside = SETUP_EXIM };
	struct engine e = running();

	e.setup = &exim;
	e.asked.verdict = e.asked.mta.asks = MTA_NO;
	strcpy(e.asked.mta.missing, "a router with transport.cdb");
	says(&e, "mta-asks", "no transit: Exim does not ask our tables");
	says(&e, "mta-asks", "lsrctl check prints the lines");
	e.asked.mta.missing[0] = '\0';
	says(&e, "mta-asks", ": a router with default.cdb");
	e.asked.mta.asks = e.asked.verdict = MTA_UNKNOWN;
	strcpy(e.asked.mta.missing, "exim -bP config fails");
	says(&e, "mta-unread", "whether Exim asks our tables is not known yet");
	says(&e, "mta-unread", "no Exim: mta = none");
	e.asked.verdict = MTA_YES;
	says(&e, "mta-unread", "how Exim is configured cannot be read");
	says(&e, "mta-unread", "group Debian-exim");
	e.asked.told = false;
	e.phase = PHASE_RETURNING;
	e.now.ms = 1;
	e.asked.verdict = MTA_UNKNOWN;
	says(&e, "returning", "word of how Exim is configured");
}
END_TEST

/* And beside both. */
START_TEST(its_two)
{
	struct setup both = { .server = name, .mta.beside = SETUP_BOTH };
	struct engine e = running();

	e.setup = &both;
	e.asked.verdict = e.asked.mta.asks = MTA_NO;
	strcpy(e.asked.mta.missing, "exim: a router with transport.cdb");
	says(&e, "mta-asks", "Postfix or Exim does not ask our tables");
	says(&e, "mta-asks", ": exim: a router with transport.cdb");
	says(&e, "mta-asks", "the other one's name for mta in lsrd.conf");
	e.asked.mta.missing[0] = '\0';
	says(
	    &e, "mta-asks", "of Postfix, or a router of Exim with default.cdb");
	e.asked.mta.asks = e.asked.verdict = MTA_UNKNOWN;
	says(&e, "mta-unread", "postconf -n and exim -bP config");
}
END_TEST

START_TEST(its_table)
{
	struct engine e = running();

	e.table.published_once = false;
	says(&e, "table-behind", "no table is published");
	e.table.late.behind = true;
	e.table.late.since.ms = 1000;
	e.now.ms = 13000;
	says(&e, "table-behind", "is 12 s behind");
	says(&e, "table-behind", "\"level\":\"critical\"");
}
END_TEST

START_TEST(its_host)
{
	struct engine e = running();

	e.evidence.shortage = "no-descriptors";
	says(&e, "own-shortage", "no descriptors left");
	says(&e, "own-shortage", "LimitNOFILE");
	e.evidence.shortage = "no-network";
	says(&e, "own-shortage", "ip route");
	e.evidence.shortage = "what-comes-later";
	says(&e, "own-shortage", "cannot begin: what-comes-later;");
}
END_TEST

START_TEST(its_disk)
{
	struct engine e = running();

	e.table.unwritten[FILE_STATE] = "no space left on the disk";
	says(&e, "save-failed", "saved last (no space left on the disk)");
	says(&e, "save-failed", "\"level\":\"critical\"");
	e.table.unwritten[FILE_STATE] = NULL;
	e.table.unwritten[FILE_EPOCH] = "not permitted";
	says(&e, "save-failed", "nothing new is said of this server");
	e.table.unwritten[FILE_EPOCH] = NULL;
	e.table.unwritten[FILE_COPY] = "not permitted";
	says(&e, "publish-copy", "for the next start (not permitted)");
	e.table.unwritten[FILE_COPY] = NULL;
	e.table.unwritten[FILE_MILTER] = "not permitted";
	says(&e, "milter-table", "the one before (not permitted)");
	says(&e, "milter-table", "\"level\":\"warning\"");
	e.table.unwritten[FILE_MILTER] = NULL;
	e.table.unwritten[FILE_TABLE] = "the disk is slow";
	says(&e, "publisher-slow", "but late (the disk is slow)");
	e.table.unwritten[FILE_TABLE] = NULL;
	quiet(&e);
}
END_TEST

START_TEST(coming_back)
{
	struct engine e = running();

	e.phase = PHASE_RETURNING;
	e.asked.told = false;
	e.now.ms = 1;
	e.asked.verdict = MTA_UNKNOWN;
	says(&e, "returning", "how Postfix is configured");
	e.asked.told = true;
	says(&e, "returning", "waits for its peers");
	e.phase = PHASE_PUBLISHING;
	says(&e, "returning", "its first table");
}
END_TEST

/* A connector whose group is empty, and a server that has nobody to ask. */
START_TEST(its_unknown)
{
	static char ab[] = "a-b", ac[] = "a-c", b[] = "b";
	struct setup_bridgehead one = { .name = name, .found = true };
	struct setup_peer peer = { .name = name };
	struct setup_connector c[] = {
		{ .name = ab, .group = b, .any = true },
		{ .name = ac, .group = b },
	};
	struct setup setup = { .server = name,
		.connectors = c,
		.nconnectors = 2,
		.peers = &peer,
		.npeers = 1 };
	struct engine e = running();
	char *have;

	e.setup = &setup;
	says(&e, "nobody-found", "connector a-b leads nowhere: no server of b");
	have = shown(&e);
	ck_assert_ptr_null(strstr(have, "a-c"));
	mem_free(have);
	e.table.alone = true;
	says(&e, "nobody-found", "connector a-b");
	setup.npeers = 0;
	says(&e, "nobody-dialled", "no peer and no srv-domain");
	have = shown(&e);
	ck_assert_ptr_null(strstr(have, "nobody-found"));
	mem_free(have);
	e.table.alone = false;
	says(&e, "nobody-found", "connector a-b");
	c[0].bridgeheads = &one;
	c[0].nbridgeheads = 1;
	quiet(&e);
	c[0].nbridgeheads = 0;
	e.phase = PHASE_RETURNING; /* whom it finds is still to be heard of */
	have = shown(&e);
	ck_assert_ptr_null(strstr(have, "nobody-found"));
	mem_free(have);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("troubles");
	TCase *tc = tcase_create("troubles");

	tcase_add_test(tc, its_mta);
	tcase_add_test(tc, its_exim);
	tcase_add_test(tc, its_two);
	tcase_add_test(tc, its_table);
	tcase_add_test(tc, its_host);
	tcase_add_test(tc, its_disk);
	tcase_add_test(tc, coming_back);
	tcase_add_test(tc, its_unknown);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
