#include "plugins/exim/spool.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/find.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/vec.h"
#include "idn/labels.h"
#include "plugins/exim/etrn.h"

#define ADDRESS_MAX 512 /* more than any */

/* Of one file. */
struct spool {
	const char *p, *end; /* what is left */
	uint64_t came;
	bool first, frozen, bounce;
	VEC(char *) done; /* addresses, as found() has them; sorted */
};

/* All of a text, which may be none. */
static struct spool
spool_over(const struct plugin_text *text)
{
	struct spool s = { .p = text->p, .end = text->p };

	if (text->n > 0)
		s.end += text->n;
	return s;
}

/* The next line without its line feed; false: there is no whole one. */
static bool
spool_line(struct spool *s, struct plugin_text *out)
{
	const char *lf =
	    s->p == s->end ? NULL : memchr(s->p, '\n', (size_t)(s->end - s->p));

	if (lf == NULL)
		return false;
	*out = (struct plugin_text){ s->p, (size_t)(lf - s->p) };
	s->p = lf + 1;
	return true;
}

static bool
spool_begins(const struct plugin_text *line, const char *with)
{
	size_t n = strlen(with);

	return line->n >= n && memcmp(line->p, with, n) == 0;
}

/* Digits, as many as there are; false: there is none, or it is too large. */
static bool
spool_number(const char *p, const char *end, uint64_t *out)
{
	const char *start = p;

	*out = 0;
	for (; p < end && *p >= '0' && *p <= '9' && *out < UINT32_MAX; p++)
		*out = *out * 10 + (uint64_t)(*p - '0');
	return p > start && *out < UINT32_MAX;
}

/* As found() has them: lower case, A-labels; NULL: no address. The caller's. */
static char *
spool_address(const char *p, size_t n)
{
	char text[ADDRESS_MAX];

	if (n == 0 || n >= sizeof(text) || memchr(p, '\0', n) != NULL)
		return NULL;
	memcpy(text, p, n);
	text[n] = '\0';
	return labels_to_a(text);
}

static void
spool_done_add(struct spool *s, const struct plugin_text *address)
{
	char *a = spool_address(address->p, address->n);

	if (a != NULL)
		vec_push(&s->done, a);
}

static bool
spool_is_done(const struct spool *s, const char *address)
{
	return find_text(FIND_TEXTS(s->done.v, s->done.n), address) !=
	       FIND_NONE;
}

/* The octets of an ACL's variable may be anything, lines of ours as well. */
static bool
spool_skip_value(struct spool *s, const struct plugin_text *line)
{
	const char *last = line->p + line->n;
	uint64_t n;

	while (last > line->p && last[-1] != ' ')
		last--;
	if (!spool_number(last, line->p + line->n, &n) ||
	    n >= (uint64_t)(s->end - s->p))
		return false;
	s->p += n;
	return *s->p++ == '\n';
}

/* `-name value`, or `--name value` where the value is a stranger's. */
static bool
spool_option(struct spool *s, const struct plugin_text *line)
{
	struct plugin_text name = *line;

	while (name.n > 0 && name.p[0] == '-') {
		name.p++;
		name.n--;
	}
	if (spool_begins(&name, "(")) { /* how the value is quoted: 4.97 */
		const char *end = memchr(name.p, ')', name.n);

		if (end == NULL)
			return false;
		name.n -= (size_t)(end + 1 - name.p);
		name.p = end + 1;
	}
	if (spool_begins(&name, "acl"))
		return spool_skip_value(s, line);
	s->first |= spool_begins(&name, "deliver_firsttime");
	s->frozen |= spool_begins(&name, "frozen");
	return true;
}

static bool
spool_envelope(struct spool *s, const char *id)
{
	struct plugin_text name, user, sender, times;
	size_t n = strlen(id);

	if (!spool_line(s, &name) || name.n != n + 2 ||
	    memcmp(name.p, id, n) != 0 || memcmp(name.p + n, "-H", 2) != 0)
		return false;
	if (!spool_line(s, &user) || !spool_line(s, &sender) ||
	    !spool_begins(&sender, "<"))
		return false;
	s->bounce = sender.n == 2;
	return spool_line(s, &times) &&
	       spool_number(times.p, times.p + times.n, &s->came);
}

/* Options, and the tree behind them: each node says whether it has a left and
 * a right one, which follow. */
