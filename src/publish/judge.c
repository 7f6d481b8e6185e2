#include "publish/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rc.h"

#define JUDGE_SECONDS 20

enum { SOUND, BROKEN, MISSING };

static void
judge_in_child(const struct plugin_export *plugin,
    const struct plugin_setup *setup, size_t table)
{
	struct rlimit none = { 0 };
	int null = open("/dev/null", O_WRONLY);
	int rc;

	setrlimit(RLIMIT_CORE, &none);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	alarm(JUDGE_SECONDS);
	rc = plugin->check(setup, table);
	_exit(rc == RC_OK ? SOUND : rc == RC_NONE ? MISSING : BROKEN);
}

static int
judge_one(const struct plugin_export *plugin, const struct plugin_setup *setup,
    size_t table)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0)
		judge_in_child(plugin, setup, table);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

int
judge_tables(const struct plugin_export *plugin,
    const struct plugin_setup *setup, struct judge *out)
{
	*out = (struct judge){ 0 };
	for (size_t t = 0; plugin->tables[t] != NULL; t++) {
		int is = judge_one(plugin, setup, t);

		if (is < 0)
			return RC_IO;
		if (is == MISSING)
			out->missing |= 1u << t;
		else if (is != SOUND)
			out->broken |= 1u << t;
	}
	return RC_OK;
}
