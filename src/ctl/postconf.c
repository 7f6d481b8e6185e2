#include "ctl/postconf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/paths.h"

#define POSTCONF "/usr/sbin/postconf"
#define OUTPUT_MAX 1048576

char *
postconf_run(char *const argv[])
{
	struct buf out = { 0 };
	int fds[2], status;
	char chunk[4096];
	ssize_t n;
	pid_t pid;

	if (pipe(fds) != 0)
		return NULL;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(fds[1], STDOUT_FILENO);
		if (null >= 0)
			dup2(null, STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	while (pid > 0 && (n = read(fds[0], chunk, sizeof(chunk))) > 0)
		if (out.n + (size_t)n < OUTPUT_MAX)
			buf_bytes(&out, chunk, (size_t)n);
	close(fds[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
		buf_done(&out);
		return NULL;
	}
	while (out.n > 0 && out.p[out.n - 1] == '\n')
		out.n--;
	return buf_string(&out);
}

char *
postconf_ask(const struct postfix *p, const char *first, const char *second,
    const char *third)
{
	const char *program = paths_is_file(POSTCONF) ? POSTCONF : "postconf";
	char *argv[7];
	size_t n = 0;
	char *out;

	argv[n++] = mem_str(program);
	if (p->directory != NULL) {
		argv[n++] = mem_str("-c");
		argv[n++] = mem_str(p->directory);
	}
	argv[n++] = mem_str(first);
	if (second != NULL)
		argv[n++] = mem_str(second);
	if (third != NULL)
		argv[n++] = mem_str(third);
	argv[n] = NULL;
	out = postconf_run(argv);
	while (n > 0)
		mem_free(argv[--n]);
	return out;
}

static void
find(const struct postfix *p, enum check_level level, const char *option,
    const char *line, const char *text)
{
	struct buf b = { 0 };
	char *remedy;

	buf_text(&b, "postconf ");
	if (p->directory != NULL)
		buf_printf(&b, "-c %s ", p->directory);
	buf_printf(&b, "%s '", option);
	for (; *line != '\0'; line++) {
		if (*line == '\'')
			buf_text(&b, "'\\''");
		else
			buf_u8(&b, (uint8_t)*line);
	}
	buf_text(&b, "'");
	remedy = buf_string(&b);
	check_find(p->list, CHECK_ABOUT(level, "postfix", remedy), "%s", text);
	mem_free(remedy);
}

void
postconf_want(const struct postfix *p, const char *option, const char *line,
    const char *text)
{
	find(p, CHECK_CRITICAL, option, line, text);
}

void
postconf_advise(const struct postfix *p, const char *option, const char *line,
    const char *text)
{
	find(p, CHECK_WARNING, option, line, text);
}

bool
postconf_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *at = list;

	while ((at = strstr(at, word)) != NULL) {
		bool begins = at == list || strchr(", \t\n{", at[-1]) != NULL;

		if (begins &&
		    (at[n] == '\0' || strchr(", \t\n}", at[n]) != NULL))
			return true;
		at += n;
	}
	return false;
}
