#include "ctl/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/rc.h"
#include "ctl/plan_open.h"
#include "ctl/show.h"
#include "ctl/value.h"
#include "sys/file.h"

#define PAIRS 5000 /* tried, unless --pairs says another number */

/* clang-format off */
const struct verb_option report_options[] = {
	{ "two",   NULL,          "two failures at once, too" },
	{ "pairs", "N",           "so many pairs of them; 5000 unless given" },
	{ "html",  "FILE",        "write a page with a plot to this file" },
	{ "cut",   "CONNECTOR",   "without this connector" },
	{ "drain", "SERVER",      "with this server drained" },
	{ "cost",  "CONNECTOR=N", "with this cost" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

/* One line of a terminal, again and again. */
static void
progress_tell(const char *what, size_t done, size_t all)
{
	dprintf(STDERR_FILENO, "\r%s: %zu of %zu\033[K%s", what, done, all,
	    done == all ? "\r\033[K" : "");
}

static int
html_write(const char *path, const struct report *r)
{
	struct buf page = { 0 };
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int rc = RC_IO, error;

	report_html(r, &page);
	if (fd >= 0)
		rc = file_put(fd, page.p, page.n);
	error = errno;
	if (fd >= 0 && close(fd) != 0 && rc == RC_OK) {
		rc = RC_IO;
		error = errno;
	}
	buf_done(&page);
	return rc == RC_OK ? CALL_OK
	                   : call_usage("--html %s: %s", path, strerror(error));
}

static int
report_show(const struct call *call, const struct report *r, struct buf *out)
{
	const char *html = call_option(call, "html");
	int status = html == NULL ? CALL_OK : html_write(html, r);

	if (status != CALL_OK)
		return status;
	if (call->json)
		report_json(r, out);
	else
		report_text(r, out);
	return report_is_well(r) ? CALL_OK : CALL_NO;
}

static int
report_of(const struct call *call, struct plan *plan, uint64_t pairs)
{
	static const struct report_progress terminal = { progress_tell };
	const struct report_progress *progress =
	    isatty(STDERR_FILENO) ? &terminal : NULL;
	struct report r;
	int status = CALL_OK;

	if (!report_judge(&r, plan->doc, &plan->net, progress))
		return call_usage(
		    "report: %zu servers are too many", plan->net.servers.n);
	if (call_has(call, "two"))
		report_two(&r, pairs, progress);
	if (call->topology == NULL)
		status = report_live(&r, call);
	if (status == CALL_OK)
		status = report_show(call, &r, &plan->out);
	report_done(&r);
	return status;
}

int
report_verb(const struct call *call)
{
	const char *given = call_option(call, "pairs");
	uint64_t pairs = PAIRS;
	struct plan plan;
	int status;

	if (given != NULL && !value_number(given, UINT32_MAX, &pairs))
		return call_usage("--pairs %s: must be a number", given);
	status = plan_open(call, &plan);
	if (status != CALL_OK)
		return status;
	status = report_of(call, &plan, pairs);
	plan_done(&plan);
	return status;
}
