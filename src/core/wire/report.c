#include "core/wire/report.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/match.h"
#include "core/lsa/way.h"

static const struct {
	const char *word;
	bool hop; /* tells of one next hop */
	bool to;  /* and of one recipient */
} kinds[REPORT_KINDS] = {
	[REPORT_MILTER] = { "milter", false, false },
	[REPORT_EVIDENCE] = { "evidence", true, false },
	[REPORT_QUEUE] = { "queue", true, false },
	[REPORT_ROUTE] = { "route", true, true },
};

static const struct {
	enum report_kind kind;
	const char *word;
} counts[REPORT_COUNTS] = {
	[REPORT_ACCEPTED] = { REPORT_MILTER, "accepted" },
	[REPORT_REFUSED] = { REPORT_MILTER, "refused" },
	[REPORT_HELD] = { REPORT_MILTER, "held" },
	[REPORT_DENIED] = { REPORT_MILTER, "denied" },
	[REPORT_STEERED] = { REPORT_MILTER, "steered" },
	[REPORT_STRIPPED] = { REPORT_MILTER, "stripped" },
	[REPORT_UNMARKED] = { REPORT_MILTER, "unmarked" },
	[REPORT_MISROUTED] = { REPORT_MILTER, "misrouted" },
	[REPORT_DROPPED] = { REPORT_MILTER, "dropped" },
	[REPORT_OK] = { REPORT_EVIDENCE, "ok" },
	[REPORT_FAILED] = { REPORT_EVIDENCE, "failed" },
	[REPORT_TURNED] = { REPORT_EVIDENCE, "refused" },
	[REPORT_REPLIES] = { REPORT_EVIDENCE, "replies" },
	[REPORT_WAITING] = { REPORT_QUEUE, "waiting" },
	[REPORT_LATE] = { REPORT_QUEUE, "late" },
	[REPORT_OLDEST] = { REPORT_QUEUE, "oldest" },
	[REPORT_RELAYED] = { REPORT_ROUTE, "ok" },
	[REPORT_UNRELAYED] = { REPORT_ROUTE, "refused" },
};

const char *
report_kind_word(enum report_kind kind)
{
	CHECK((unsigned)kind < REPORT_KINDS);
	return kinds[kind].word;
}

const char *
report_count_word(enum report_kind kind, enum report_count count)
{
	CHECK((unsigned)count < REPORT_COUNTS);
	return counts[count].kind == kind ? counts[count].word : NULL;
}

static int
kind_read(struct report *r, const char *word)
{
	for (int i = 0; i < REPORT_KINDS; i++)
		if (strcmp(kinds[i].word, word) == 0) {
			r->kind = (enum report_kind)i;
			return RC_OK;
		}
	return RC_NAME;
}

static int
number_read(const char *text, uint64_t *out)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || text[digits] != '\0')
		return RC_FORMAT;
	*out = 0;
	for (; *text != '\0'; text++) {
		*out = *out * 10 + (uint64_t)(*text - '0');
		if (*out > LIMIT_REPORT_COUNT)
			return RC_RANGE;
	}
	return RC_OK;
}

static int
hop_read(struct report *r, const char *value)
{
	if (!kinds[r->kind].hop)
		return RC_NAME;
	if (r->hop.family != 0)
		return RC_TWICE;
	return addr_read(&r->hop, value) ? RC_OK : RC_FORMAT;
}

static int
recipient_read(struct report *r, const char *value)
{
	size_t n = strlen(value);

	if (!kinds[r->kind].to)
		return RC_NAME;
	if (r->to[0] != '\0')
		return RC_TWICE;
	if (n > LIMIT_REPORT_RECIPIENT)
		return RC_LONG;
	if (!match_is_address(value))
		return RC_FORMAT;
	memcpy(r->to, value, n + 1);
	str_lower(r->to);
	return RC_OK;
}

static int
by_read(struct report *r, const char *value)
{
	if (r->kind != REPORT_EVIDENCE)
		return RC_NAME;
	if (r->by[0] != '\0')
		return RC_TWICE;
	if (strlen(value) > STR_WORD_MAX)
		return RC_LONG;
	if (value[way_by_name(value)] != '\0' || way_by(value) != RC_OK)
		return RC_FORMAT;
	memcpy(r->by, value, strlen(value) + 1);
	return RC_OK;
}

/* One `word=value`; seen: which counts were said, a bit each. */
static int
pair_read(struct report *r, char *pair, uint32_t *seen)
{
	char *value = strchr(pair, '=');

	if (value == NULL)
		return RC_FORMAT;
	*value++ = '\0';
	if (strcmp(pair, "hop") == 0)
		return hop_read(r, value);
	if (strcmp(pair, "by") == 0)
		return by_read(r, value);
	if (strcmp(pair, "to") == 0)
		return recipient_read(r, value);
	for (int i = 0; i < REPORT_COUNTS; i++) {
		if (counts[i].kind != r->kind ||
		    strcmp(counts[i].word, pair) != 0)
			continue;
		if (*seen & UINT32_C(1) << i)
			return RC_TWICE;
		*seen |= UINT32_C(1) << i;
		return number_read(value, &r->count[i]);
	}
	return RC_NAME;
}

int
report_decode(struct report *out, const uint8_t *p, size_t n)
{
	char line[LIMIT_REPORT_OCTETS + 1], *word = line, *end;
	uint32_t seen = 0;
	int rc;

	memset(out, 0, sizeof(*out));
	if (n > LIMIT_REPORT_OCTETS)
		return RC_LONG;
	if (n > 0 && p[n - 1] == '\n')
		n--;
	if (n == 0 || memchr(p, '\0', n) != NULL || memchr(p, '\n', n) != NULL)
		return RC_FORMAT;
	memcpy(line, p, n);
	line[n] = '\0';
	for (rc = RC_OK; rc == RC_OK && word != NULL; word = end) {
		end = strchr(word, ' ');
		if (end != NULL)
			*end++ = '\0';
		rc = word == line ? kind_read(out, word)
		                  : pair_read(out, word, &seen);
	}
	if (rc == RC_OK && kinds[out->kind].hop && out->hop.family == 0 &&
	    out->by[0] == '\0')
		rc = RC_MISSING;
	if (rc == RC_OK && kinds[out->kind].to && out->to[0] == '\0')
		rc = RC_MISSING;
	return rc;
}

void
report_encode(struct buf *out, const struct report *r)
{
	char text[ADDR_TEXT];

	buf_text(out, report_kind_word(r->kind));
	if (kinds[r->kind].hop && r->hop.family != 0)
		buf_printf(out, " hop=%s",
		    r->hop.port == 0 ? addr_ip_text(&r->hop, text)
				     : addr_text(&r->hop, text));
	if (r->by[0] != '\0')
		buf_printf(out, " by=%s", r->by);
	if (kinds[r->kind].to)
		buf_printf(out, " to=%s", r->to);
	for (int i = 0; i < REPORT_COUNTS; i++)
		if (counts[i].kind == r->kind && r->count[i] > 0)
			buf_printf(out, " %s=%" PRIu64, counts[i].word,
			    r->count[i] < LIMIT_REPORT_COUNT
				? r->count[i]
				: LIMIT_REPORT_COUNT);
}
