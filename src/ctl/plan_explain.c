/*
 * plan_explain.c - `explain` on a topology document.
 */

#include "base/mem.h"
#include "base/str.h"
#include "core/lsa/match.h"
#include "core/paths/explain.h"
#include "ctl/plan.h"
#include "ctl/plan_open.h"
#include "ctl/show.h"
#include "ctl/value.h"
#include "idn/labels.h"

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

static int
explain_show(const struct call *call, const struct explain_question *question)
{
	struct plan plan;
	struct explain explain;
	struct explain_question q = *question;
	int status = plan_open_from(call, &plan, &q.from);

	if (status != CALL_OK)
		return status;
	explain_run(&explain, &plan.net, &q);
	struct show_explain show = { &plan.net, call->operands[0],
		call_option(call, "from"), &explain };

	if (call->json)
		show_explain_json(&plan.out, &show);
	else
		show_explain_table(&plan.out, &show);
	if (explain.result > EXPLAIN_HERE)
		status = CALL_NO;
	explain_done(&explain);
	plan_done(&plan);
	return status;
}

int
plan_explain(const struct call *call)
{
	struct explain_question question = { 0 };
	char *address = labels_to_a(call->operands[0]);
	char *sender = mem_str(call_option(call, "sender"));
	int status;

	question.address = address;
	if (!match_is_address(address))
		status = call_usage("explain: `%s` is no address", address);
	else
		status = read_message(call, &question.message, sender);
	if (status == CALL_OK)
		status = explain_show(call, &question);
	mem_free(address);
	mem_free(sender);
	return status;
}
