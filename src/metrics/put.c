#include "metrics/put.h"

#include <stdio.h>
#include <string.h>

static struct sheet_sample
put_sample(const struct family *f)
{
	return (struct sheet_sample){ .name = f->name, .per = f->per };
}

/* A number of an object, without labels; nothing where there is none. */
static void
put_from(struct sheet *s, const struct family *f, const json_t *object)
{
	struct sheet_sample x = put_sample(f);

	if (told_number(object, f->key, &x.value))
		sheet_put(s, &x);
}

void
put_server(struct sheet *s, const struct family *f, const struct told *told)
{
	put_from(s, f, told->server);
}

void
put_daemon(struct sheet *s, const struct family *f, const struct told *told)
{
	put_from(s, f, told->daemon);
}

void
put_front(struct sheet *s, const struct family *f, const struct told *told)
{
	put_from(s, f, json_object_get(told->daemon, "front"));
}

void
put_milter(struct sheet *s, const struct family *f, const struct told *told)
{
	const json_t *reports = json_object_get(told->server, "reports");

	put_from(s, f, json_object_get(reports, "milter"));
}

void
put_reports(struct sheet *s, const struct family *f, const struct told *told)
{
	put_from(s, f, json_object_get(told->server, "reports"));
}

void
put_up(struct sheet *s, const struct family *f, const struct told *told)
{
	struct sheet_sample x = put_sample(f);

	x.value = told != NULL;
	sheet_put(s, &x);
}

void
put_asked(struct sheet *s, const struct family *f, const struct told *told)
{
	struct sheet_sample x = put_sample(f);

	x.value = (int64_t)told->asked_us;
	sheet_put(s, &x);
}

void
put_left_out(struct sheet *s, const struct family *f, const struct told *told)
{
	struct sheet_sample x = put_sample(f);

	x.value = (int64_t)(f->key[0] == 'p' ? told->peers_left_out
					     : told->links_left_out);
	sheet_put(s, &x);
}

void
put_build(struct sheet *s, const struct family *f, const struct told *told)
{
	struct sheet_sample x = put_sample(f);
	static const char *const keys[] = { "server", "routing_group",
		"organization" };

	x.value = 1;
	x.label[0] = (struct sheet_label){ "version",
		told_text(told->daemon, "version") };
	for (size_t i = 0; i < 3; i++)
		x.label[i + 1] = (struct sheet_label){ keys[i],
			told_text(told->server, keys[i]) };
	sheet_put(s, &x);
}

/* Each word of these, 1 for the one that it is in. */
void
put_state(struct sheet *s, const struct family *f, const struct told *told)
{
	static const char *const words[] = { "starting", "up", "drain" };
	const char *is = told_text(told->server, f->key);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct sheet_sample x = put_sample(f);

		x.label[0] = (struct sheet_label){ f->key, words[i] };
		x.value = strcmp(is, words[i]) == 0;
		sheet_put(s, &x);
	}
}

/* An object of numbers: its keys are the values of a label. */
static void
put_each_key(struct sheet *s, const struct family *f, const json_t *object,
    const char *label)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		struct sheet_sample x = put_sample(f);

		if (!told_number(object, key, &x.value))
			continue;
		x.label[0] = (struct sheet_label){ label, key };
		sheet_put(s, &x);
	}
}

void
put_by_kind(struct sheet *s, const struct family *f, const struct told *told)
{
	put_each_key(s, f, json_object_get(told->server, f->key), "kind");
}

void
put_presence(struct sheet *s, const struct family *f, const struct told *told)
{
	static const char *const keys[] = { "present", "away" };

	for (size_t i = 0; i < 2; i++) {
		struct sheet_sample x = put_sample(f);

		if (!told_number(told->server, keys[i], &x.value))
			continue;
		x.label[0] = (struct sheet_label){ "presence", keys[i] };
		sheet_put(s, &x);
	}
}

/* These keys of a report, as values of the label. */
static void
put_each_result(struct sheet *s, const struct family *f, const json_t *report,
    const char *const *keys)
{
	for (; *keys != NULL; keys++) {
		struct sheet_sample x = put_sample(f);

		if (!told_number(report, *keys, &x.value))
			continue;
		x.label[0] = (struct sheet_label){ "result", *keys };
		sheet_put(s, &x);
	}
}

void
put_milter_results(
    struct sheet *s, const struct family *f, const struct told *told)
{
	static const char *const keys[] = { "accepted", "refused", "held",
		"denied", "steered", "stripped", "unmarked", "misrouted",
		NULL };
	const json_t *reports = json_object_get(told->server, "reports");

	put_each_result(s, f, json_object_get(reports, f->key), keys);
}

void
put_evidence(struct sheet *s, const struct family *f, const struct told *told)
{
	static const char *const keys[] = { "ok", "failed", "refused",
		"replies", NULL };
	const json_t *reports = json_object_get(told->server, "reports");

	put_each_result(s, f, json_object_get(reports, f->key), keys);
}

void
put_report_kinds(
    struct sheet *s, const struct family *f, const struct told *told)
{
	json_t *reports = json_object_get(told->server, "reports"), *report;
	const char *kind;

	json_object_foreach(reports, kind, report)
	{
		struct sheet_sample x = put_sample(f);

		if (!told_number(report, f->key, &x.value))
			continue;
		x.label[0] = (struct sheet_label){ "kind", kind };
		sheet_put(s, &x);
	}
}

