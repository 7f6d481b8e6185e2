#include "cfg/patterns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/lsa_list.h"
#include "idn/labels.h"
#include "sys/file.h"

/* What is told of one kind of line. */
struct fault {
	const char *what, *remedy;
	size_t n;
	unsigned last; /* line of the last one */
};

struct reading {
	const char *path;
	struct complaints *complaints;
	struct patterns *out;
	struct fault bad, twice;
	uint64_t judged; /* as weight counts, of whatever might be a pattern */
};

/* Where labels are not written in ASCII: of a character Punycode has a letter or
 * more, and UTF-8 four octets at most. */
#define WORD_MOST (4 * STR_PATTERN_MAX)

/* With each line twice a list would pass; of one beyond that it does not matter
 * what it says, and a daemon does not read on. */
#define JUDGED_MOST ((uint64_t)2 * LIMIT_LISTED_WEIGHT)

static void
fault_tell(const struct reading *r, struct fault *f, const char *pattern,
    unsigned line)
{
	struct complain_at at = { r->path, line, f->remedy, true };

	f->last = line;
	if (f->n++ < PATTERNS_TOLD)
		complain(
		    r->complaints, &at, "\"%.100s\": %s", pattern, f->what);
}

static void
fault_end(const struct reading *r, const struct fault *f)
{
	struct complain_at at = { r->path, f->last, f->remedy, true };

	if (f->n > PATTERNS_TOLD)
		complain(r->complaints, &at,
		    "and %zu lines more, this the last: %s",
		    f->n - PATTERNS_TOLD, f->what);
}

static bool
patterns_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The first word of a line. Of one that no pattern can be, in either spelling, a
 * part will do; a NUL is none of any pattern's octets, nor is what it becomes. */
static char *
patterns_word(struct cur line)
{
	size_t n = 0;
	char *word;

	while (n < line.left && !patterns_is_blank(line.p[n]))
		n++;
	word = mem_dup(line.p, n < WORD_MOST ? n : WORD_MOST);
	for (size_t i = 0; i < n && i < WORD_MOST; i++)
		if (word[i] == '\0')
			word[i] = '\x7f';
	return word;
}

/* Without its end. */
static void
patterns_line(struct reading *r, struct cur line, unsigned number)
{
	char *word, *pattern;

	if (line.left == 0 || patterns_is_blank(line.p[0]) || line.p[0] == '#')
		return;
	word = patterns_word(line);
	r->judged += strlen(word) + LIMIT_LISTED_EACH;
	pattern = labels_to_a(word);
	if (lsa_list_takes(pattern)) {
		vec_push(
		    &r->out->v, ((struct patterns_one){ pattern, number }));
		pattern = NULL;
	} else {
		fault_tell(r, &r->bad, word, number);
	}
	mem_free(pattern);
	mem_free(word);
}

static int
patterns_order(const void *a, const void *b)
{
	const struct patterns_one *x = a, *y = b;
	int c = strcmp(x->pattern, y->pattern);

	return c != 0 ? c : (x->line > y->line) - (x->line < y->line);
}

static void
patterns_unique(struct reading *r)
{
	struct patterns *out = r->out;
	size_t kept = 0;

	if (out->v.n > 1)
		qsort(out->v.v, out->v.n, sizeof(out->v.v[0]), patterns_order);
	for (size_t i = 0; i < out->v.n; i++) {
		struct patterns_one one = out->v.v[i];

		if (kept > 0 &&
		    strcmp(out->v.v[kept - 1].pattern, one.pattern) == 0) {
			fault_tell(r, &r->twice, one.pattern, one.line);
			mem_free(one.pattern);
			continue;
		}
		out->weight += strlen(one.pattern) + LIMIT_LISTED_EACH;
		out->v.v[kept++] = one;
	}
	out->v.n = kept;
}

int
patterns_read(struct cur text, const char *path, struct complaints *complaints,
    struct patterns *out)
{
	struct reading r = { .path = path,
		.complaints = complaints,
		.out = out,
		.bad = { "no user@domain, domain or .domain",
		    "mend the line, or take it out", 0, 0 },
		.twice = { "stands here twice", "take one line out", 0, 0 } };
	unsigned line = 0;

	while (text.left > 0 && r.judged <= JUDGED_MOST) {
		struct cur one = cur_line(&text);

		patterns_line(&r, one, ++line);
	}
	patterns_unique(&r);
	fault_end(&r, &r.bad);
	fault_end(&r, &r.twice);
	return r.judged > JUDGED_MOST || out->weight > LIMIT_LISTED_WEIGHT
	           ? RC_LIMIT
	           : RC_OK;
}

static void
file_refuse(const char *path, int rc, struct complaints *complaints)
{
	struct complain_at at = { .file = path,
		.remedy = "mend it, and reload: until then what is in force "
			  "stays" };

	if (rc == RC_IO || rc == RC_NONE)
		complain(complaints, &at, "cannot be read: %s",
		    strerror(rc == RC_NONE ? ENOENT : errno));
	else if (rc == RC_STATE)
		complain(complaints, &at, "is no regular file");
	else if (rc == RC_LONG)
		complain(complaints, &at, "longer than %zu MB",
		    PATTERNS_FILE_MAX >> 20);
	else if (rc == RC_LIMIT)
		complain(complaints, &at,
		    "more patterns than a server may list: %d octets, each "
		    "counted with %d more",
		    LIMIT_LISTED_WEIGHT, LIMIT_LISTED_EACH);
	else
		complain(complaints, &at,
		    "has no pattern: to claim none take address-space-file "
		    "out");
}

int
patterns_load(
    const char *path, struct complaints *complaints, struct patterns *out)
{
	struct buf text = { 0 };
	int rc = file_load_regular(path, PATTERNS_FILE_MAX, &text);

	if (rc == RC_OK)
		rc = patterns_read(
		    cur_over(text.p, text.n), path, complaints, out);
	if (rc == RC_OK && out->v.n == 0)
		rc = RC_MISSING;
	buf_done(&text);
	if (rc != RC_OK) {
		file_refuse(path, rc, complaints);
		patterns_done(out);
	}
	return rc;
}

void
patterns_done(struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->v.n; i++)
		mem_free(patterns->v.v[i].pattern);
	vec_done(&patterns->v);
	*patterns = (struct patterns){ 0 };
}
