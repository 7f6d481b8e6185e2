#include "plugins/probe/reply.h"

#include <stddef.h>
#include <string.h>

#define PLAIN_MAX 1024

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* `word` is in lower case. */
static bool
probe_reply_begins(const char *text, const char *word)
{
	while (*word != '\0' && lower(*text) == *word) {
		text++;
		word++;
	}
	return *word == '\0';
}

static bool
probe_reply_has(const char *text, const char *word)
{
	for (; *text != '\0'; text++)
		if (probe_reply_begins(text, word))
			return true;
	return false;
}

static bool
has_one(const char *text, const char *const *words)
{
	while (*words != NULL && !probe_reply_has(text, *words))
		words++;
	return *words != NULL;
}

/* By themselves they are enough. */
static const char *const phrases[] = { "unable to relay", "no relaying",
	"no relay allowed", "no relay access", "not a relay for",
	"relay operation rejected", "allowed to be relayed",
	"not authorized to relay", "not authorised to relay",
	"not permitted to relay", "not allowed to relay", "do not relay",
	"does not relay", "will not relay", "cannot relay", "can't relay",
	"won't relay", "don't relay", "refuse to relay", "refuses to relay",
	"not configured to relay", "credentials for relay",
	"required for relay", "required to relay", "authenticate to relay",
	"authenticated to relay", "authenticate before relay",
	"no such domain at this location", "no such domain here",
	"not hosted here", "not served here", "not served by",
	"smtp auth is required", "smtp auth required", "do not handle mail for",
	"in my list of allowed rcpthosts", "in my list of allowed relay",
	", not a gateway", "attempting to send to a non-local",
	"delivery is not allowed to this address", "i cannot deliver mail for ",
	"tenantinboundattribution", "not relaying", "no relay for ",
	"not provide relay services", "not in the relay domains",
	"not in my relay domains", "not in our relay domains",
	"not one of my domains", "not one of our domains",
	"not a domain we accept mail for", "not allow relaying",
	"not permit relaying", "not support relaying", "prevents relaying",
	"no smtp relay", "no mail relay", "no third-party relay",
	"invalid relay", "unauthorized relay", "unauthorised relay",
	"non-authorized relay", "users may relay", "users can relay",
	"forwarding to remote hosts", NULL };

/* The domain is none of its own; said of a sender's it is a policy. */
static const char *const strange[] = { "not a local domain", "not one of mine",
	"not in accepted domain", "not in our accepted",
	"domain not accepted here", "domain is not accepted here",
	"domain not allowed here", "not accept mail for domain",
	"not accept mail for the domain", "not accept mail for this domain",
	"not accept mail for that domain", NULL };
static const char *const of_sender[] = { "sender domain", "sending domain",
	"your domain", "sender address", "helo", "ehlo", NULL };

/* `relay`, `relaying`, `relay access` and one of these. */
static const char *const noes[] = { "denied", "prohibited", "forbidden",
	"disallowed", "disabled", "refused", "rejected for policy",
	"not permitted", "not allowed", "not authorized", "not authorised",
	"not supported", "not accepted", "not enabled", NULL };

/* Blocked as an open relay, by a list of such, for what is known of the
 * sender, or because it should use its provider's relay: that is a policy. */
static const char *const policies[] = { "open relay", "open-relay",
	"relay list", "relay black", "relay block", "relay server",
	"relayed through", "relay through your", "your provider", "to send for",
	"reputation", "spf", "dkim", "dmarc", NULL };

/* Without words that hold an address: names are no words of the reply. */
static void
plain(const char *text, char out[PLAIN_MAX])
{
	size_t n = 0;

	while (*text != '\0') {
		size_t word = strcspn(text, " ");
		size_t blanks = strspn(text + word, " ");

		if (memchr(text, '@', word) == NULL &&
		    n + word + blanks < PLAIN_MAX) {
			memcpy(out + n, text, word + blanks);
			n += word + blanks;
		}
		text += word + blanks;
	}
	out[n] = '\0';
}

bool
reply_denies_relay(const char *whole)
{
	char text[PLAIN_MAX];

	plain(whole, text);
	if (text[0] != '5' && text[0] != '4')
		return false;
	if (probe_reply_has(text, "not an open relay"))
		return true;
	if (has_one(text, policies))
		return false;
	return has_one(text, phrases) ||
	       (has_one(text, strange) && !has_one(text, of_sender)) ||
	       (probe_reply_has(text, "relay") && has_one(text, noes));
}

/* What comes first, or is about a sender, a recipient, a moment. */
static const char *const others[] = { "starttls", "tls", "encrypt", "authent",
	"greylist", "graylist", "grey-list", "sender", "user", "mailbox",
	NULL };

/* The subject of an enhanced status code (RFC 3463), or 0: it has none. */
static char
subject(const char *text)
{
	if (strlen(text) < 9 || text[4] != text[0] || text[5] != '.' ||
	    text[7] != '.')
		return '0';
	return text[6];
}

bool
reply_takes_none(const char *text)
{
	static const char *const about_one[] = { "450", "550", "551", "553",
		NULL };
	char what = subject(text);

	if ((text[0] != '4' && text[0] != '5') || strlen(text) < 3)
		return false;
	if (reply_denies_relay(text) || has_one(text, others))
		return false;
	if (what != '0')
		return what != '1' && what != '2';
	for (size_t i = 0; about_one[i] != NULL; i++)
		if (probe_reply_begins(text, about_one[i]))
			return false;
	return true;
}
