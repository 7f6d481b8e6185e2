/*
 * check_frozen.c - the part of `check` that finds messages which a FILTER
 * (lsrd-milter's LSR-Route) keeps on hops that no route leads to any more.
 * Postfix asks for their route again only when it is told to.
 */

#include "ctl/check_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/vec.h"
#include "core/trace/mtable.h"
#include "core/trace/mtable_net.h"
#include "sys/file.h"

#define TABLE_MAX ((size_t)512 << 20)

/* Messages that are looked at, each by a process of postcat(1), 5 ms; and
 * those that are named. */
#define MESSAGES_MAX 200
#define NAMED_MAX 20

#define FILTER "content_filter: "

/* Hops that something leads to, as a FILTER writes them. */
struct hops {
	VEC(char *) list;
};

static bool
check_frozen_has(const struct hops *hops, const char *hop)
{
	for (size_t i = 0; i < hops->list.n; i++)
		if (strcmp(hops->list.v[i], hop) == 0)
			return true;
	return false;
}

static void
check_frozen_add(
    struct hops *hops, bool by_name, const char *name, const struct addr *addr)
{
	char ip[ADDR_TEXT], text[STR_HOST_MAX + 16];

	snprintf(text, sizeof(text), "[%s]:%u",
	    by_name ? name : addr_ip_text(addr, ip), addr->port);
	if (!check_frozen_has(hops, text))
		vec_push(&hops->list, mem_str(text));
}

static void
hops_find(const struct mtable *t, struct hops *hops)
{
	struct mtable_walk walk = { 0 };
	const struct mtable *in;
	struct mtable_route r;
	struct mtable_net net;
	uint32_t at;

	while ((in = mtable_next(t, &walk, &at)) != NULL) {
		mtable_at(in, at, &r);
		for (size_t k = 0; k < r.nhops; k++)
			check_frozen_add(
			    hops, t->by_name, r.hop[k].name, &r.hop[k].addr);
	}
	if (t->net.left == 0 || mtable_net_decode(t->net, &net) != RC_OK)
		return;
	for (size_t i = 0; i < net.own.n; i++)
		check_frozen_add(hops, t->by_name,
		    net.net.servers.v[net.own.v[i].to].name,
		    &net.own.v[i].addr);
	mtable_net_done(&net);
}

static char *
check_frozen_ask(const struct postfix *p, const char *program,
    const char *option, const char *id)
{
	struct postfix_run run = { program, option, id, NULL, NULL };

	return postfix_run(p, &run);
}

/* The FILTER is ours, and none of its hops is one any more. */
static bool
is_frozen(const char *filter, const struct mtable *t, const struct hops *hops)
{
	size_t n = strlen(t->transport);
	bool any = false;

	if (strncmp(filter, t->transport, n) != 0 || filter[n] != ':')
		return false;
	for (const char *at = strchr(filter, '['); at != NULL;
	     at = strchr(at + 1, '[')) {
		char hop[STR_HOST_MAX + 16];
		size_t len = strcspn(at, ", \t\r\n");

		if (len >= sizeof(hop))
			return false;
		memcpy(hop, at, len);
		hop[len] = '\0';
		if (check_frozen_has(hops, hop))
			return false;
		any = true;
	}
	return any;
}

static bool
message_is_frozen(const struct postfix *p, const char *id,
    const struct mtable *t, const struct hops *hops)
{
	char *envelope = check_frozen_ask(p, "postcat", "-qe", id), *filter;
	bool frozen = false;

	filter = envelope == NULL ? NULL : strstr(envelope, FILTER);
	if (filter != NULL) {
		filter += strlen(FILTER);
		filter[strcspn(filter, "\n")] = '\0';
		frozen = is_frozen(filter, t, hops);
	}
	mem_free(envelope);
	return frozen;
}

/* The next queue id in what postqueue -j writes; NULL at the end. */
static char *
next_id(char **at)
{
	static const char key[] = "\"queue_id\": \"";
	char *id = strstr(*at, key), *end;

	if (id == NULL)
		return NULL;
	id += strlen(key);
	end = strchr(id, '"');
	if (end == NULL)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return id;
}

static void
check_frozen_tell(const struct postfix *p, const struct buf *ids, unsigned n)
{
	struct buf b = { 0 };
	char *remedy;

	buf_text(&b, "postsuper");
	if (p->directory != NULL)
		buf_printf(&b, " -c %s", p->directory);
	buf_text(&b, " -r");
	buf_bytes(&b, ids->p, ids->n);
	remedy = buf_string(&b);
	check_find(p->list, CHECK_ABOUT(CHECK_WARNING, "frozen", remedy),
	    "%u message%s in the queue %s for next hops that no route leads to "
	    "any more",
	    n, n == 1 ? "" : "s", n == 1 ? "waits" : "wait");
	mem_free(remedy);
}

static void
queue_look(
    const struct postfix *p, const struct mtable *t, const struct hops *hops)
{
	char *queue = check_frozen_ask(p, "postqueue", "-j", NULL), *at = queue,
	     *id;
	struct buf ids = { 0 };
	unsigned looked = 0, frozen = 0;

	while (queue != NULL && looked++ < MESSAGES_MAX &&
	       (id = next_id(&at)) != NULL) {
		if (!message_is_frozen(p, id, t, hops))
			continue;
		if (frozen++ < NAMED_MAX)
			buf_printf(&ids, " %s", id);
	}
	if (frozen > 0)
		check_frozen_tell(p, &ids, frozen);
	buf_done(&ids);
	mem_free(queue);
}

/* What cannot be read is empty, and no table. */
static void
table_load(const char *state_directory, const char *suffix, struct buf *out)
{
	struct buf path = { 0 };
	char *name;

	buf_printf(&path, "%s/milter/table%s", state_directory, suffix);
	name = buf_string(&path);
	(void)file_load(name, TABLE_MAX, out);
	mem_free(name);
}

void
check_frozen(const struct postfix *p, const char *state_directory)
{
	struct buf file = { 0 }, behind = { 0 };
	struct hops hops = { 0 };
	struct mtable table, news;
	bool limits = false;

	table_load(state_directory, MTABLE_NEWS, &behind);
	table_load(state_directory, "", &file);
	if (mtable_open(&table, file.p, file.n) == RC_OK) {
		(void)mtable_follow(&table, &news, behind.p, behind.n);
		limits = table.net.left > 0;
		if (limits)
			check_limits(p, &table.mta);
		hops_find(&table, &hops);
		queue_look(p, &table, &hops);
	}
	check_entrances(p, limits);
	for (size_t i = 0; i < hops.list.n; i++)
		mem_free(hops.list.v[i]);
	vec_done(&hops.list);
	buf_done(&behind);
	buf_done(&file);
}
