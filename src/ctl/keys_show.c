#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "ctl/keys.h"
#include "ctl/paths.h"
#include "ctl/show.h"
#include "ctl/value.h"

/* clang-format off */
const struct verb_option keys_show_options[] = {
	{ "directory", "DIR", "where authority.pem is [that of FILE]" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

enum trust { TRUSTED, NOT_TRUSTED, NO_AUTHORITY };

static const char *const trust_words[] = { "yes", "no",
	"not known: no authority.pem beside it" };

/* By the authority.pem of --directory, or of the file's own folder. */
static enum trust
trust_of(const struct call *call, const char *file)
{
	const char *given = call_option(call, "directory");
	const char *slash = strrchr(file, '/');
	uint8_t public_key[CRYPTO_PUBLIC], org[CRYPTO_DIGEST], *der;
	struct claims *claims;
	char *directory, *pem;
	size_t n;
	int rc;

	directory = slash == NULL ? mem_str(".")
	                          : mem_dup(file, (size_t)(slash - file));
	pem = paths_join(given == NULL ? directory : given, "authority.pem");
	rc = keys_authority(pem, public_key, org);
	mem_free(directory);
	mem_free(pem);
	if (rc != RC_OK)
		return NO_AUTHORITY;
	rc = keys_vouched(file, public_key, &der, &n, &claims);
	mem_free(der);
	claims_free(claims);
	return rc == RC_OK ? TRUSTED : NOT_TRUSTED;
}

static void
show_json(struct buf *out, const struct claims *c, enum trust trust)
{
	struct json json = { .out = out };
	char when[32];

	json_open(&json, NULL, '{');
	json_str(&json, "server", c->name);
	json_str(&json, "routing_group", c->group);
	json_list(&json, "spaces", c->spaces, c->nspaces);
	json_list(&json, "relays", c->relays, c->nrelays);
	json_list(&json, "connectors", c->connectors, c->nconnectors);
	json_hex(&json, "key", c->key, CRYPTO_DIGEST);
	json_str(&json, "not_before", value_time_text(c->not_before, when));
	json_str(&json, "not_after", value_time_text(c->not_after, when));
	if (trust != NO_AUTHORITY)
		json_bool(&json, "trusted", trust == TRUSTED);
	json_close(&json, '}');
	json_line(&json);
}

static void
list_text(struct buf *out, const char *label, char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%-18s%s\n", i == 0 ? label : "", list[i]);
	if (n == 0)
		buf_printf(out, "%-18snone\n", label);
}

static void
keys_show_text(struct buf *out, const struct claims *c, enum trust trust)
{
	char when[32];

	buf_printf(out, "%-18s%s\n", "server", c->name);
	buf_printf(out, "%-18s%s\n", "routing group", c->group);
	list_text(out, "spaces", c->spaces, c->nspaces);
	list_text(out, "relays", c->relays, c->nrelays);
	list_text(out, "connectors to", c->connectors, c->nconnectors);
	buf_printf(out, "%-18s", "key");
	buf_hex(out, c->key, CRYPTO_DIGEST);
	buf_printf(out, "\n%-18s%s\n", "valid from",
	    value_time_text(c->not_before, when));
	buf_printf(out, "%-18s%s%s\n", "valid until",
	    value_time_text(c->not_after, when),
	    c->not_after < (int64_t)time(NULL) ? "   (over)" : "");
	buf_printf(out, "%-18s%s\n", "by the authority", trust_words[trust]);
}

/* An authority's own. */
struct shown_authority {
	uint8_t key[CRYPTO_PUBLIC], id[CRYPTO_DIGEST];
	int64_t end;
	char *organization;
};

static void
authority_show_text(struct buf *out, const struct shown_authority *a)
{
	int64_t left = a->end - (int64_t)time(NULL);
	char when[VALUE_TIME];

	buf_printf(out, "%-18s%s\n", "authority of",
	    a->organization == NULL ? "(no name)" : a->organization);
	buf_printf(out, "%-18s", "identity");
	buf_hex(out, a->id, sizeof(a->id));
	buf_printf(
	    out, "\n%-18s%s   (", "valid until", value_time_text(a->end, when));
	if (left < 0)
		buf_text(out, "over; believed on)\n");
	else
		buf_printf(out, "%" PRId64 " days)\n", left / 86400);
}

static void
authority_show_json(struct buf *out, const struct shown_authority *a)
{
	struct json json = { .out = out };
	char when[VALUE_TIME];

	json_open(&json, NULL, '{');
	json_bool(&json, "authority", true);
	if (a->organization != NULL)
		json_str(&json, "organization", a->organization);
	json_hex(&json, "identity", a->id, CRYPTO_DIGEST);
	json_str(&json, "not_after", value_time_text(a->end, when));
	json_close(&json, '}');
	json_line(&json);
}

/* False: it is no authority's. */
static bool
authority_show(const struct call *call, const char *file)
{
	struct shown_authority a = { 0 };
	struct buf out = { 0 };
	uint8_t *der;
	size_t n;

	if (keys_authority(file, a.key, a.id) != RC_OK ||
	    keys_authority_end(file, &a.end) != RC_OK)
		return false;
	if (keys_certificate(file, &der, &n) == RC_OK)
		a.organization = issue_organization(der, n);
	mem_free(der);
	if (call->json)
		authority_show_json(&out, &a);
	else
		authority_show_text(&out, &a);
	show_flush(&out);
	buf_done(&out);
	mem_free(a.organization);
	return true;
}

static int
claims_open(const char *file, struct claims **claims)
{
	uint8_t *der;
	size_t n;
	int rc = keys_claims(file, &der, &n, claims);

	mem_free(der);
	if (rc == RC_IO)
		return paths_refuse(file, rc);
	if (rc != RC_OK)
		return call_usage(
		    "%s: no server's certificate (%s)", file, rc_word(rc));
	return CALL_OK;
}

int
keys_verb_show(const struct call *call)
{
	const char *file = call->noperands > 0 ? call->operands[0]
	                                       : KEYS_DIRECTORY "/server.pem";
	struct claims *claims;
	struct buf out = { 0 };
	enum trust trust;
	int status;

	if (authority_show(call, file))
		return CALL_OK;
	status = claims_open(file, &claims);
	if (status != CALL_OK)
		return status;
	trust = trust_of(call, file);
	if (call->json)
		show_json(&out, claims, trust);
	else
		keys_show_text(&out, claims, trust);
	show_flush(&out);
	buf_done(&out);
	claims_free(claims);
	return trust == NOT_TRUSTED ? CALL_NO : CALL_OK;
}
