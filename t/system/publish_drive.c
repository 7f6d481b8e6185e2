/*
 * publish_drive.c - lsrd's side of the publisher without lsrd: takes a table
 * from its standard input and has it published, for the tests with a real
 * Postfix.
 *
 *     remote PATTERN relay|no ADDR[,ADDR...]     ADDR: 192.0.2.1@25
 *     here PATTERN relay|no
 *     way PATTERN relay|no TEXT
 *     hold PATTERN relay|no REASON...
 *     gone PATTERN
 *     many N OCTET       d00000.example ... by 198.51.100.OCTET
 *     go                 publishes; answers `published GENERATION us=N`
 *     queue DIRECTORY    where the MTA's queue is
 *     retry PATTERN      asks the MTA to try its deferred mail again
 *     pause MS           the loop runs on for so long
 *
 * usage: publish_drive PROGRAM DIRECTORY [lab]
 * Log lines go to the standard error output.
 */

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/publish.h"
#include "io/retry.h"
#include "sys/clock.h"

/* Nothing takes so long, but a machine may stand still. */
#define GO_MAX_US 90000000

struct drive {
	struct event_base *base;
	struct publish *publish;
	struct retry *retry;
	struct route *routes;
	size_t n, room;
	struct rib *rib, *before;
	struct rib_changes changes; /* from `before` to `rib` */
	uint64_t generation, published;
};

static void
on_published(void *ctx, uint64_t generation, bool made)
{
	struct drive *d = ctx;

	(void)made;
	d->published = generation;
	event_base_loopbreak(d->base);
}

