/*
 * main.c - lsrd-probe: runs a command that tells how a bridgehead is.
 *
 *     lsrd --a line--> lsrd-probe --starts--> a command of the administrator's
 *          <--a line--            <--its exit status--
 *
 * A process for each question, with the connection as its standard input and
 * output, as a service manager or inetd(8) starts it. It has no key; which
 * commands there are its own folder says.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <sys/prctl.h>

#include "base/mono.h"
#include "base/rc.h"
#include "probe/run.h"
#include "sys/clock.h"
#include "sys/command.h"
#include "sys/file.h"
#include "sys/sandbox.h"

#define DIRECTORY "/etc/lsrd/probes"
#define USER "_lsrd-probe"
#define DEADLINE_S 10
#define DEADLINE_MOST_S 12 /* lsrd waits for 15 (io/helper_io.h) */
#define QUESTION_MS 5000   /* for the line to come */

static const struct command_option probe_options[] = {
	{ 'd', "directory", "DIR", "of the commands (" DIRECTORY ")" },
	{ 't', "timeout", "SECONDS", "for one, 1 to 12 (10)" },
	{ 'u', "user", "USER", "run as this one, if root (" USER ")" },
	{ 0, NULL, NULL, NULL },
};

struct probe_call {
	struct run run;
	const char *user;
};

static bool
probe_option_take(void *ctx, int option, const char *value)
{
	struct probe_call *call = ctx;
	char *end;
	long seconds;

	switch (option) {
	case 'd':
		call->run.directory = value;
		return value[0] == '/';
	case 't':
		seconds = strtol(value, &end, 10);
		call->run.deadline_ms = (uint64_t)seconds * 1000;
		return *end == '\0' && seconds >= 1 &&
		       seconds <= DEADLINE_MOST_S;
	default:
		call->user = value;
		return true;
	}
}

static int
probe_options_read(struct probe_call *call, int argc, char **argv)
{
	static const struct command command = {
		.name = "lsrd-probe",
		.usage = "lsrd-probe [-hV] [-d DIR] [-t SECONDS] [-u USER]",
		.see = "See lsrd-probe(8).",
		.options = probe_options,
		.take = probe_option_take,
	};

	return command_read(&command, call, argc, argv);
}

/* A line, in time, and no more than a line may have. */
static int
question_take(struct helper_question *out)
{
	struct mono until = mono_after(clock_mono(), QUESTION_MS);
	uint8_t line[HELPER_LINE_MAX];
	size_t have = 0;

	while (have < sizeof(line) && (have == 0 || line[have - 1] != '\n')) {
		struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
		uint64_t ms = mono_since(clock_mono(), until);
		ssize_t n;

		if (ms == 0 || poll(&in, 1, (int)ms) < 1)
			return RC_FORMAT;
		n = read(STDIN_FILENO, line + have, sizeof(line) - have);
		if (n <= 0)
			return RC_FORMAT;
		have += (size_t)n;
	}
	return helper_question_read(out, line, have);
}

int
main(int argc, char **argv)
{
	struct probe_call call = {
		{ DIRECTORY, DEADLINE_S * 1000, STDOUT_FILENO }, USER
	};
	struct helper_answer answer = { .word = HELPER_SILENT,
		.why = HELPER_REFUSED };
	struct helper_question question;
	struct buf line = { 0 };
	int status = probe_options_read(&call, argc, argv);

	if (status >= 0)
		return status;
	if (sandbox_drop(call.user) != RC_OK) {
		fprintf(stderr, "lsrd-probe: cannot become %s\n", call.user);
		return EX_NOUSER;
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	if (question_take(&question) == RC_OK)
		answer = run_command(&call.run, &question);
	helper_say(&line, &answer);
	status =
	    file_put(STDOUT_FILENO, line.p, line.n) == RC_OK ? EX_OK : EX_IOERR;
	buf_done(&line);
	return status;
}
