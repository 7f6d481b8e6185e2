/*
 * plan_explain.c - `explain` on a topology document, or by the daemon's.
 */

#include <jansson.h>
#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/lsa/match.h"
#include "core/paths/explain.h"
#include "ctl/client.h"
#include "ctl/plan.h"
#include "ctl/plan_open.h"
#include "ctl/show.h"
#include "ctl/subject.h"
#include "ctl/table.h"
#include "ctl/value.h"
#include "ctl/ways.h"

/* The limits of the message in question, from the options. */
static int
read_message(
    const struct call *call, struct policy_message *message, char *sender)
{
	const char *size = call_option(call, "size");
	const char *priority = call_option(call, "priority");
	const char *at = call_option(call, "at");

	message->time = -1;
	message->sender = sender;
	if (sender != NULL)
		str_lower(sender);
	if (size != NULL && !value_size(size, &message->size))
		return call_usage(
		    "--size %s: must be a number; K, M or G may follow", size);
	if (priority != NULL) {
		message->priority = policy_priority(priority);
		if (message->priority == 0)
			return call_usage("--priority %s: must be urgent, "
					  "normal or non-urgent",
			    priority);
	}
	if (at != NULL && !value_time(at, &message->time))
		return call_usage("--at %s: must be like 2026-11-21T14:30Z, "
				  "or seconds since 1970",
		    at);
	return CALL_OK;
}

static void
link_add(void *ctx, const json_t *line)
{
	json_array_append(ctx, (json_t *)(uintptr_t)line);
}

/* The daemon's own links, where it is its own ways that are asked for. */
static int
links_ask(const struct call *call, struct ways *ways)
{
	struct buf answer = { 0 };
	int status;

	if (call->topology != NULL || call_option(call, "from") != NULL)
		return CALL_OK;
	ways->links = json_array();
	ways->now = (int64_t)time(NULL);
	status = client_read(call, "links", &answer);
	if (status == CALL_OK)
		status = client_each(&answer, link_add, ways->links);
	buf_done(&answer);
	return status;
}

/* One address: CALL_OK if there is a route. */
static int
explain_one(const struct call *call, struct plan *plan,
    const struct explain_question *q, const char *shown)
{
	struct explain explain;
	struct ways ways = { 0 };
	struct show_explain show = { &plan->net, shown,
		plan->net.servers.v[q->from].name, &explain, NULL };
	int status = CALL_OK;

	explain_run(&explain, &plan->net, q);
	if (call_has(call, "ways") && explain.pattern != NULL) {
		status = links_ask(call, &ways);
		ways_find(&ways, plan, q->from, explain.pattern, &q->message);
		show.ways = &ways;
	}
	show_explain_json(&plan->out, &show);
	if (status == CALL_OK && explain.result > EXPLAIN_HERE)
		status = CALL_NO;
	ways_done(&ways);
	explain_done(&explain);
	return status;
}

/* What a queued message says of itself counts, unless an option says more. */
static void
message_is(const struct subject *subject, struct policy_message *message)
{
	if (message->size == 0)
		message->size = subject->size;
	if (message->sender == NULL)
		message->sender = subject->sender;
}

static int
explain_all(const struct call *call, const struct subject *subject,
    struct explain_question *question)
{
	size_t n = subject->addresses.n;
	struct plan plan;
	int status = plan_open_from(call, &plan, &question->from);

	if (status != CALL_OK)
		return status;
	message_is(subject, &question->message);
	for (size_t i = 0; i < n; i++) {
		const char *address = subject->addresses.v[i];
		bool as_given = n == 1 && match_is_address(call->operands[0]);
		int is;

		question->address = address;
		is = explain_one(call, &plan, question,
		    as_given ? call->operands[0] : address);
		status = is > status ? is : status;
	}
	if (!call->json)
		plan_table(&plan, table_explain);
	plan_done(&plan);
	return status;
}

int
plan_explain(const struct call *call)
{
	struct explain_question question = { 0 };
	char *sender = mem_str(call_option(call, "sender"));
	struct subject subject;
	int status = subject_read(call->operands[0], &subject);

	if (status == CALL_OK)
		status = read_message(call, &question.message, sender);
	if (status == CALL_OK)
		status = explain_all(call, &subject, &question);
	subject_done(&subject);
	mem_free(sender);
	return status;
}