static size_t
place_of(const struct drive *d, const char *pattern)
{
	size_t low = 0, high = d->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(d->routes[middle].pattern, pattern) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct route *
take_place(struct drive *d, const char *pattern)
{
	size_t at = place_of(d, pattern);
	struct route *r;

	if (at == d->n || strcmp(d->routes[at].pattern, pattern) != 0) {
		if (d->n == d->room) {
			d->room = d->room * 2 + 64;
			d->routes =
			    mem_grow(d->routes, d->room, sizeof(d->routes[0]));
		}
		memmove(d->routes + at + 1, d->routes + at,
		    (d->n - at) * sizeof(d->routes[0]));
		d->n++;
	} else {
		route_done(&d->routes[at]);
	}
	r = &d->routes[at];
	memset(r, 0, sizeof(*r));
	r->pattern = mem_str(pattern);
	return r;
}

static void
gone(struct drive *d, const char *pattern)
{
	size_t at = place_of(d, pattern);

	if (at == d->n || strcmp(d->routes[at].pattern, pattern) != 0)
		return;
	route_done(&d->routes[at]);
	memmove(d->routes + at, d->routes + at + 1,
	    (d->n - at - 1) * sizeof(d->routes[0]));
	d->n--;
}

static void
add_hops(struct route *r, char *text)
{
	r->kind = ROUTE_REMOTE;
	for (char *one = strtok(text, ","); one != NULL && r->nhops < 4;
	     one = strtok(NULL, ",")) {
		struct route_hop *hop = &r->hop[r->nhops++];
		char *at = strchr(one, '@'), *by = strchr(one, '~');
		int family = strchr(one, ':') != NULL ? AF_INET6 : AF_INET;

		if (at == NULL)
			continue;
		*at = '\0';
		if (by != NULL) {
			*by = '\0';
			hop->by = by + 1;
		}
		hop->name = "mx.example.org";
		hop->addr.family = family == AF_INET ? 4 : 6;
		hop->addr.port = (uint16_t)atoi(at + 1);
		if (inet_pton(family, one, hop->addr.ip) != 1)
			fprintf(stderr, "bad address %s\n", one);
	}
	route_hops_own(r);
}

static void
set(struct drive *d, const char *kind, char *rest)
{
	char *pattern = strtok(rest, " ");
	char *relay = strtok(NULL, " ");
	char *text = strtok(NULL, "");
	struct route *r;

	if (pattern == NULL || relay == NULL)
		return;
	r = take_place(d, pattern);
	if (strcmp(kind, "hold") != 0)
		r->server = mem_str("mx.example.org");
	r->relay = strcmp(relay, "relay") == 0;
	r->kind = ROUTE_HERE;
	if (strcmp(kind, "remote") == 0 && text != NULL)
		add_hops(r, text);
	if (strcmp(kind, "way") == 0) {
		r->kind = ROUTE_WAY;
		r->way = mem_str(text);
	}
	if (strcmp(kind, "hold") == 0) {
		r->kind = ROUTE_HOLD;
		r->reason = mem_str(text);
	}
}

static void
many(struct drive *d, size_t n, int octet)
{
	for (size_t i = 0; i < n; i++) {
		char pattern[40], hops[40];
		struct route *r;

		snprintf(pattern, sizeof(pattern), "d%05zu.example", i);
		snprintf(hops, sizeof(hops), "198.51.100.%d@25", octet);
		r = take_place(d, pattern);
		r->server = mem_str("mx.example.org");
		r->relay = true;
		add_hops(r, hops);
	}
}

static void
on_change(void *ctx, const struct route *from, const struct route *to)
{
	struct drive *d = ctx;

	vec_push(&d->changes.list, ((struct rib_change){ from, to }));
}

static void
go(struct drive *d)
{
	uint64_t since = clock_mono_us();
	struct timeval tick = { .tv_sec = 1 };

	d->before = d->rib;
	d->rib = mem_new(sizeof(*d->rib), 0, 0);
	d->rib->generation = ++d->generation;
	d->rib->n = d->n;
	d->rib->routes = mem_new(0, d->n + 1, sizeof(d->routes[0]));
	for (size_t i = 0; i < d->n; i++)
		route_copy(&d->rib->routes[i], &d->routes[i]);
	d->changes.list.n = 0;
	d->changes.whole = d->before == NULL;
	rib_diff(d->before, d->rib, on_change, d);
	publish_table(d->publish,
	    &(struct publish_news){ .rib = d->rib, .changes = &d->changes });
	rib_free(d->before);
	while (d->published != d->generation &&
	       clock_mono_us() - since < GO_MAX_US) {
		event_base_loopexit(d->base, &tick);
		event_base_dispatch(d->base);
	}
	printf("%s", d->published == d->generation ? "" : "not ");
	printf("published %llu us=%llu\n", (unsigned long long)d->generation,
	    (unsigned long long)(clock_mono_us() - since));
	fflush(stdout);
}

static void
run_for(struct drive *d, long ms)
{
	uint64_t end = clock_mono_us() + (uint64_t)ms * 1000;
	struct timeval tick = { .tv_usec = 50000 };

	while (clock_mono_us() < end) {
		event_base_loopexit(d->base, &tick);
		event_base_dispatch(d->base);
	}
}

static void
obey(struct drive *d, char *line)
{
	char *word = strtok(line, " \n");
	char *rest = strtok(NULL, "\n");

	if (word == NULL)
		return;
	if (strcmp(word, "go") == 0)
		go(d);
	else if (rest == NULL)
		fprintf(stderr, "%s: what?\n", word);
	else if (strcmp(word, "queue") == 0)
		retry_directory(d->retry, rest);
	else if (strcmp(word, "retry") == 0)
		retry_pattern(d->retry, rest);
	else if (strcmp(word, "gone") == 0)
		gone(d, rest);
	else if (strcmp(word, "pause") == 0)
		run_for(d, atol(rest));
	else if (strcmp(word, "many") == 0)
		many(d, (size_t)atol(rest), atoi(strchr(rest, ' ')));
	else
		set(d, word, rest);
}

static void
on_file(void *ctx, enum file_what what, const char *reason)
{
	(void)ctx;
	(void)what;
	(void)reason;
}

int
main(int argc, char **argv)
{
	char tables[256], line[4096], own[] = "drive.example";
	const char *mta = argc > 4 ? argv[4] : "postfix";
	struct drive d = { 0 };
	struct sink *sink = sink_new(sink_to_stderr, NULL);
	struct conf conf = { 0 };

	if (argc < 3)
		return 64;
	snprintf(tables, sizeof(tables), "%s/%s", argv[2], mta);
	conf.state_directory = argv[2];
	conf.table_directory = tables;
	conf.publisher = argv[1];
	conf.transport = mem_str("lsrd");
	conf.hold_transport = mem_str("lsrd-hold");
	conf.setup.lab = argc > 3;
	signal(SIGPIPE, SIG_IGN); /* as lsrd does */
	d.base = event_base_new();
	d.publish = publish_new(d.base, sink, mta,
	    &(struct publish_calls){ on_published, on_file, &d });
	d.retry = retry_new(d.base, sink, plugin_queue_of(mta));
	retry_place(d.retry, &(struct setup){ .server = own });
	sink_debug(sink, true);
	publish_conf(d.publish, &conf);
	while (fgets(line, sizeof(line), stdin) != NULL)
		obey(&d, line);
	publish_free(d.publish);
	retry_free(d.retry);
	rib_free(d.rib);
	vec_done(&d.changes.list);
	for (size_t i = 0; i < d.n; i++)
		route_done(&d.routes[i]);
	mem_free(d.routes);
	mem_free(conf.transport);
	mem_free(conf.hold_transport);
	sink_free(sink);
	event_base_free(d.base);
	return 0;
}
