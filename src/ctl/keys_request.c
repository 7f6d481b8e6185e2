#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/vec.h"
#include "core/lsa/limits.h"
#include "crypt/csr.h"
#include "crypt/keys.h"
#include "ctl/keys.h"
#include "ctl/paths.h"

/* clang-format off */
const struct verb_option keys_request_options[] = {
	{ "server",    "NAME",    "the server's host name" },
	{ "group",     "GROUP",   "the routing group it asks for" },
	{ "space",     "PATTERN", "an address space it asks for; repeat" },
	{ "relay",     "PATTERN", "a relay it asks for; repeat" },
	{ "connector", "GROUP",   "a group it asks to carry mail to; repeat" },
	{ "directory", "DIR",     "where its keys are, or go [" KEYS_DIRECTORY "]" },
	{ "output",    "FILE",    "where to put it [server.csr beside the keys]" },
	{ "user",      "USER",    "who owns them, when run by root [_lsrd]" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

/* --- at the server ------------------------------------------------------------- */

struct asking {
	const struct call *call;
	char *key, *mark, *csr;
	struct evp_pkey_st *own; /* the server's key */
	bool fresh;              /* made now */
	bool same;               /* the request was there already */
};

static void
asking_done(struct asking *a)
{
	mem_free(a->key);
	mem_free(a->mark);
	mem_free(a->csr);
	keys_free(a->own);
}

/* The key in this file; one is made where there is none. */
static int
key_find(const struct asking *a, const char *path, enum keys_kind kind,
    struct evp_pkey_st **key, bool *fresh)
{
	struct keys_put put = { 0 };
	int rc;

	*fresh = !paths_is_file(path);
	if (!*fresh) {
		rc = keys_read(path, kind, key);
		return rc == RC_OK ? CALL_OK : paths_refuse(path, rc);
	}
	if (keys_owner(a->call, kind == KEYS_MARK, &put) != CALL_OK)
		return CALL_USAGE;
	*key = keys_new();
	rc = keys_write(path, *key, kind, &put);
	return rc == RC_OK ? CALL_OK : paths_refuse(path, rc);
}

/* For the same key and the same wishes. */
static bool
request_is_there(const struct asking *a, const struct claims *wishes)
{
	struct claims *there;
	bool same;

	if (a->fresh || keys_request(a->csr, &there) != RC_OK)
		return false;
	same = keys_same(there, wishes);
	claims_free(there);
	return same;
}

static int
request_write(const struct asking *a, const struct claims *wishes)
{
	struct buf der = { 0 };
	int rc = RC_OK, status = CALL_OK;

	csr_make(wishes, a->own, &der);
	if (der.n > LIMIT_CERT_OCTETS)
		status =
		    call_usage("too many spaces, relays and connectors: "
			       "the request would be longer than %d octets",
			LIMIT_CERT_OCTETS);
	else
		rc = keys_write_request(a->csr, der.p, der.n, &keys_force);
	if (rc != RC_OK)
		status = paths_refuse(a->csr, rc);
	buf_done(&der);
	return status;
}

static void
list_tell(const char *option, char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf(" \\\n        --%s '%s'", option, list[i]);
}

static void
request_tell(const struct asking *a, const struct claims *c)
{
	const struct keys_made made = {
		.server = c->name,
		.key = c->key,
		.files = (const char *const[]){ a->csr, a->key, a->mark, NULL },
		.unchanged = a->same,
	};

	if (keys_tell(a->call, &made))
		return;
	printf("%s   the key of %s%s: it stays here\n", a->key, c->name,
	    a->fresh ? ", new" : ", as it was");
	printf("%s   the key of its marks: it stays here, too\n", a->mark);
	printf("%s   the request%s; nothing in it is secret\n", a->csr,
	    a->same ? ", as it was: nothing changed" : "");
	printf("\nthe key's digest, to be compared there:\n    ");
	for (size_t i = 0; i < CRYPTO_DIGEST; i++)
		printf("%02x", c->key[i]);
	printf("\n\nnext: bring the request to where authority.key is and, "
	       "there,\n    lsrctl keys issue %s --group %s",
	    c->name, c->group == NULL ? "GROUP" : c->group);
	list_tell("space", c->spaces, c->nspaces);
	list_tell("relay", c->relays, c->nrelays);
	list_tell("connector", c->connectors, c->nconnectors);
	printf(" \\\n        --request server.csr --output DIR\n");
}

/* Without a word of what it wants a server that has a certificate asks for
 * what that one says. */
static int
wishes_find(const struct call *call, struct claims **wishes)
{
	char *pem;
	uint8_t *der;
	size_t n;
	int rc;

	*wishes = mem_new(sizeof(**wishes), 0, 0);
	if (keys_claims_take(call, *wishes) != CALL_OK)
		return CALL_USAGE;
	if ((*wishes)->name != NULL)
		return CALL_OK;
	pem = paths_join(keys_directory(call), "server.pem");
	if (!paths_is_file(pem)) {
		mem_free(pem);
		pem = mem_str(KEYS_DIRECTORY "/server.pem");
	}
	if (!paths_is_file(pem) ||
	    keys_claims_none(call, "server", "server.pem", false) != CALL_OK) {
		mem_free(pem);
		return call_usage("keys request: SERVER is missing");
	}
	claims_free(*wishes);
	rc = keys_claims(pem, &der, &n, wishes);
	mem_free(der);
	if (rc != RC_OK)
		paths_refuse(pem, rc);
	mem_free(pem);
	return rc == RC_OK ? CALL_OK : CALL_USAGE;
}

static int
request_keys(struct asking *a, struct claims *wishes)
{
	struct evp_pkey_st *mark = NULL;
	bool unused;
	int status = key_find(a, a->key, KEYS_OWN, &a->own, &a->fresh);

	if (status == CALL_OK)
		status = key_find(a, a->mark, KEYS_MARK, &mark, &unused);
	keys_free(mark);
	if (status != CALL_OK)
		return status;
	keys_public(a->own, wishes->public_key);
	keys_digest(wishes->public_key, wishes->key);
	return CALL_OK;
}

int
keys_verb_request(const struct call *call)
{
	const char *directory = keys_directory(call);
	const char *output = call_option(call, "output");
	struct asking a = { .call = call };
	struct claims *wishes = NULL;
	int status = wishes_find(call, &wishes);

	if (status == CALL_OK)
		status = paths_make(directory);
	a.key = paths_join(directory, "server.key");
	a.mark = paths_join(directory, "mark.key");
	a.csr = output != NULL ? mem_str(output)
	                       : paths_join(directory, "server.csr");
	if (status == CALL_OK)
		status = request_keys(&a, wishes);
	a.same = status == CALL_OK && request_is_there(&a, wishes);
	if (status == CALL_OK && !a.same)
		status = request_write(&a, wishes);
	if (status == CALL_OK)
		request_tell(&a, wishes);
	asking_done(&a);
	claims_free(wishes);
	return status;
}

/* --- at the authority ---------------------------------------------------------- */

static bool
list_has(char *const *list, size_t n, const char *one)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], one) == 0)
			return true;
	return false;
}

