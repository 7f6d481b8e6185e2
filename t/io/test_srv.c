/*
 * Peers and addresses from DNS. A server of this test's own on loopback
 * answers by a table.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/buf.h"
#include "base/cur.h"
#include "base/mem.h"
#include "io/names.h"
#include "io/srv.h"
#include "sys/clock.h"
#include "sys/sock.h"
#include "t/tap.h"

#define A 1
#define AAAA 28
#define SRV 33

/* What is asked, and what is answered: for SRV `port target`. */
static const struct {
	const char *name;
	uint16_t type;
	const char *answer;
	uint16_t port;
} zone[] = {
	{ "_lsrd._tcp.example.org", SRV, "MX2.Example.Org", 691 },
	{ "_lsrd._tcp.example.org", SRV, "mx1.example.org", 7691 },
	{ "_lsrd._tcp.example.org", SRV, "not_a_host.example.org", 691 },
	{ "mx1.example.org", A, "\xc0\x00\x02\x01", 0 },
	{ "mx2.example.org", A, "\xc0\x00\x02\x02", 0 },
	{ "mx2.example.org", AAAA, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02",
	    0 },
	{ "gw.example.org", A, "\xc6\x33\x64\x09", 0 },
};

static struct event_base *base;
static struct event *asked;
static struct sink *sink;
static struct buf log_text;
static struct srv *srv;
static struct resolv by;
static int changes, fd;
static bool mute;
static uint16_t rcode;  /* 2: it fails */
static const char *ill; /* this name alone does */
static int asked_names;

static void
collect(void *ctx, int priority, const char *line)
{
	(void)priority;
	buf_printf(ctx, "%s\n", line);
}

static void
changed(void *ctx)
{
	(void)ctx;
	changes++;
}

/* A name from the wire, with dots, in lower case. */
static bool
name_get(struct cur *in, char *out, size_t room)
{
	size_t at = 0;
	uint8_t n;

	while ((n = cur_u8(in)) != 0 && !in->bad) {
		const uint8_t *label = cur_bytes(in, n);

		if (label == NULL || at + n + 2 > room)
			return false;
		if (at > 0)
			out[at++] = '.';
		for (uint8_t i = 0; i < n; i++)
			out[at++] = (char)(label[i] >= 'A' && label[i] <= 'Z'
					       ? label[i] + 32
					       : label[i]);
	}
	out[at] = '\0';
	return !in->bad;
}

static void
name_put(struct buf *out, const char *name)
{
	while (*name != '\0') {
		size_t n = strcspn(name, ".");

		buf_u8(out, (uint8_t)n);
		buf_bytes(out, name, n);
		name += n + (name[n] == '.');
	}
	buf_u8(out, 0);
}

static void
record(struct buf *out, size_t i)
{
	size_t hole;

	name_put(out, zone[i].name);
	buf_u16(out, zone[i].type);
	buf_u16(out, 1);
	buf_u32(out, 60);
	hole = buf_hole16(out);
	if (zone[i].type == SRV) {
		buf_u16(out, 0);
		buf_u16(out, 0);
		buf_u16(out, zone[i].port);
		name_put(out, zone[i].answer);
	} else {
		buf_bytes(out, zone[i].answer, zone[i].type == A ? 4 : 16);
	}
	buf_fill16(out, hole);
}

