#include "ctl/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/events.h"
#include "ctl/grid.h"
#include "ctl/history_read.h"
#include "ctl/live.h"
#include "ctl/look.h"
#include "ctl/show.h"
#include "ctl/value.h"

#define EVERY_S 2
#define CHANGES 5 /* records shown; the rest of the screen is of links */
#define ROWS 24   /* of a terminal that does not say */

/* clang-format off */
const struct verb_option top_options[] = {
	{ "every",  "SECONDS", "draw again so often; 2 unless it is given" },
	{ "folder", "FOLDER",  "where the daemon keeps its state" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

struct top {
	const struct call *call;
	bool screen; /* a terminal: colours, and again and again */
	struct buf out;
	struct grid links;
	size_t nlinks, down;
};

static int64_t
top_number(const json_t *line, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(line, key));
}

static void
top_head(void *ctx, const json_t *line)
{
	struct top *top = ctx;

	buf_printf(&top->out,
	    "%s: %s   sessions %" PRId64 " of %" PRId64
	    " full   routes %" PRId64 ", held %" PRId64 "\ngeneration %" PRId64
	    ", published %" PRId64 "   away %zu   troubles %zu\n\n",
	    table_text(line, "server"), table_text(line, "state"),
	    top_number(line, "full"), top_number(line, "sessions"),
	    top_number(line, "routes"), top_number(line, "holds"),
	    top_number(line, "generation"), top_number(line, "published"),
	    json_array_size(json_object_get(line, "away")),
	    json_array_size(json_object_get(line, "troubles")));
}

/* By whom it is called: a connector, a way out, or a server. */
static const char *
link_name(const json_t *line)
{
	static const char *const keys[] = { "connector", "space", "server" };
	const char *name = "";

	for (size_t i = 0; i < 3 && *name == '\0'; i++)
		name = table_text(line, keys[i]);
	return name;
}

static void
link_put(void *ctx, const json_t *line)
{
	struct top *top = ctx;
	struct grid *grid = &top->links;

	grid_cell(grid, link_name(line));
	grid_cell(grid, table_text(line, "bridgehead"));
	grid_cell(grid, table_text(line, "state"));
	grid_printf(grid, "%" PRId64 " s", top_number(line, "since_s"));
	grid_printf(grid, "%" PRId64, top_number(line, "waiting"));
	grid_printf(grid, "%" PRId64, top_number(line, "late"));
	grid_printf(grid, "%" PRId64, top_number(line, "congestion"));
	grid_cell(
	    grid, table_text(json_object_get(line, "last_error"), "what"));
	top->nlinks++;
	top->down += strcmp(table_text(line, "state"), "down") == 0;
}

static int
top_links(struct top *top)
{
	static const char *const head[] = { "LINK", "BRIDGEHEAD", "STATE",
		"SINCE", "WAITING", "LATE", "CONGESTION", "LAST ERROR", NULL };
	struct buf answer = { 0 };
	int status = client_read(top->call, "links", &answer);

	top->nlinks = top->down = 0;
	if (status == CALL_OK) {
		grid_init(&top->links, head);
		status = client_each(&answer, link_put, top);
		grid_write(&top->links, grid_terminal(), &top->out);
		buf_printf(&top->out, "%zu links, %zu down\n\n", top->nlinks,
		    top->down);
	}
	buf_done(&answer);
	return status;
}

/* Without a history there is a line that says so. */
static void
top_changes(struct top *top)
{
	static const struct history_want want = {
		.kind = "routes,link-state,mail-state,mta-state,nbr-state",
		.last = CHANGES
	};
	struct history_found found = { 0 };
	char *folder = events_folder(top->call);

	if (folder != NULL && history_load(folder, &want, &found) == CALL_OK)
		for (size_t i = 0; i < found.records.n; i++)
			events_record(&top->out, found.records.v[i], NULL, 0,
			    grid_terminal());
	history_found_done(&found);
	mem_free(folder);
}

static int
top_draw(struct top *top)
{
	struct buf answer = { 0 };
	int status = client_read(top->call, "status", &answer);

	buf_reset(&top->out);
	if (status == CALL_OK)
		status = client_each(&answer, top_head, top);
	if (status == CALL_OK)
		status = top_links(top);
	if (status == CALL_OK)
		top_changes(top);
	buf_done(&answer);
	return status;
}

static size_t
screen_rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0
	           ? size.ws_row
	           : ROWS;
}

static bool
line_has(const char *line, const char *word)
{
	return strstr(line, word) != NULL;
}

/* A line of the screen: what is ill stands out. The table has coloured its
 * states itself. */
static void
screen_line(struct buf *out, const char *line)
{
	enum look_colour colour = LOOK_PLAIN;

	if (line_has(line, "to=down") || line_has(line, "held ("))
		colour = LOOK_BAD;
	else if (line_has(line, "to=up"))
		colour = LOOK_GOOD;
	if (colour == LOOK_PLAIN)
		buf_text(out, line);
	else
		look_paint(out, colour, line);
	buf_text(out, "\033[K\n");
}

/* From the upper left corner, as many lines as there is room for: no line
 * flickers that stays as it is. */
static void
screen_show(struct top *top)
{
	char *text, *rest = NULL;
	struct buf out = { 0 };
	size_t left = screen_rows() - 1;

	buf_u8(&top->out, 0);
	text = mem_str((const char *)top->out.p);
	buf_text(&out, "\033[H");
	rest = text;
	while (left-- > 0 && rest != NULL && *rest != '\0') {
		char *line = rest, *end = strchr(rest, '\n');

		if (end != NULL)
			*end = '\0';
		rest = end == NULL ? NULL : end + 1;
		screen_line(&out, line);
	}
	buf_text(&out, "\033[J");
	show_flush(&out);
	buf_done(&out);
	mem_free(text);
}

static int
top_once(struct top *top)
{
	int status = top_draw(top);

	if (status == CALL_OK && top->screen)
		screen_show(top);
	else if (status == CALL_OK)
		show_flush(&top->out);
	return status;
}

int
top_run(const struct call *call)
{
	const char *every = call_option(call, "every");
	struct top top = { .call = call, .screen = isatty(STDOUT_FILENO) };
	struct timespec wait = { 0 };
	uint64_t seconds = EVERY_S;
	int status;

	if (every != NULL &&
	    (!value_number(every, 3600, &seconds) || seconds == 0))
		return call_usage("--every %s: must be 1 to 3600", every);
	wait.tv_sec = (time_t)seconds;
	status = top_once(&top);
	while (status == CALL_OK && top.screen && fflush(stdout) == 0) {
		nanosleep(&wait, NULL);
		status = top_once(&top);
	}
	buf_done(&top.out);
	return status;
}