/* What one list asks for and the other has not. */
struct wish {
	const char *what;
	char *const *asked, *const *given;
	size_t nasked, ngiven;
};

static void
missed_add(struct keys_missed *missed, const struct wish *w)
{
	for (size_t i = 0; i < w->nasked; i++) {
		struct buf text = { 0 };

		if (list_has(w->given, w->ngiven, w->asked[i]))
			continue;
		buf_printf(&text, "%s %s", w->what, w->asked[i]);
		vec_push(missed, buf_string(&text));
	}
}

static void
keys_request_difference(struct keys_missed *missed, const struct claims *asked,
    const struct claims *given)
{
	const struct wish wishes[] = {
		{ "group", &asked->group, &given->group,
		    asked->group != NULL && given->group != NULL,
		    given->group != NULL },
		{ "space", asked->spaces, given->spaces, asked->nspaces,
		    given->nspaces },
		{ "relay", asked->relays, given->relays, asked->nrelays,
		    given->nrelays },
		{ "connector", asked->connectors, given->connectors,
		    asked->nconnectors, given->nconnectors },
	};

	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		missed_add(missed, &wishes[i]);
}

static int
request_open(const char *path, struct claims **asked)
{
	int rc = keys_request(path, asked);

	if (rc == RC_OK)
		return CALL_OK;
	if (rc == RC_IO)
		return paths_refuse(path, rc);
	if (rc == RC_SIGNATURE)
		return call_usage(
		    "%s: not signed with the key that it is for: who asks has "
		    "not shown that he has it",
		    path);
	return call_usage(
	    "%s: no request of `lsrctl keys request` (%s)", path, rc_word(rc));
}

/* Takes what is asked for in the place of what is given. */
static int
as_requested(
    const struct call *call, struct claims **given, struct claims **asked)
{
	struct claims *none = *given;

	if (keys_claims_none(call, "as-requested", "the request", false) !=
		CALL_OK ||
	    keys_claims_check(*asked) != CALL_OK)
		return CALL_USAGE;
	*given = *asked;
	*asked = none;
	return CALL_OK;
}

int
keys_requested(const struct call *call, const char *path,
    struct claims **claims, struct keys_missed *missed)
{
	struct claims *asked;
	const char *name = (*claims)->name;
	int status = request_open(path, &asked);

	if (status != CALL_OK)
		return status;
	if (call_has(call, "as-requested")) {
		status = as_requested(call, claims, &asked);
	} else if (name != NULL && asked->name != NULL &&
		   strcmp(name, asked->name) != 0) {
		status = call_usage(
		    "%s: a request of %s, not of %s", path, asked->name, name);
	} else {
		keys_request_difference(missed, asked, *claims);
		memcpy((*claims)->public_key, asked->public_key, CRYPTO_PUBLIC);
		memcpy((*claims)->key, asked->key, CRYPTO_DIGEST);
	}
	claims_free(asked);
	return status;
}