static bool
spool_options(struct spool *s)
{
	struct plugin_text line;
	size_t nodes = 1;

	do {
		if (!spool_line(s, &line))
			return false;
	} while (spool_begins(&line, "-") && spool_option(s, &line));
	if (spool_begins(&line, "XX") && line.n == 2)
		return true;
	for (;;) {
		if (line.n < 3 || (line.p[0] != 'Y' && line.p[0] != 'N') ||
		    (line.p[1] != 'Y' && line.p[1] != 'N') || line.p[2] != ' ')
			return false;
		nodes += (size_t)(line.p[0] == 'Y') + (line.p[1] == 'Y') - 1;
		line.p += 3;
		line.n -= 3;
		spool_done_add(s, &line);
		if (nodes == 0)
			return true;
		if (!spool_line(s, &line))
			return false;
	}
}

/* The address before what else a line may say: a local part in quotation marks
 * may have blanks. */
static size_t
spool_address_length(const struct plugin_text *line)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < line->n; i++) {
		if (line->p[i] == '\\' && quoted && i + 1 < line->n)
			i++;
		else if (line->p[i] == '"')
			quoted = !quoted;
		else if (line->p[i] == ' ' && !quoted)
			break;
	}
	return i;
}

static bool
spool_find(const struct plugin_text *in, const char *what, size_t *at)
{
	size_t n = strlen(what);

	for (*at = 0; *at + n <= in->n; ++*at)
		if (memcmp(in->p + *at, what, n) == 0)
			return true;
	return false;
}

/*
 * `TIME ADDRESS R=... T=... defer (-44) H=...: SMTP error from remote mail
 * server after RCPT TO:<...>: 450 ...`: the hop's own answer, but for 421, and
 * what it said to begin with.
 */
static bool
spool_is_answer(const struct plugin_text *line)
{
	static const char said[] =
	    ": SMTP error from remote mail server after ";
	static const char *const greetings[] = { "initial connection", "HELO ",
		"EHLO ", "STARTTLS", "AUTH " };
	struct plugin_text rest = *line;
	size_t at;

	if (!spool_find(&rest, said, &at))
		return false;
	rest.p += at + sizeof(said) - 1;
	rest.n -= at + sizeof(said) - 1;
	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++)
		if (spool_begins(&rest, greetings[i]))
			return false;
	return !spool_find(&rest, ": 421", &at);
}

/* `TIME ADDRESS R=... T=... defer (-52): concurrency limit reached for
 * transport`: max_parallel of a transport; serialize_hosts of a host. */
static bool
spool_is_put_off(const struct plugin_text *line)
{
	size_t at;

	return spool_find(
		   line, "): concurrency limit reached for transport", &at) ||
	       spool_find(
		   line, "): connection limit reached for all hosts", &at);
}

/* The last that is said of this address, as it is written in the -H file. */
static struct plugin_text
spool_last(const struct plugin_text *said, const struct plugin_text *to)
{
	struct spool log = spool_over(said);
	struct plugin_text line, last = { 0 };

	while (spool_line(&log, &line)) {
		size_t at = 0;

		/* `2026-11-29 02:54:20 `, perhaps with more in it */
		while (at < line.n &&
		       (line.p[at] == '-' || line.p[at] == ':' ||
			   line.p[at] == '.' || line.p[at] == '+' ||
			   line.p[at] == ' ' ||
			   (line.p[at] >= '0' && line.p[at] <= '9')))
			if (line.p[at++] == ' ' && line.n - at > to->n &&
			    memcmp(line.p + at, to->p, to->n) == 0 &&
			    line.p[at + to->n] == ' ') {
				last = line;
				break;
			}
	}
	return last;
}

/* Whether it was frozen by the bounce that conf/exim refused, and not by
 * somebody who wants it to stay: its log ends so. Without a log nobody knows. */
static bool
spool_waits_frozen(const struct plugin_text *said)
{
	struct plugin_text line = *said;
	size_t at;

	for (const char *p = said->p; p + 1 < said->p + said->n; p++)
		if (*p == '\n')
			line = (struct plugin_text){ p + 1,
				(size_t)(said->p + said->n - p - 1) };
	return said->n == 0 ||
	       (spool_begins(&line, "Process failed (") &&
		   spool_find(&line, "when writing error message to ", &at));
}

static void
spool_judge(const struct spool *s, const struct plugin_text *said,
    const struct plugin_text *to, struct plugin_queued *one)
{
	struct plugin_text last = spool_last(said, to);

	one->answered = one->deferred && (s->frozen || spool_is_answer(&last));
	one->put_off =
	    one->deferred && !one->answered && spool_is_put_off(&last);
}

