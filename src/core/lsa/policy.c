#include "core/lsa/policy.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/limits.h"

#define DAY 86400
#define MINUTES 1440
#define EVERY_DAY 0x7f

/* An entry of a schedule: days as bits from Monday, minutes of the day. */
struct entry {
	uint32_t days;
	uint32_t from, to;
};

static void
skip_space(const char **p)
{
	while (**p == ' ' || **p == '\t')
		(*p)++;
}

/* The number of a day from Monday, or -1. */
static int
day_of(const char **p)
{
	static const char names[] = "montuewedthufrisatsun";

	for (int i = 0; i < 7; i++) {
		if (strncmp(*p, &names[3 * i], 3) != 0)
			continue;
		*p += 3;
		return i;
	}
	return -1;
}

static bool
days_read(const char **p, uint32_t *days)
{
	int from = day_of(p), to;

	if (from < 0)
		return false;
	to = from;
	if (**p == '-') {
		(*p)++;
		to = day_of(p);
		if (to < 0)
			return false;
	}
	*days = 0;
	for (int i = from;; i = (i + 1) % 7) {
		*days |= 1u << i;
		if (i == to)
			return true;
	}
}

static bool
policy_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
clock_read(const char **p, uint32_t *minutes)
{
	const char *s = *p;
	uint32_t hour, minute;

	if (!policy_is_digit(s[0]) || !policy_is_digit(s[1]) || s[2] != ':' ||
	    !policy_is_digit(s[3]) || !policy_is_digit(s[4]))
		return false;
	hour = (uint32_t)(s[0] - '0') * 10 + (uint32_t)(s[1] - '0');
	minute = (uint32_t)(s[3] - '0') * 10 + (uint32_t)(s[4] - '0');
	*minutes = hour * 60 + minute;
	*p += 5;
	return minute < 60 && *minutes <= MINUTES;
}

static bool
times_read(const char **p, struct entry *e)
{
	if (!clock_read(p, &e->from) || e->from == MINUTES || **p != '-')
		return false;
	(*p)++;
	return clock_read(p, &e->to);
}

/* Reads one entry and the comma behind it. */
static bool
entry_read(const char **p, struct entry *e)
{
	*e = (struct entry){ EVERY_DAY, 0, MINUTES };
	skip_space(p);
	if (!policy_is_digit(**p)) {
		if (!days_read(p, &e->days))
			return false;
		if (**p == ' ' || **p == '\t')
			skip_space(p);
		else if (policy_is_digit(**p))
			return false;
	}
	if (policy_is_digit(**p) && !times_read(p, e))
		return false;
	skip_space(p);
	if (**p == '\0')
		return true;
	if (**p != ',')
		return false;
	(*p)++;
	skip_space(p);
	return **p != '\0';
}

int
policy_schedule_check(const char *text)
{
	struct entry e;

	if (strlen(text) > LIMIT_SCHEDULE_OCTETS)
		return RC_LONG;
	do {
		if (!entry_read(&text, &e))
			return RC_FORMAT;
	} while (*text != '\0');
	return RC_OK;
}

static bool
entry_is_open(const struct entry *e, uint32_t day, uint32_t minute)
{
	uint32_t yesterday = (day + 6) % 7;
	bool today = (e->days >> day & 1) != 0;

	if (e->from < e->to)
		return today && minute >= e->from && minute < e->to;
	return (today && minute >= e->from) ||
	       ((e->days >> yesterday & 1) != 0 && minute < e->to);
}

bool
policy_schedule_open(const char *text, int64_t time)
{
	int64_t second = time % DAY, days = time / DAY;
	struct entry e;
	uint32_t day;

	if (second < 0) {
		second += DAY;
		days--;
	}
	day = (uint32_t)(((days + 3) % 7 + 7) % 7); /* 1970 began on Thursday */
	do {
		if (!entry_read(&text, &e))
			return false;
		if (entry_is_open(&e, day, (uint32_t)(second / 60)))
			return true;
	} while (*text != '\0');
	return false;
}

