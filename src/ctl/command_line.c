#include "ctl/command_line.h"

#include <getopt.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "ctl/complain.h"
#include "ctl/help.h"
#include "ctl/look.h"
#include "ctl/meant.h"
#include "ctl/prompt.h"

/* Puts the rows of one table behind the others in the form of getopt. */
static size_t
options_add(struct option *to, size_t n, const struct verb_option *rows)
{
	for (; rows != NULL && rows->name != NULL; rows++)
		to[n++] = (struct option){
			.name = rows->name,
			.has_arg = rows->value != NULL ? required_argument
			                               : no_argument,
		};
	return n;
}

enum { ASK_HELP = 1, ASK_VERSION };

/* Takes one option; returns what it asks for instead of the verb, or 0. */
static int
verbs_option_take(struct call *call, const char *name, const char *value)
{
	struct call_given given = { name, value };

	if (strcmp(name, "help") == 0)
		return ASK_HELP;
	if (strcmp(name, "version") == 0)
		return ASK_VERSION;
	if (strcmp(name, "json") == 0)
		call->json = true;
	else if (strcmp(name, "topology") == 0)
		call->topology = value;
	else if (strcmp(name, "socket") == 0)
		call->socket = value;
	else if (strcmp(name, "config") == 0)
		call->config = value;
	else if (strcmp(name, "color") == 0)
		call->colour = value;
	else
		call->given[call->ngiven++] = given;
	return 0;
}

/* Of one that getopt does not take; `-x`, or as it was written. */
static int
option_refused(const struct call *call, char **argv, bool bare)
{
	const char *written = argv[optind - 1];

	if (bare)
		call_usage("option %s requires an argument", written);
	else if (optopt != 0)
		call_usage("unrecognized option -%c", optopt);
	else
		meant_no_option(call->verb, written);
	return -1;
}

/*
 * Reads options up to the first other word ("+:hVc:") or all (":hVc:"). Returns
 * 0, what was asked for, or -1 after a complaint.
 */
static int
verbs_options_read(
    struct call *call, int argc, char **argv, const char *letters)
{
	const struct verb_option *own =
	    call->verb != NULL ? call->verb->options : NULL;
	struct option all[32] = { { 0 } };
	size_t n = options_add(all, 0, own);
	int index, c, asked = 0;

	opterr = 0;
	n = options_add(all, n, verbs_global);
	CHECK(n < sizeof(all) / sizeof(all[0]));
	while ((c = getopt_long(argc, argv, letters, all, &index)) != -1) {
		int ask = 0;

		if (c == '?' || c == ':')
			return option_refused(call, argv, c == ':');
		if (c == 'h')
			ask = ASK_HELP;
		else if (c == 'V')
			ask = ASK_VERSION;
		else if (c == 'c')
			call->config = optarg;
		else
			ask = verbs_option_take(call, all[index].name, optarg);
		if (asked == 0)
			asked = ask;
	}
	return asked;
}

static int
plain_refused(const struct verb_plain *plain)
{
	return call_usage("%s%s%s prints no JSON: leave --json out%s%s",
	    plain->verb, plain->option == NULL ? "" : " --",
	    plain->option == NULL ? "" : plain->option,
	    plain->instead == NULL ? "" : ", or ask by lsrctl ",
	    plain->instead == NULL ? "" : plain->instead);
}

static int
dispatch(const struct call *call)
{
	const struct verb *v = call->verb;
	const struct verb_plain *plain = verbs_plain_of(call);

	if (!look_begin(call->colour))
		return call_usage(
		    "--color %s: must be auto, always or never", call->colour);
	if (call->json && plain != NULL)
		return plain_refused(plain);
	if (call->noperands < v->least)
		return call_usage("%s: %s is missing", v->name, v->operands);
	if (call->noperands > v->most)
		return call_usage("%s: %s is one word too many", v->name,
		    call->operands[v->most]);
	if (call->topology != NULL) {
		if (v->plan == NULL)
			return call_usage(
			    "%s does not work on a topology document", v->name);
		return v->plan(call);
	}
	if (v->live == NULL)
		return call_usage(
		    "%s needs a topology document: --topology FILE", v->name);
	return v->live(call);
}

static int
answer_asked(const struct call *call, int asked)
{
	if (asked < 0)
		return CALL_USAGE;
	if (asked == ASK_VERSION)
		return help_version();
	return call->verb != NULL ? help_verb(call->verb) : help_all(stdout);
}

static int
run_words(struct call *call, int argc, char **argv)
{
	size_t words;
	int asked = verbs_options_read(call, argc, argv, "+:hVc:");

	if (asked != 0)
		return answer_asked(call, asked);
	if (optind == argc && prompt_can() && !call->is_prompt)
		return prompt_run(call);
	if (optind == argc) {
		help_all(stderr);
		return CALL_USAGE;
	}
	call->verb = meant_to_run(argv + optind, &words);
	if (call->verb == NULL)
		return CALL_USAGE;
	argc -= optind + (int)words - 1;
	argv += optind + (int)words - 1;
	optind = 0; /* getopt begins anew, and takes argv[0] for the program */
	argv[0] = (char[]){ "lsrctl" };
	asked = verbs_options_read(call, argc, argv, ":hVc:");
	if (asked != 0)
		return answer_asked(call, asked);
	call->operands = argv + optind;
	call->noperands = (size_t)(argc - optind);
	return dispatch(call);
}

/* Before anything is read that may be wrong. */
static bool
asks_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int
command_line_run(const struct call *before, int argc, char **argv)
{
	struct call call = { 0 };
	int status;

	if (before != NULL)
		call = *before;
	complain_begin(call.json || asks_json(argc, argv));
	call.given = mem_new(0, (size_t)argc + 1, sizeof(*call.given));
	optind = 0;
	status = run_words(&call, argc, argv);
	mem_free(call.given);
	complain_end(status);
	return status;
}
