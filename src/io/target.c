#include "io/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "sys/sock.h"
#include "sys/spare.h"

/* The recipient: `postmaster` of the service itself, who must be there (RFC
 * 5321 4.5.1), or the one that is to be relayed to. */
static void
target_question(struct target *target, const struct effect *fx)
{
	struct buf to = { 0 };

	if (fx->mail)
		buf_printf(&to, "postmaster@%s", fx->name);
	else if (fx->recipient != NULL)
		buf_text(&to, fx->recipient);
	target->recipient = buf_string(&to);
	if (target->recipient[0] == '\0' ||
	    strlen(target->recipient) > STR_PATTERN_MAX)
		return;
	target->ask = fx->mail ? PLUGIN_ASK_MAIL : PLUGIN_ASK_RELAY;
}

void
target_begin(struct target *target, const struct effect *fx, bool by_name)
{
	*target = (struct target){ .name = by_name ? mem_str(fx->name) : NULL,
		.ask = PLUGIN_ASK_NOTHING,
		.addr = fx->addrs[0],
		.verdict = PROBE_FAILED };
	for (size_t i = 1; i < fx->naddrs && i <= 2; i++)
		target->sources[i - 1] = fx->addrs[i];
	target_question(target, fx);
}

/* The next address; otherwise why there is none. */
static enum target_is
target_next(struct target *target, struct names *names)
{
	enum names_is is;

	target->to = target->addr;
	if (target->name == NULL || names == NULL)
		return target->nth == 0 ? TARGET_CONNECTS : TARGET_OVER;
	is = names_look(names, target->name, &target->to, target->nth);
	if (is == NAMES_THERE)
		return TARGET_CONNECTS;
	if (is == NAMES_ASKING)
		return TARGET_WAITS;
	if (is == NAMES_UNKNOWN) {
		target->verdict = PROBE_UNABLE;
		target->why = "no-resolver";
	} else if (target->nth == 0) {
		target->why = "name-unknown";
	}
	return TARGET_OVER;
}

/* A want of ours; unless another address has failed by itself. */
static void
target_unable(struct target *target, const char *why)
{
	if (target->nth > 1 && target->verdict == PROBE_FAILED)
		return;
	target->verdict = PROBE_UNABLE;
	target->why = why;
}

static int
target_socket(struct target *target)
{
	const struct addr *from = NULL;
	const char *why;
	int fd, error;

	for (size_t i = 0; i < 2; i++)
		if (target->sources[i].family == target->to.family)
			from = &target->sources[i];
	fd = sock_connect(&target->to, from);
	if (fd >= 0 && !spare_reached(fd))
		return fd;
	error = errno;
	why = fd < 0 ? spare_word(error) : "no-descriptors";
	if (fd >= 0)
		close(fd);
	if (why == NULL)
		target_failed(target, sock_reason(error), NULL);
	else
		target_unable(target, why);
	return -1;
}

enum target_is
target_connect(struct target *target, struct names *names, int *fd)
{
	for (;;) {
		enum target_is is = target_next(target, names);

		if (is != TARGET_CONNECTS)
			return is;
		target->nth++;
		*fd = target_socket(target);
		if (*fd >= 0)
			return TARGET_CONNECTS;
	}
}

bool
target_has_more(const struct target *target, struct names *names)
{
	struct addr addr = target->addr;

	return target->name != NULL && names != NULL &&
	       names_look(names, target->name, &addr, target->nth) ==
	           NAMES_THERE;
}

void
target_failed(struct target *target, const char *why, const char *said)
{
	target->verdict = PROBE_FAILED;
	target->why = why;
	snprintf(
	    target->said, sizeof(target->said), "%s", said == NULL ? "" : said);
}

void
target_done(struct target *target)
{
	mem_free(target->name);
	mem_free(target->recipient);
	*target = (struct target){ 0 };
}