static void
on_asked(evutil_socket_t from, short what, void *arg)
{
	uint8_t query[512];
	struct sockaddr_storage sa;
	socklen_t sa_len = sizeof(sa);
	ssize_t n = recvfrom(
	    from, query, sizeof(query), 0, (struct sockaddr *)&sa, &sa_len);
	struct cur in = cur_over(query, n > 0 ? (size_t)n : 0);
	uint16_t id = cur_u16(&in), type, answers = 0;
	struct buf out = { 0 };
	char name[256];

	(void)what;
	(void)arg;
	cur_bytes(&in, 10);
	if (mute || !name_get(&in, name, sizeof(name)))
		return;
	asked_names++;
	type = cur_u16(&in);
	for (size_t i = 0; i < sizeof(zone) / sizeof(zone[0]); i++)
		if (zone[i].type == type && strcmp(zone[i].name, name) == 0)
			answers++;
	buf_u16(&out, id);
	buf_u16(
	    &out, 0x8580 | (ill != NULL && strcmp(ill, name) == 0 ? 2 : rcode));
	buf_u16(&out, 1);
	buf_u16(&out, answers);
	buf_u32(&out, 0);
	name_put(&out, name);
	buf_u16(&out, type);
	buf_u16(&out, 1);
	for (size_t i = 0; i < sizeof(zone) / sizeof(zone[0]); i++)
		if (zone[i].type == type && strcmp(zone[i].name, name) == 0)
			record(&out, i);
	sendto(from, out.p, out.n, 0, (struct sockaddr *)&sa, sa_len);
	buf_done(&out);
}

static void
file_is(const char *text)
{
	FILE *f = fopen(by.path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void
setup(void)
{
	struct addr addr = { 4, { 127, 0, 1, 5 }, 0 };
	struct sockaddr_storage sa;
	socklen_t n = sock_of_addr(&addr, &sa);

	changes = 0;
	mute = false;
	rcode = 0;
	base = event_base_new();
	sink = sink_new(collect, &log_text);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, n), 0);
	n = sizeof(sa);
	getsockname(fd, (struct sockaddr *)&sa, &n);
	addr = sock_addr((struct sockaddr *)&sa);
	asked = event_new(base, fd, EV_READ | EV_PERSIST, on_asked, NULL);
	event_add(asked, NULL);
	srv = srv_new(base, sink, changed, NULL);
	by = (struct resolv){ .port = addr.port };
	snprintf(by.path, sizeof(by.path), "/tmp/test_srv.%d", (int)getpid());
	file_is("nameserver 127.0.1.5\n");
	ck_assert(srv_by(srv, &by));
	ck_assert(!srv_by(srv, &by));
}

static void
teardown(void)
{
	srv_free(srv);
	event_free(asked);
	close(fd);
	sink_free(sink);
	buf_done(&log_text);
	event_base_free(base);
	unlink(by.path);
}

/* Until so many changes were told. */
static void
until(int n)
{
	struct mono begin = clock_mono();

	while (changes < n && mono_since(begin, clock_mono()) < 10000)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_int_eq(changes, n);
}