bool
policy_sender_meets(const char *pattern, const char *sender)
{
	const char *at;

	if (strcmp(sender, "<>") == 0)
		sender = "";
	if (strcmp(pattern, "*") == 0)
		return true;
	if (strcmp(pattern, "<>") == 0)
		return sender[0] == '\0';
	at = strrchr(sender, '@');
	if (at == NULL)
		return false;
	return strcmp(pattern, sender) == 0 || strcmp(pattern, at + 1) == 0 ||
	       (pattern[0] == '.' && str_covers(pattern, at + 1));
}

static bool
meets_any(char *const *patterns, size_t n, const char *sender)
{
	for (size_t i = 0; i < n; i++)
		if (policy_sender_meets(patterns[i], sender))
			return true;
	return false;
}

static bool
sender_passes(const struct policy *policy, const char *sender)
{
	if (meets_any(policy->deny, policy->ndeny, sender))
		return false;
	return policy->nallow == 0 ||
	       meets_any(policy->allow, policy->nallow, sender);
}

bool
policy_has_limits(const struct policy *p)
{
	return p != NULL &&
	       (p->max_size != 0 || p->priorities != 0 || p->nallow > 0 ||
		   p->ndeny > 0 || p->schedule != NULL || p->large_size != 0);
}

const char *
policy_schedule(const struct policy *policy, uint64_t size)
{
	if (policy->large_size != 0 && size > policy->large_size)
		return policy->large_schedule;
	return policy->schedule;
}

enum policy_verdict
policy_judge(const struct policy *policy, const struct policy_message *message)
{
	const char *schedule = policy_schedule(policy, message->size);

	if (policy->max_size != 0 && message->size > policy->max_size)
		return POLICY_SIZE;
	if (message->sender != NULL && !sender_passes(policy, message->sender))
		return POLICY_SENDER;
	if (policy->priorities != 0 && message->priority != 0 &&
	    (policy->priorities & message->priority) == 0)
		return POLICY_PRIORITY;
	if (schedule != NULL && message->time >= 0 &&
	    !policy_schedule_open(schedule, message->time))
		return POLICY_SCHEDULE;
	return POLICY_ADMITS;
}

bool
policy_admits(struct policy_judge *judge, const struct policy *policy)
{
	if (policy == NULL || judge->message == NULL)
		return true;
	if (policy != judge->last) {
		judge->last = policy;
		judge->admits =
		    policy_judge(policy, judge->message) == POLICY_ADMITS;
	}
	return judge->admits;
}

static const struct {
	const char *word;
	uint8_t bit;
} policy_words[] = {
	{ "urgent", POLICY_URGENT },
	{ "normal", POLICY_NORMAL },
	{ "non-urgent", POLICY_NON_URGENT },
};

#define POLICY_WORDS (sizeof(policy_words) / sizeof(policy_words[0]))

uint8_t
policy_priority(const char *word)
{
	for (size_t i = 0; i < POLICY_WORDS; i++)
		if (strcmp(word, policy_words[i].word) == 0)
			return policy_words[i].bit;
	return 0;
}

void
policy_tell(struct json *json, const struct policy *policy)
{
	if (policy == NULL)
		return;
	if (policy->max_size != 0)
		json_uint(json, "max_message_size", policy->max_size);
	if (policy->nallow + policy->ndeny > 0) {
		json_open(json, "senders", '{');
		json_list(json, "allow", policy->allow, policy->nallow);
		json_list(json, "deny", policy->deny, policy->ndeny);
		json_close(json, '}');
	}
	if (policy->priorities != 0) {
		json_open(json, "priorities", '[');
		for (size_t i = 0; i < POLICY_WORDS; i++)
			if (policy->priorities & policy_words[i].bit)
				json_str(json, NULL, policy_words[i].word);
		json_close(json, ']');
	}
	if (policy->schedule != NULL)
		json_str(json, "schedule", policy->schedule);
	if (policy->large_size != 0) {
		json_uint(json, "large_message_size", policy->large_size);
		json_str(json, "large_schedule", policy->large_schedule);
	}
}

void
policy_done(struct policy *policy)
{
	for (size_t i = 0; i < policy->nallow; i++)
		mem_free(policy->allow[i]);
	for (size_t i = 0; i < policy->ndeny; i++)
		mem_free(policy->deny[i]);
	mem_free(policy->allow);
	mem_free(policy->deny);
	mem_free(policy->schedule);
	mem_free(policy->large_schedule);
	*policy = (struct policy){ 0 };
}