/* So many lines, each a recipient. */
static bool
spool_recipients(struct spool *s, const struct plugin_text *said,
    struct plugin_queued *one, plugin_found *found, void *ctx)
{
	struct plugin_text line;
	uint64_t n;
	char *to;

	if (!spool_line(s, &line) || !spool_number(line.p, line.p + line.n, &n))
		return false;
	for (; n > 0 && spool_line(s, &line); n--) {
		line.n = spool_address_length(&line);
		to = spool_address(line.p, line.n);
		if (to != NULL && !spool_is_done(s, to)) {
			one->recipient = to;
			spool_judge(s, said, &line, one);
			found(ctx, one);
		}
		mem_free(to);
	}
	return true;
}

/* Of a journal each line is an address; a last one without an end is being
 * written. */
static void
spool_journal(struct spool *s, const struct plugin_text *done)
{
	struct spool journal = spool_over(done);
	struct plugin_text line;

	while (spool_line(&journal, &line))
		spool_done_add(s, &line);
	find_sort_texts(s->done.v, s->done.n);
}

static void
spool_ignore(void *ctx, const struct plugin_queued *found)
{
	(void)ctx;
	(void)found;
}

static int
spool_read(const struct plugin_message *message, plugin_found *found, void *ctx)
{
	const struct plugin_text *own = &message->own;
	struct spool s = spool_over(own);
	struct plugin_queued one = { .id = message->id };
	size_t at;
	bool sound =
	    own->n > 0 && spool_envelope(&s, message->id) && spool_options(&s);

	if (sound) {
		spool_journal(&s, &message->done);
		one.came = s.came;
		/* Exim dies in its retry rules where their table is missing,
		 * and has told what came of the try in the log alone. One that
		 * it freezes for its bounce it leaves at its first time. */
		one.deferred = !s.first || s.frozen ||
		               spool_find(&message->said, " defer (", &at);
		one.frozen = s.frozen;
		sound = spool_recipients(&s, &message->said, &one,
		    s.frozen &&
			    (s.bounce || !spool_waits_frozen(&message->said))
			? spool_ignore
			: found,
		    ctx);
	}
	for (size_t i = 0; i < s.done.n; i++)
		mem_free(s.done.v[i]);
	vec_done(&s.done);
	return sound ? RC_OK : RC_FORMAT;
}

static bool
spool_is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* `1xXV3I-0005Qv-2q`, since 4.97 `1uYv1X-00000000abc-1X2Y`. */
static bool
spool_is_id(const char *p, size_t n)
{
	size_t groups = 1;

	if (n != 16 && n != 23)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '-')
			groups++;
		else if (!spool_is_digit(p[i]))
			return false;
	}
	return groups == 3 && p[6] == '-';
}

/* One sort of file a message, but for its journal. */
static enum plugin_file
spool_file(const char *name, char id[PLUGIN_ID])
{
	size_t n = strlen(name);

	id[0] = '\0';
	if (n == 1)
		return spool_is_digit(name[0]) ? PLUGIN_FILE_FOLDER
		                               : PLUGIN_FILE_OTHER;
	if (n < 2 || n - 2 >= PLUGIN_ID || name[n - 2] != '-' ||
	    !spool_is_id(name, n - 2))
		return PLUGIN_FILE_OTHER;
	memcpy(id, name, n - 2);
	id[n - 2] = '\0';
	return name[n - 1] == 'H'   ? PLUGIN_FILE_MESSAGE
	       : name[n - 1] == 'J' ? PLUGIN_FILE_DONE
	                            : PLUGIN_FILE_OTHER;
}

/* Debian's place, or that of a plain build; what Exim itself says comes with a
 * reading. */
static void
spool_look(struct mta *out, const char *configuration)
{
	static const char *const usual[] = { "/var/spool/exim4",
		"/var/spool/exim" };
	struct stat st;
	size_t at = stat(usual[0], &st) != 0 && stat(usual[1], &st) == 0;

	(void)configuration;
	snprintf(out->queue_directory, sizeof(out->queue_directory), "%s",
	    usual[at]);
}

const struct plugin_spool spool_files = {
	.folder = "input",
	.said = "msglog",
	.most = SPOOL_MOST,
	.file = spool_file,
	.read = spool_read,
};

const struct plugin_queue spool_exim = {
	.name = "exim",
	.look = spool_look,
	.spool = &spool_files,
	.talk = &etrn_talk,
};
