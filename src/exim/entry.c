#include "exim/entry.h"

#include <string.h>

#include "exim/judge.h"
#include "exim/tell.h"

#define RECIPIENT_ARGUMENTS 3

struct entry_call {
	void (*work)(struct judge *judge, const char *const *args);
	int wanted; /* arguments */
	const char *failing;
};

struct entry_run {
	const struct entry_call *call;
	struct judge *judge;
	const char *args[ENTRY_ARGUMENTS];
	entry_text *answer;
};

/* Under the guard: the answer, with a NUL behind it. */
static void
on_run(void *ctx)
{
	struct entry_run *run = ctx;
	struct buf *out = &run->judge->out;

	buf_reset(out);
	run->call->work(run->judge, run->args);
	buf_u8(out, '\0');
	run->answer = out->p;
}

static entry_text *
entry_fixed(const char *text)
{
	return (entry_text *)(uintptr_t)text;
}

static int
entry(const struct entry_call *call, entry_text **yield, int argc,
    entry_text **argv)
{
	struct entry_run run = { .call = call, .judge = judge_get() };

	*yield = entry_fixed(call->failing);
	if (argc != call->wanted)
		return ENTRY_OK;
	for (int i = 0; i < argc; i++)
		run.args[i] = argv[i] == NULL ? "" : (const char *)argv[i];
	if (guard_run(&run.judge->guard, on_run, &run))
		*yield = run.answer;
	return ENTRY_OK;
}

int
lsr_trace_judge(entry_text **yield, int argc, entry_text **argv)
{
	static const struct entry_call call = { judge_message, JUDGE_ARGUMENTS,
		"unready\nunready: why=a fault of lsrd-exim.so, or a wrong "
		"number of arguments; see conf/exim\n" };

	return entry(&call, yield, argc, argv);
}

int
lsr_trace_add(entry_text **yield, int argc, entry_text **argv)
{
	static const struct entry_call call = { judge_add, 1, "" };

	return entry(&call, yield, argc, argv);
}

int
lsr_admits(entry_text **yield, int argc, entry_text **argv)
{
	static const struct entry_call call = { judge_admits,
		RECIPIENT_ARGUMENTS, "yes" };

	return entry(&call, yield, argc, argv);
}

int
lsr_route(entry_text **yield, int argc, entry_text **argv)
{
	static const struct entry_call call = { judge_route,
		RECIPIENT_ARGUMENTS, "" };

	return entry(&call, yield, argc, argv);
}

int
lsr_hold(entry_text **yield, int argc, entry_text **argv)
{
	static const struct entry_call call = { judge_hold, RECIPIENT_ARGUMENTS,
		"" };

	return entry(&call, yield, argc, argv);
}

/* Any text would refuse the connection. */
int
lsr_event(entry_text **yield, int argc, entry_text **argv)
{
	static const struct entry_call call = { tell_event, TELL_ARGUMENTS,
		"" };

	return entry(&call, yield, argc, argv);
}
