#include "ctl/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/command_line.h"
#include "ctl/complete.h"
#include "ctl/fold.h"
#include "ctl/look.h"

#define HISTORY_LINES 1000
#define OFFERED_MOST 200 /* names shown below a line */

struct prompt {
	EditLine *el;
	History *history;
	Tokenizer *words;
	struct complete complete;
	char *file; /* of the history; NULL: it is not kept */
	struct call before;
	bool given_up; /* the line, by Ctrl-C */
	int status;
};

bool
prompt_can(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static char *
prompt_text(EditLine *el)
{
	static char text[] = "lsrctl> ";

	(void)el;
	return text;
}

/* --- completion ------------------------------------------------------------ */

/* What all lines have in common, from the start; the caller's. */
static char *
common_start(const struct buf *lines, size_t *count)
{
	const char *p = (const char *)lines->p, *end = p + lines->n;
	char *common = NULL;

	for (*count = 0; p < end; (*count)++) {
		size_t n = strcspn(p, "\n"), same = 0;

		if (common == NULL) {
			common = mem_dup(p, n);
		} else {
			while (same < n && common[same] == p[same])
				same++;
			common[same] = '\0';
		}
		p += n + 1;
	}
	return common;
}

static void
offered_show(const struct buf *lines)
{
	struct buf out = { 0 };
	struct fold fold = { &out, look_now()->columns, 0, 0 };
	char *copy = mem_dup(lines->p, lines->n), *rest = NULL;
	size_t n = 0;

	for (char *line = strtok_r(copy, "\n", &rest);
	     line != NULL && n < OFFERED_MOST;
	     line = strtok_r(NULL, "\n", &rest), n++)
		fold_words(&fold, line);
	if (n == OFFERED_MOST)
		fold_words(&fold, "...");
	printf("\n%.*s\n", (int)out.n, (const char *)out.p);
	fflush(stdout);
	buf_done(&out);
	mem_free(copy);
}

/* Writes what is sure, or shows what it may be. */
static unsigned char
offered_take(EditLine *el, const char *word, struct buf *lines)
{
	size_t count, n = strlen(word);
	char *common;
	unsigned char done = CC_ERROR;

	buf_u8(lines, 0);
	lines->n--;
	if (lines->n == 0)
		return CC_ERROR;
	common = common_start(lines, &count);
	if (strcmp(common, COMPLETE_FILES) == 0) {
		mem_free(common);
		return CC_ERROR;
	}
	if (strlen(common) > n)
		done =
		    el_insertstr(el, common + n) == 0 ? CC_REFRESH : CC_ERROR;
	if (count == 1 && common[strlen(common) - 1] != '=')
		done = el_insertstr(el, " ") == 0 ? CC_REFRESH : CC_ERROR;
	if (count > 1 && done == CC_ERROR) {
		offered_show(lines);
		done = CC_REDISPLAY;
	}
	mem_free(common);
	return done;
}

static unsigned char
prompt_complete(EditLine *el, int key)
{
	const LineInfo *typed = el_line(el);
	LineInfo line = { typed->buffer, typed->cursor, typed->cursor };
	struct prompt *p = NULL;
	struct buf lines = { 0 };
	int argc, at, offset;
	const char **argv;
	char **words, *word;
	unsigned char done;

	(void)key;
	el_get(el, EL_CLIENTDATA, &p);
	tok_reset(p->words);
	(void)tok_line(p->words, &line, &argc, &argv, &at, &offset);
	words = mem_new(0, (size_t)at + 2, sizeof(*words));
	for (int i = 0; i < at; i++)
		words[i] = mem_str(argv[i]);
	word = at < argc ? mem_dup(argv[at], (size_t)offset) : mem_str("");
	words[at] = word;
	complete_words(&p->complete, words, (size_t)at + 1, &lines);
	done = offered_take(el, word, &lines);
	for (int i = 0; i <= at; i++)
		mem_free(words[i]);
	mem_free(words);
	buf_done(&lines);
	tok_reset(p->words);
	return done;
}

/* --- history ---------------------------------------------------------------- */

/* The caller's; NULL: there is none. */
static char *
history_name(void)
{
	const char *named = getenv("LSRCTL_HISTORY"), *home = getenv("HOME");
	struct buf b = { 0 };

	if (named != NULL)
		return *named == '\0' ? NULL : mem_str(named);
	if (home == NULL || *home != '/')
		return NULL;
	buf_printf(&b, "%s/.lsrctl_history", home);
	return buf_string(&b);
}

/* Reasons and names stand in it: nobody else reads it. */
static void
history_open(struct prompt *p)
{
	HistEvent event;
	int fd;

	history(p->history, &event, H_SETSIZE, HISTORY_LINES);
	history(p->history, &event, H_SETUNIQUE, 1);
	p->file = history_name();
	if (p->file == NULL)
		return;
	fd = open(p->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fchmod(fd, 0600) != 0) {
		mem_free(p->file);
		p->file = NULL;
	} else {
		history(p->history, &event, H_LOAD, p->file);
	}
	if (fd >= 0)
		close(fd);
}

static void
history_keep(struct prompt *p, const char *line)
{
	HistEvent event;

	history(p->history, &event, H_ENTER, line);
	if (p->file != NULL)
		history(p->history, &event, H_SAVE, p->file);
}

/* --- commands --------------------------------------------------------------- */

/* A process of its own: Ctrl-C ends it, and nothing of it stays. */
static int
command_run(const struct prompt *p, int argc, const char **argv)
{
	char **words = mem_new(0, (size_t)argc + 2, sizeof(*words));
	int status;
	pid_t pid;

	words[0] = mem_str("lsrctl");
	for (int i = 0; i < argc; i++)
		words[i + 1] = mem_str(argv[i]);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		status = command_line_run(&p->before, argc + 1, words);
		fflush(stdout);
		_exit(status);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	for (int i = 0; i <= argc; i++)
		mem_free(words[i]);
	mem_free(words);
	if (pid < 0)
		return call_usage("fork: %s", strerror(errno));
	if (WIFSIGNALED(status))
		putchar('\n');
	return WIFEXITED(status) ? WEXITSTATUS(status) : CALL_USAGE;
}

/* False: that was the last. */
static bool
line_run(struct prompt *p, const char *line)
{
	const char **argv;
	int argc, open;
	bool more = true;

	tok_reset(p->words);
	open = tok_str(p->words, line, &argc, &argv);
	if (open != 0) {
		p->status = call_usage("a quote is not closed");
	} else if (argc > 0 && (strcmp(argv[0], "quit") == 0 ||
				   strcmp(argv[0], "exit") == 0)) {
		more = false;
	} else if (argc > 0) {
		if (strcmp(argv[0], "?") == 0)
			argv[0] = "help";
		p->status = command_run(p, argc, argv);
	}
	tok_reset(p->words);
	return more;
}

/* Ctrl-C, where a line is typed. */
static unsigned char
prompt_give_up(EditLine *el, int key)
{
	struct prompt *p = NULL;

	(void)key;
	el_get(el, EL_CLIENTDATA, &p);
	p->given_up = true;
	return CC_NEWLINE;
}

/* A signal comes at any time, also just before somebody waits for it; a key waits
 * for who reads it. So Ctrl-C is one while a line is typed, and the terminal gives
 * keys before it shows that they are awaited. */
static void
keys_begin(EditLine *el)
{
	struct termios mode;

	el_set(el, EL_PREP_TERM, 1);
	if (tcgetattr(STDIN_FILENO, &mode) != 0)
		return;
	mode.c_cc[VINTR] = _POSIX_VDISABLE; /* libedit's "intr=" does nothing */
	tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}

/* False: nobody types any more. */
static bool
prompt_turn(struct prompt *p)
{
	int n = 0;
	const char *line;
	char *copy;
	bool more;

	p->given_up = false;
	keys_begin(p->el);
	line = el_gets(p->el, &n);
	if (p->given_up || (line == NULL && n < 0 && errno == EINTR)) {
		el_reset(p->el);
		clearerr(stdout); /* it may have met a line being written */
		fputs("\n", stdout);
		return true;
	}
	if (line == NULL || n <= 0)
		return false;
	copy = mem_dup(line, strcspn(line, "\n"));
	if (copy[strspn(copy, " \t")] != '\0')
		history_keep(p, copy);
	more = line_run(p, copy);
	mem_free(copy);
	return more;
}

static void
nothing(int number)
{
	(void)number;
}

int
prompt_run(const struct call *before)
{
	/* no SA_RESTART: what was typed so far is given up */
	struct sigaction interrupted = { .sa_handler = nothing };
	struct prompt p = { .before = *before };

	look_begin(before->colour);
	p.complete.before = &p.before;
	p.before.is_prompt = true;
	p.el = el_init("lsrctl", stdin, stdout, stderr);
	if (p.el == NULL)
		return call_usage("this terminal cannot be used");
	p.history = history_init();
	p.words = tok_init(NULL);
	history_open(&p);
	el_set(p.el, EL_CLIENTDATA, &p);
	el_set(p.el, EL_PROMPT, prompt_text);
	el_set(p.el, EL_EDITOR, "emacs");
	el_set(p.el, EL_HIST, history, p.history);
	el_set(p.el, EL_ADDFN, "lsrctl-complete", "what may follow",
	    prompt_complete);
	el_set(p.el, EL_BIND, "^I", "lsrctl-complete", NULL);
	el_set(
	    p.el, EL_ADDFN, "lsrctl-give-up", "another line", prompt_give_up);
	el_set(p.el, EL_BIND, "^C", "lsrctl-give-up", NULL);
	el_source(p.el, NULL);
	sigaction(SIGINT, &interrupted, NULL);
	puts("`help` names the verbs, Tab completes, `quit` ends.");
	while (prompt_turn(&p))
		continue;
	history_end(p.history);
	tok_end(p.words);
	el_end(p.el);
	complete_done(&p.complete);
	mem_free(p.file);
	return p.status;
}