START_TEST(peers_and_ways)
{
	char domain[] = "example.org", host[] = "gw.example.org",
	     text[ADDR_TEXT];
	struct conf_lookup lookup = { 0, host, 25 };
	struct conf conf = {
		.srv_domain = domain, .lookups = &lookup, .nlookups = 1
	};
	const struct setup_peer *peers;
	struct addr way;
	size_t n;

	srv_look(srv, &conf);
	until(1);
	peers = srv_peers(srv, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(peers[0].name, "mx1.example.org");
	ck_assert_uint_eq(peers[0].naddrs, 1);
	ck_assert_str_eq(addr_text(&peers[0].addrs[0], text), "192.0.2.1:7691");
	ck_assert_str_eq(peers[1].name, "mx2.example.org");
	ck_assert_uint_eq(peers[1].naddrs, 2);
	ck_assert_str_eq(
	    addr_text(&peers[1].addrs[1], text), "[2001:db8::2]:691");
	way = srv_way(srv, 0);
	ck_assert_str_eq(addr_text(&way, text), "198.51.100.9:25");
	ck_assert_uint_eq(srv_way(srv, 1).family, 0);

	/* The same is wanted again: it stays, and nothing new is told. */
	srv_look(srv, &conf);
	srv_peers(srv, &n);
	ck_assert_uint_eq(n, 2);
	conf.srv_domain = NULL;
	conf.nlookups = 0;
	srv_look(srv, &conf);
	srv_peers(srv, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(changes, 1);
}
END_TEST

START_TEST(nobody_there)
{
	char domain[] = "nowhere.example.org";
	struct conf conf = { .srv_domain = domain };
	struct mono begin = clock_mono();
	size_t n;

	srv_look(srv, &conf);
	while (mono_since(begin, clock_mono()) < 200)
		event_base_loop(base, EVLOOP_NONBLOCK);
	srv_peers(srv, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(changes, 0);
	ck_assert_uint_eq(log_text.n, 0); /* that is no failure */
	mute = true; /* and one that does not answer can be left */
	domain[0] = 'x';
	srv_look(srv, &conf);
	event_base_loop(base, EVLOOP_NONBLOCK);
}
END_TEST

static void
name_is(
    struct names *names, const char *name, enum names_is is, struct addr *addr)
{
	struct mono begin = clock_mono();

	while (names_look(names, name, addr, 0) != is &&
	       mono_since(begin, clock_mono()) < 10000)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_int_eq(names_look(names, name, addr, 0), is);
}

/* As the channel asks already. */
static struct names *
names_begun(void)
{
	struct names *names = names_new(srv);

	names_by(names, NULL);
	srv_by(srv, &by);
	return names;
}

static void
names_end(struct names *names)
{
	srv_free(srv);
	srv = NULL;
	names_free(names);
}

/* What a name says; and that nobody says anything is no answer. */
START_TEST(names_of_next_hops)
{
	struct addr addr = { 4, { 192, 0, 2, 77 }, 2525 };
	struct names *names = names_begun();
	char text[ADDR_TEXT];

	ck_assert_int_eq(
	    names_look(names, "mx2.example.org", &addr, 0), NAMES_ASKING);
	name_is(names, "mx2.example.org", NAMES_THERE, &addr);
	ck_assert_str_eq(addr_text(&addr, text), "192.0.2.2:2525");
	addr = (struct addr){ 6, { 0x20, 1 }, 25 };
	name_is(names, "mx2.example.org", NAMES_THERE, &addr);
	ck_assert_str_eq(addr_text(&addr, text), "[2001:db8::2]:25");
	name_is(names, "gw.example.org", NAMES_THERE, &addr);
	ck_assert_str_eq(addr_text(&addr, text), "198.51.100.9:25");
	name_is(names, "nowhere.example.org", NAMES_NOWHERE, &addr);
	rcode = 2; /* SERVFAIL, and then silence */
	name_is(names, "ill.example.org", NAMES_UNKNOWN, &addr);
	mute = true;
	ck_assert_int_eq(
	    names_look(names, "mute.example.org", &addr, 0), NAMES_ASKING);
	srv_free(srv);
	srv = NULL;
	name_is(names, "gw.example.org", NAMES_THERE, &addr);
	name_is(names, "ill.example.org", NAMES_UNKNOWN, &addr);
	name_is(names, "mute.example.org", NAMES_UNKNOWN, &addr);
	names_free(names);
}
END_TEST

/* One name fails and others are answered: the MTA has no address for it,
 * whatever it was; where none is answered, what was known stays. */
START_TEST(one_name_that_fails)
{
	static const enum names_is then[] = { NAMES_THERE, NAMES_NOWHERE,
		NAMES_THERE };
	struct addr addr = { 4, { 192, 0, 2, 77 }, 2525 };
	struct names *names = names_begun();

	names_times(names, 20, 20);
	name_is(names, "gw.example.org", NAMES_THERE, &addr);
	name_is(names, "mx1.example.org", NAMES_THERE, &addr);
	for (int i = 0; i < 3; i++) {
		rcode = i == 0 ? 2 : 0;
		ill = i == 1 ? "gw.example.org" : NULL;
		asked_names = 0;
		while (asked_names < 20 || names_look(names, "gw.example.org",
					       &addr, 0) != then[i]) {
			names_look(names, "gw.example.org", &addr, 0);
			names_look(names, "mx1.example.org", &addr, 0);
			event_base_loop(base, EVLOOP_NONBLOCK);
		}
	}
	names_end(names);
}
END_TEST

static void
count_told(void *ctx)
{
	++*(int *)ctx;
}

/* Nothing is asked, and nothing said, before it is known by what to ask; by
 * another way all is asked anew. */
START_TEST(names_before_the_mta_was_read)
{
	struct addr addr = { 4, { 192, 0, 2, 77 }, 2525 };
	struct names *names = names_new(srv);
	struct mta mta;
	int told = 0;

	names_watch(names, count_told, &told);
	ck_assert_int_eq(
	    names_look(names, "gw.example.org", &addr, 0), NAMES_ASKING);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(told, 0);
	names_by(names, NULL);
	ck_assert_int_eq(told, 1);
	srv_by(srv, &by);
	name_is(names, "gw.example.org", NAMES_THERE, &addr);
	ck_assert_int_ge(told, 2);
	mute = true;
	mta_init(&mta);
	mta.read = true;
	names_by(names, &mta);
	by.dns = true;
	srv_by(srv, &by);
	ck_assert_int_eq(
	    names_look(names, "gw.example.org", &addr, 0), NAMES_ASKING);
	names_watch(names, NULL, NULL);
	names_end(names);
}
END_TEST

/* All of a name's addresses, in order; of one family where the MTA has one. */
START_TEST(names_with_several_addresses)
{
	struct addr like = { 6, { 0x20, 1 }, 25 }, addr = like;
	struct names *names = names_begun();
	char text[ADDR_TEXT];

	name_is(names, "mx2.example.org", NAMES_THERE, &addr);
	ck_assert_str_eq(addr_text(&addr, text), "[2001:db8::2]:25");
	addr = like;
	ck_assert_int_eq(
	    names_look(names, "mx2.example.org", &addr, 1), NAMES_THERE);
	ck_assert_str_eq(addr_text(&addr, text), "192.0.2.2:25");
	names_answered(names, "mx2.example.org", &addr);
	addr = like;
	ck_assert_int_eq(
	    names_look(names, "mx2.example.org", &addr, 2), NAMES_NOWHERE);
	names_look(names, "mx2.example.org", &addr, 0); /* it answered */
	ck_assert_str_eq(addr_text(&addr, text), "192.0.2.2:25");
	srv_free(srv);
	srv = srv_new(base, sink, changed, NULL);
	names_free(names);
	names = names_begun();
	by.family = 6;
	srv_by(srv, &by);
	name_is(names, "gw.example.org", NAMES_NOWHERE, &addr);
	name_is(names, "mx2.example.org", NAMES_THERE, &addr);
	ck_assert_int_eq(
	    names_look(names, "mx2.example.org", &addr, 1), NAMES_NOWHERE);
	names_end(names);
}
END_TEST

/* What hosts(5) has, what DNS has, and what it has by the search list alone;
 * hosts(5) is read where it is, for c-ares cannot be given another. */
static const struct {
	bool dns, native;
	enum names_is hosts, zone, searched;
} ways[] = {
	{ true, false, NAMES_NOWHERE, NAMES_THERE, NAMES_NOWHERE },
	{ false, true, NAMES_THERE, NAMES_THERE, NAMES_THERE },
	{ true, true, NAMES_THERE, NAMES_THERE, NAMES_THERE },
	{ false, false, NAMES_THERE, NAMES_THERE, NAMES_THERE },
};

/* The first name of hosts(5) that is not of loopback's usual ones; false:
 * there is none here. */
static bool
hosts_name(char out[256])
{
	FILE *f = fopen("/etc/hosts", "r");
	char line[1024], ip[64];
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		found = sscanf(line, "%63[0-9.] %255s", ip, out) == 2 &&
		        strncmp(out, "localhost", 9) != 0;
	if (f != NULL)
		fclose(f);
	return found;
}

START_TEST(as_the_mta_does)
{
	struct names *names = names_begun();
	struct addr addr = { 4, { 192, 0, 2, 77 }, 2525 };
	char host[256];

	file_is("nameserver 127.0.1.5\nsearch example.org\n");
	by.dns = ways[_i].dns;
	by.native = ways[_i].native;
	ck_assert_int_eq(srv_by(srv, &by), by.dns || by.native);
	if (hosts_name(host))
		name_is(names, host, ways[_i].hosts, &addr);
	name_is(names, "gw.example.org", ways[_i].zone, &addr);
	name_is(names, "gw", ways[_i].searched, &addr);
	name_is(names, "nowhere.example.org", NAMES_NOWHERE, &addr);
	names_end(names);
}
END_TEST

static void
told(void *ctx, enum srv_answer answer, const struct addr *addrs, size_t n)
{
	(void)addrs;
	*(int *)ctx = answer == SRV_NO_ANSWER ? -1 : (int)n;
}

static int
ask(const char *name)
{
	struct mono begin = clock_mono();
	int found = -2;

	srv_resolve(srv, name, told, &found);
	while (found == -2 && mono_since(begin, clock_mono()) < 20000)
		event_base_loop(base, EVLOOP_ONCE);
	return found;
}

/* Another resolv.conf counts from the next question on, a round's too; what
 * was asked of the old one gets no answer. */
START_TEST(another_resolv_conf)
{
	char host[] = "gw.example.org";
	struct conf_lookup lookup = { 0, host, 25 };
	struct conf conf = { .lookups = &lookup, .nlookups = 1 };
	int pending = -2;

	file_is("nameserver 127.0.1.99\n");
	ck_assert_int_eq(ask("gw.example.org"), -1); /* nobody is there */
	file_is("nameserver 127.0.1.5 \n");
	ck_assert_int_eq(ask("gw.example.org"), 1);
	mute = true;
	srv_resolve(srv, "gw.example.org", told, &pending);
	file_is("nameserver 127.0.1.5  \n");
	mute = false;
	ck_assert_int_eq(ask("gw.example.org"), 1);
	ck_assert_int_eq(pending, -1);
	file_is("nameserver 127.0.1.99\n");
	ck_assert_int_eq(ask("gw.example.org"), -1);
	file_is("nameserver 127.0.1.5\n");
	srv_look(srv, &conf);
	until(1);
	/* One that is not there is none that failed. */
	unlink(by.path);
	ck_assert_int_eq(ask("gw.example.org"), -1);
	file_is("nameserver 127.0.1.5\n");
	ck_assert_int_eq(ask("gw.example.org"), 1);
}
END_TEST

/* By the files below its queue directory, where it is chrooted. */
START_TEST(as_one_in_a_chroot)
{
	struct names *names = names_new(srv);
	struct mta mta;

	mta_init(&mta);
	names_by(names, &mta); /* not read: as the system does */
	mta.read = true;
	by = (struct resolv){ 0 };
	ck_assert(!srv_by(srv, &by));
	mta.ipv6 = false;
	names_by(names, &mta);
	by.dns = true;
	by.family = 4;
	ck_assert(!srv_by(srv, &by));
	mta.ipv6 = true;
	mta.chroot = mta.native = true;
	mta.dns = false;
	snprintf(mta.queue_directory, sizeof(mta.queue_directory), "/data/pf");
	names_by(names, &mta);
	by = (struct resolv){ .native = true,
		.path = "/data/pf/etc/resolv.conf",
		.hosts = "/data/pf/etc/hosts" };
	ck_assert(!srv_by(srv, &by));
	names_by(names, NULL);
	by = (struct resolv){ 0 };
	ck_assert(!srv_by(srv, &by));
	snprintf(by.path, sizeof(by.path), "/tmp/test_srv.%d", (int)getpid());
	names_end(names);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("srv");
	TCase *tc = tcase_create("srv");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, peers_and_ways);
	tcase_add_test(tc, nobody_there);
	tcase_add_test(tc, names_of_next_hops);
	tcase_add_test(tc, one_name_that_fails);
	tcase_add_test(tc, names_before_the_mta_was_read);
	tcase_add_test(tc, names_with_several_addresses);
	tcase_add_loop_test(
	    tc, as_the_mta_does, 0, sizeof(ways) / sizeof(ways[0]));
	tcase_add_test(tc, another_resolv_conf);
	tcase_add_test(tc, as_one_in_a_chroot);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
