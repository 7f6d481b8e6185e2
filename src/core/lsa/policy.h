/*
 * policy.h - what a connector admits: size, priority, sender, time of week.
 *
 * A policy without limits (all zero) admits everything, and what is not
 * known of a message stops it nowhere. Pure: the time is an argument, in UTC.
 *
 * A schedule is a list of times of the week, in UTC, separated by commas:
 *
 *     schedule = entry *( "," entry )
 *     entry    = days / times / days SP times
 *     days     = day [ "-" day ]               fri-mon goes round the week
 *     day      = "mon" / "tue" / "wed" / "thu" / "fri" / "sat" / "sun"
 *     times    = HH:MM "-" HH:MM               00:00 to 24:00
 *
 * as in `mon-fri 08:00-18:00, sat 10:00-12:00`. It is open from the first
 * minute until before the last one. Without days an entry is for every day,
 * without times for the whole day; an end that is not after its beginning
 * lies on the next day (`fri 22:00-06:00` ends on Saturday). Lower case;
 * spaces may stand around commas.
 *
 * Senders are patterns as address spaces are, and `<>` for the empty one,
 * which `*` meets too. Who meets a pattern of `deny` is not let through,
 * nor who meets none of `allow` where there is one.
 *
 * A large message is one above `large_size`: it goes by `large_schedule`
 * and not by `schedule`, so that a line is free for the others by day.
 */

#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

enum policy_priority {
	POLICY_URGENT = 1,
	POLICY_NORMAL = 2,
	POLICY_NON_URGENT = 4
};

struct policy {
	uint64_t max_size;  /* octets; 0: no limit */
	uint8_t priorities; /* of enum policy_priority; 0: all */
	char **allow;       /* senders; none: all */
	size_t nallow;
	char **deny;
	size_t ndeny;
	char *schedule; /* text as in lsrd.conf(5); NULL: always */

	/* Messages above this size go by the other schedule. Both or none. */
	uint64_t large_size; /* octets; 0: no size is large */
	char *large_schedule;
};

/* The message as far as a policy asks. What is not known is 0 or NULL. */
struct policy_message {
	uint64_t size;
	uint8_t priority;   /* one of enum policy_priority; 0: not asked */
	const char *sender; /* lower case, "" or "<>"; NULL: not asked */
	int64_t time;       /* seconds since 1970, UTC; -1: not asked */
};

enum policy_verdict {
	POLICY_ADMITS,
	POLICY_SIZE,
	POLICY_SENDER,
	POLICY_PRIORITY,
	POLICY_SCHEDULE
};

/* The first limit that stops the message, in the order of the enum. */
enum policy_verdict policy_judge(
    const struct policy *policy, const struct policy_message *message);

/*
 * The same of many policies, one after the other, of which neighbours are
 * often one: a connector has it once for all its bridgeheads. All zero at
 * first but for the message.
 */
struct policy_judge {
	const struct policy_message *message; /* NULL: all are admitted */
	const struct policy *last;
	bool admits;
};

/* Whether the policy admits the message; NULL has no limits. */
bool policy_admits(struct policy_judge *judge, const struct policy *policy);

/* "urgent", "normal", "non-urgent" to its bit; 0 when it is none of them. */
uint8_t policy_priority(const char *word);

/* Whether the text is a schedule: RC_OK, or RC_FORMAT. */
int policy_schedule_check(const char *text);

/* Whether the schedule is open at `time` (seconds since 1970, UTC). */
bool policy_schedule_open(const char *text, int64_t time);

/* True if it limits anything; NULL does not. */
bool policy_has_limits(const struct policy *policy);

/* Which schedule a message of this size goes by; NULL: none, it is always
 * open. */
const char *policy_schedule(const struct policy *policy, uint64_t size);

/* True if the pattern (an address space, or `<>`) meets the sender. */
bool policy_sender_meets(const char *pattern, const char *sender);

/* Its keys into an open object, as lsrctl(1), TOPOLOGY DOCUMENT, has them; of
 * NULL none. */
void policy_tell(struct json *json, const struct policy *policy);

/* Frees what hangs on it, not the struct. */
void policy_done(struct policy *policy);

#endif