void
put_peers(struct sheet *s, const struct family *f, const struct told *told)
{
	json_t *peer;
	size_t i;

	json_array_foreach(told->peers, i, peer)
	{
		struct sheet_sample x = put_sample(f);

		if (!told_number(peer, f->key, &x.value))
			continue;
		x.label[0] =
		    (struct sheet_label){ "peer", told_text(peer, "peer") };
		sheet_put(s, &x);
	}
}

static void
link_labels(struct sheet_sample *x, const json_t *link)
{
	static const char *const keys[] = { "connector", "to", "use" };

	for (size_t i = 0; i < 3; i++)
		x->label[i] =
		    (struct sheet_label){ keys[i], told_text(link, keys[i]) };
}

void
put_links(struct sheet *s, const struct family *f, const struct told *told)
{
	json_t *link;
	size_t i;

	json_array_foreach(told->links, i, link)
	{
		struct sheet_sample x = put_sample(f);

		link_labels(&x, link);
		if (told_number(link, f->key, &x.value))
			sheet_put(s, &x);
	}
}

/* One that was not probed yet is neither up nor down. */
void
put_links_up(struct sheet *s, const struct family *f, const struct told *told)
{
	json_t *link;
	size_t i;

	json_array_foreach(told->links, i, link)
	{
		struct sheet_sample x = put_sample(f);
		const char *is = told_text(link, f->key);

		link_labels(&x, link);
		x.value = strcmp(is, "up") == 0;
		if (x.value == 1 || strcmp(is, "down") == 0)
			sheet_put(s, &x);
	}
}

/* Several connectors may lead to one next hop, whose queue is one. */
static bool
is_told_before(const json_t *links, size_t at, const json_t *link)
{
	for (size_t i = at; i-- > 0;) {
		const json_t *other = json_array_get(links, i);

		if (strcmp(told_text(other, "to"), told_text(link, "to")) ==
			0 &&
		    strcmp(told_text(other, "use"), told_text(link, "use")) ==
			0)
			return true;
	}
	return false;
}

void
put_queues(struct sheet *s, const struct family *f, const struct told *told)
{
	json_t *link;
	size_t i;

	json_array_foreach(told->links, i, link)
	{
		struct sheet_sample x = put_sample(f);

		if (is_told_before(told->links, i, link) ||
		    !told_number(link, f->key, &x.value))
			continue;
		x.label[0] =
		    (struct sheet_label){ "nexthop", told_text(link, "to") };
		x.label[1] =
		    (struct sheet_label){ "use", told_text(link, "use") };
		sheet_put(s, &x);
	}
}

void
put_publishers(struct sheet *s, const struct family *f, const struct told *told)
{
	const json_t *all = json_object_get(told->daemon, "publishers");
	json_t *one;
	size_t i;

	json_array_foreach(all, i, one)
	{
		struct sheet_sample x = put_sample(f);

		if (!told_number(one, f->key, &x.value))
			continue;
		x.label[0] =
		    (struct sheet_label){ "mta", told_text(one, "mta") };
		sheet_put(s, &x);
	}
}

/* What happened, whatever the reason: rows of one event stand apart by that. */
void
put_events(struct sheet *s, const struct family *f, const struct told *told)
{
	const json_t *all = json_object_get(told->daemon, f->key);
	json_t *sums = json_object(), *one;
	size_t i;

	json_array_foreach(all, i, one)
	{
		const char *word = told_text(one, "event");
		int64_t n, before;

		told_number(one, "n", &n);
		told_number(sums, word, &before);
		json_object_set_new(sums, word, json_integer(before + n));
	}
	put_each_key(s, f, sums, "event");
	json_decref(sums);
}

/* The same of one event (the key), by its reason. */
void
put_refusals(struct sheet *s, const struct family *f, const struct told *told)
{
	const json_t *all = json_object_get(told->daemon, "events");
	json_t *one;
	size_t i;

	json_array_foreach(all, i, one)
	{
		struct sheet_sample x = put_sample(f);

		if (strcmp(told_text(one, "event"), f->key) != 0 ||
		    !told_number(one, "n", &x.value))
			continue;
		x.label[0] =
		    (struct sheet_label){ "reason", told_text(one, "reason") };
		sheet_put(s, &x);
	}
}

/* "0.0001": a bound in seconds, without zeros at its end. */
static const char *
bound_text(int64_t us, char out[32])
{
	size_t n = (size_t)snprintf(out, 32, "%lld.%06lld",
	    (long long)us / 1000000, (long long)us % 1000000);

	while (out[n - 1] == '0' && out[n - 2] != '.')
		out[--n] = '\0';
	return out;
}

void
put_histogram(struct sheet *s, const struct family *f, const struct told *told)
{
	const json_t *all = json_object_get(told->daemon, f->key);
	const json_t *buckets = json_object_get(all, "buckets");
	struct sheet_sample x = put_sample(f);
	json_t *row;
	char bound[32];
	int64_t count = 0;
	size_t i;

	if (json_array_size(buckets) == 0)
		return;
	json_array_foreach(buckets, i, row)
	{
		int64_t us = json_integer_value(json_array_get(row, 0));

		count = json_integer_value(json_array_get(row, 1));
		x.suffix = "_bucket";
		x.label[0] = (struct sheet_label){ "le",
			us > 0 ? bound_text(us, bound) : "+Inf" };
		x.value = count;
		x.per = 1;
		sheet_put(s, &x);
	}
	x.label[0].name = NULL;
	x.suffix = "_sum";
	x.per = 1000000;
	told_number(all, "sum_us", &x.value);
	sheet_put(s, &x);
	x.suffix = "_count";
	x.per = 1;
	x.value = count;
	sheet_put(s, &x);
}
