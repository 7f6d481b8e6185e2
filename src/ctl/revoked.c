#include "ctl/revoked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/lsa/lsa.h"
#include "ctl/paths.h"
#include "ctl/value.h"
#include "ctl/verbs.h"

#define REVOKED_FILE "revoked"

/* A digest, a name and a moment. */
#define LINE_OCTETS 512

/* Whole at the end of the file, or not: an order that is given twice is there
 * twice. */
static bool
line_add(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	ssize_t n = (ssize_t)strlen(line);
	bool ok = fd >= 0 && write(fd, line, (size_t)n) == n && fsync(fd) == 0;
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return ok;
}

void
revoked_add(const char *directory, const char *digest, const char *server)
{
	char *path = paths_join(directory, REVOKED_FILE);
	char line[LINE_OCTETS], now[VALUE_TIME];

	value_time_text((int64_t)time(NULL), now);
	snprintf(line, sizeof(line), "%s %s %s\n", digest,
	    server == NULL ? "-" : server, now);
	if (!line_add(path, line))
		call_usage("%s: %s: keys issue --renew will not know that this "
			   "key is revoked",
		    path, strerror(errno));
	mem_free(path);
}

static int
line_refuse(const char *path, const char *line)
{
	char server[300] = "-", when[VALUE_TIME] = "";

	sscanf(line, "%*s %299s %31s", server, when);
	if (strcmp(server, "-") == 0)
		snprintf(server, sizeof(server), "a server");
	return call_usage(
	    "%s: this key of %s was revoked at %s: no certificate brings it "
	    "back; make another (lsrctl keys request in a new --directory)",
	    path, server, when);
}

int
revoked_check(const char *directory, const uint8_t key[CRYPTO_DIGEST])
{
	char *path = paths_join(directory, REVOKED_FILE);
	char line[LINE_OCTETS], digest[2 * CRYPTO_DIGEST + 1];
	FILE *in = fopen(path, "re");
	int status = CALL_OK;

	lsa_digest_text(key, digest);
	if (in == NULL && errno != ENOENT)
		status = call_usage("%s: %s", path, strerror(errno));
	while (in != NULL && status == CALL_OK &&
	       fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, digest, strlen(digest)) == 0)
			status = line_refuse(path, line);
	if (in != NULL)
		fclose(in);
	mem_free(path);
	return status;
}
