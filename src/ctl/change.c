#include "ctl/change.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/lsa/lsa.h"
#include "ctl/client.h"
#include "ctl/live.h"
#include "ctl/value.h"

bool
change_seconds(const char *text, uint64_t *out)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char digits[12];
	size_t n = strlen(text);

	if (n < 2 || n > sizeof(digits))
		return false;
	memcpy(digits, text, n - 1);
	digits[n - 1] = '\0';
	if (!value_number(digits, UINT32_MAX, out))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text[n - 1] == units[i].unit) {
			*out *= units[i].seconds;
			return *out > 0 && *out <= UINT32_MAX;
		}
	return false;
}

static int
times_add(const struct call *call, struct buf *request)
{
	const char *length = call_option(call, "for");
	const char *until = call_option(call, "until");
	uint64_t seconds;
	int64_t end;

	if (length != NULL && until != NULL)
		return call_usage("--for and --until: one of them");
	if (length != NULL && !change_seconds(length, &seconds))
		return call_usage("--for %s: write 90s, 15m, 2h or 1d", length);
	if (length != NULL)
		buf_printf(request, " for=%" PRIu64, seconds);
	if (until == NULL)
		return CALL_OK;
	if (!value_time(until, &end) || end <= 0)
		return call_usage("--until %s: write 2026-11-21T14:30Z, or "
				  "seconds since 1970",
		    until);
	if (end <= (int64_t)time(NULL))
		return call_usage("--until %s: that is over", until);
	buf_printf(request, " until=%" PRId64, end);
	return CALL_OK;
}

/* Who logged in, also behind sudo; it is told, and proves nothing. */
static const char *
login(void)
{
	const char *name = getenv("SUDO_USER");
	const struct passwd *pw;

	if (name == NULL || *name == '\0')
		name = getlogin();
	if (name == NULL || *name == '\0') {
		pw = getpwuid(getuid());
		name = pw == NULL ? NULL : pw->pw_name;
	}
	return name != NULL && lsa_is_who(name) ? name : NULL;
}

int
change_words(const struct call *call, struct buf *request)
{
	const char *reason = call_option(call, "reason");
	const char *who = login();

	if (times_add(call, request) != CALL_OK)
		return CALL_USAGE;
	if (reason != NULL && (*reason == '\0' || !lsa_is_reason(reason)))
		return call_usage("--reason: at most %d printable octets, "
				  "without \" and \\",
		    LIMIT_REASON_OCTETS);
	if (who != NULL)
		buf_printf(request, " by=%s", who);
	if (reason != NULL)
		buf_printf(request, " reason=%s", reason);
	buf_u8(request, 0);
	return CALL_OK;
}

int
change_ask(const struct call *call, const struct buf *request, const char *done)
{
	struct buf answer = { 0 };
	int status = client_ask(call, (const char *)request->p, &answer);

	if (status == CALL_OK)
		status = live_verdict(call, &answer, done);
	buf_done(&answer);
	return status;
}
