#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/lsa/policy.h"
#include "ctl/client.h"
#include "ctl/live.h"
#include "ctl/plan.h"
#include "ctl/show.h"
#include "ctl/subject.h"
#include "ctl/table.h"
#include "ctl/value.h"

/* No word of a request may hold what ends one. */
static bool
is_word(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static int
option_add(struct buf *request, const struct call_given *given)
{
	const char *name = given->name, *value = given->value;
	uint64_t size;
	int64_t at;

	if (strcmp(name, "size") == 0 && value_size(value, &size))
		buf_printf(request, " size=%" PRIu64, size);
	else if (strcmp(name, "at") == 0 && value_time(value, &at))
		buf_printf(request, " at=%" PRId64, at);
	else if (strcmp(name, "sender") == 0 && is_word(value))
		buf_printf(request, " sender=%s", value);
	else if (strcmp(name, "priority") == 0 && policy_priority(value) != 0)
		buf_printf(request, " priority=%s", value);
	else if (strcmp(name, "size") == 0 || strcmp(name, "at") == 0 ||
		 strcmp(name, "sender") == 0 || strcmp(name, "priority") == 0)
		return call_usage("--%s %s: not of the form it should have; "
				  "see lsrctl(1)",
		    name, value);
	return CALL_OK;
}

/* What a queued message says of itself counts, unless an option says more. */
static int
request_make(const struct call *call, const struct subject *subject, size_t i,
    struct buf *request)
{
	buf_printf(request, "explain %s", subject->addresses.v[i]);
	for (size_t k = 0; k < call->ngiven; k++)
		if (option_add(request, &call->given[k]) != CALL_OK)
			return CALL_USAGE;
	if (subject->size > 0 && !call_has(call, "size"))
		buf_printf(request, " size=%" PRIu64, subject->size);
	if (subject->sender != NULL && !call_has(call, "sender") &&
	    is_word(subject->sender))
		buf_printf(request, " sender=%s", subject->sender);
	buf_u8(request, 0);
	return CALL_OK;
}

struct explained {
	bool routed;
};

static void
routed_find(void *ctx, const json_t *line)
{
	struct explained *e = ctx;
	const char *result = table_text(line, "result");

	e->routed =
	    strcmp(result, "remote") == 0 || strcmp(result, "here") == 0;
}

/* As the published table says, which knows more than a document. */
static int
published_explain(
    const struct call *call, const struct subject *subject, size_t i)
{
	struct buf request = { 0 }, answer = { 0 }, out = { 0 };
	struct explained e = { 0 };
	int status = request_make(call, subject, i, &request);

	if (status == CALL_OK)
		status = client_read(call, (const char *)request.p, &answer);
	if (status == CALL_OK)
		status = client_each(&answer, routed_find, &e);
	if (status == CALL_OK) {
		table_explain(&answer, &out);
		show_flush(call->json ? &answer : &out);
		status = e.routed ? CALL_OK : CALL_NO;
	}
	buf_done(&request);
	buf_done(&answer);
	buf_done(&out);
	return status;
}

/* What only the whole net can tell: from elsewhere, or after a change. */
static bool
needs_net(const struct call *call)
{
	static const char *const options[] = { "from", "cut", "drain", "cost",
		"ways" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (call_has(call, options[i]))
			return true;
	return false;
}

int
live_explain(const struct call *call)
{
	struct subject subject;
	int status;

	if (needs_net(call))
		return plan_explain(call);
	status = subject_read(call->operands[0], &subject);
	for (size_t i = 0; status <= CALL_NO && i < subject.addresses.n; i++) {
		int is;

		if (!call->json && i > 0)
			puts("");
		is = published_explain(call, &subject, i);
		status = is > status ? is : status;
	}
	subject_done(&subject);
	return status;
}

/* The topology document of the live database: JSON in either case. */
int
live_export(const struct call *call)
{
	struct buf answer = { 0 };
	int status = client_read(call, "export", &answer);

	if (status == CALL_OK)
		show_flush(&answer);
	buf_done(&answer);
	return status;
}
