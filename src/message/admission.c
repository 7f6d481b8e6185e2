#include "message/admission.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* --- what a message says of its priority --------------------------------- */

/* RFC 6710: -9 to 9, and 0 is what everybody has. */
static uint8_t
admission_by_number(const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value)
		return 0;
	return n > 0   ? POLICY_URGENT
	       : n < 0 ? POLICY_NON_URGENT
	               : POLICY_NORMAL;
}

/* RFC 2156: urgent, normal, non-urgent; and the words of Importance. */
static uint8_t
by_word(const char *value)
{
	static const struct {
		const char *word;
		uint8_t priority;
	} words[] = {
		{ "urgent", POLICY_URGENT },
		{ "high", POLICY_URGENT },
		{ "normal", POLICY_NORMAL },
		{ "non-urgent", POLICY_NON_URGENT },
		{ "low", POLICY_NON_URGENT },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].word);

		if (strncasecmp(value, words[i].word, n) == 0 &&
		    strspn(value + n, " \t\r\n") == strlen(value + n))
			return words[i].priority;
	}
	return 0;
}

/* 1 and 2 are high, 4 and 5 are low; words may follow in brackets. */
static uint8_t
by_digit(const char *value)
{
	if (value[0] < '1' || value[0] > '5')
		return 0;
	return value[0] < '3'   ? POLICY_URGENT
	       : value[0] > '3' ? POLICY_NON_URGENT
	                        : POLICY_NORMAL;
}

/* The later in this list, the more it counts. */
static const struct {
	const char *name;
	uint8_t (*read)(const char *value);
} fields[] = {
	{ "X-Priority", by_digit },
	{ "Importance", by_word },
	{ "Priority", by_word },
	{ "MT-Priority", admission_by_number }, /* RFC 6758 */
	{ "MT-PRIORITY=", admission_by_number },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static void
admission_say(struct admission *l, size_t i, const char *value)
{
	uint8_t priority;

	value += strspn(value, " \t");
	priority = fields[i].read(value);
	if (priority == 0 || i + 1 < l->rank)
		return;
	l->priority = priority;
	l->rank = (unsigned)i + 1;
}

void
admission_mail(struct admission *l, char *const *args)
{
	size_t n = strlen(fields[FIELDS - 1].name);

	l->sendmail = args[0][0] != '<';
	for (args++; *args != NULL; args++)
		if (strncasecmp(*args, fields[FIELDS - 1].name, n) == 0)
			admission_say(l, FIELDS - 1, *args + n);
}

/* A folded field comes with LF alone for the CRLF that went over the line. */
static size_t
folds(const char *value)
{
	size_t n = 0;

	for (const char *p = value; *p != '\0'; p++)
		n += *p == '\n' && (p == value || p[-1] != '\r');
	return n;
}

void
admission_field(struct admission *l, const char *name, const char *value)
{
	l->octets += strlen(name) + strlen(": \r\n") + strlen(value);
	l->octets += folds(value);
	for (size_t i = 0; i + 1 < FIELDS; i++)
		if (strcasecmp(name, fields[i].name) == 0)
			admission_say(l, i, value);
}

void
admission_body(struct admission *l, size_t n)
{
	l->octets += n;
}

uint64_t
admission_size(const struct admission *l, uint64_t declared)
{
	return l->counts ? l->octets + strlen("\r\n") : declared;
}

/* --- recipients ------------------------------------------------------------ */

void
admission_begin(struct admission *l, const struct basis *basis,
    const struct policy_message *message)
{
	l->message = *message;
	l->admit = admit_new(&basis->table, &basis->net, &l->message);
}

bool
admission_take(struct admission *l, const char *address)
{
	struct admit_answer answer;

	if (l->admit == NULL)
		return true;
	admit_ask(l->admit, address, &answer);
	if (l->taken)
		return !ruling_is_odd(&l->first, &answer, true);
	l->first = answer;
	l->taken = true;
	return true;
}

void
admission_clear(struct admission *l)
{
	admit_free(l->admit);
	memset(l, 0, sizeof(*l));
}
