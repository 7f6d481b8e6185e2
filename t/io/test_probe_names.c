/*
 * Probes of next hops by their names, which etc/hosts of a chroot of this
 * test's own tells.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <sys/socket.h>

#include "io/names.h"
#include "t/io/service.h"
#include "t/tap.h"
#include "t/temp.h"

static struct srv *srv;
static struct names *names;
static char queue[TEMP_FOLDER];

static void
names_setup(void)
{
	setup();
	srv = srv_new(base, NULL, NULL, NULL);
	names = names_new(srv);
	probe_io_names(probes, names);
	engine.fx.by_name = true;
	temp_make(queue);
}

static void
names_teardown(void)
{
	temp_end(queue);
	probe_io_names(probes, NULL);
	srv_free(srv);
	names_free(names);
	teardown();
}

/* Names are what etc/hosts of a chroot says. */
static void
names_say(const char *hosts)
{
	struct mta mta;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/etc", queue);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/etc/hosts", queue);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(hosts, f);
	fclose(f);
	mta_init(&mta);
	mta.read = mta.native = mta.chroot = true;
	mta.dns = false;
	snprintf(mta.queue_directory, sizeof(mta.queue_directory), "%s", queue);
	names_by(names, &mta);
}

/* What the name says is probed, where it is what is published. */
START_TEST(one_by_its_name)
{
	struct addr elsewhere = { 4, { 127, 0, 1, 4 }, addr.port };
	int fd;

	names_say("127.0.1.3 mx.example.org\n");
	probe(7, &elsewhere);
	fd = taken();
	say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(fd, "250 mx\r\n", "QUIT\r\n");
	until("7 ok");
	close(fd);
	engine.told[0] = '\0';
	engine.fx.by_name = false; /* nobody publishes this one */
	probe(8, &elsewhere);
	until("8 failed");
	ck_assert_str_eq(engine.told, "8 failed refused; ");
}
END_TEST

/* Before there is an answer nobody is asked, and nothing is said, whatever
 * answers at the address; a name that stays silent cannot be asked. */
START_TEST(one_whose_name_is_not_answered)
{
	probe(7, &addr);
	for (int i = 0; i < 100; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_str_eq(engine.told, "");
	ck_assert_int_eq(accept(listener, NULL, NULL), -1);
	names_say("127.0.1.3 mx.example.org\n");
	close(taken());
	until("7 failed");
	probe_io_names(probes, NULL);
	names_free(names);
	names = names_new(srv);
	probe_io_names(probes, names);
	be_impatient();
	engine.told[0] = '\0';
	probe(8, &addr);
	until("8 unable no-resolver");
	ck_assert_str_eq(engine.told, "8 unable no-resolver; ");
}
END_TEST

/* One of several that answers is enough: the MTA would try them all. */
START_TEST(one_with_several_addresses)
{
	struct addr elsewhere = { 4, { 127, 0, 1, 4 }, addr.port };
	int fd;

	names_say("127.0.1.4 mx.example.org\n127.0.1.3 mx.example.org\n");
	probe(7, &elsewhere); /* nobody is there */
	fd = taken();
	say(fd, "554 no\r\n", "QUIT\r\n");
	close(fd);
	until("7 failed");
	engine.told[0] = '\0';
	probe(8, &elsewhere); /* it answered last: it is the first now */
	fd = taken();
	say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(fd, "250 mx\r\n", "QUIT\r\n");
	ck_assert_str_eq(engine.told, "8 connected; 8 ok; ");
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("probe_names");
	TCase *tc = tcase_create("names");

	tcase_add_checked_fixture(tc, names_setup, names_teardown);
	tcase_add_test(tc, one_by_its_name);
	tcase_add_test(tc, one_whose_name_is_not_answered);
	tcase_add_test(tc, one_with_several_addresses);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
