#include "ctl/authority_word.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/lsa.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"
#include "ctl/authority.h"
#include "ctl/client.h"
#include "ctl/complain.h"
#include "ctl/keys.h"
#include "ctl/live.h"
#include "ctl/paths.h"
#include "ctl/revoked.h"
#include "ctl/show.h"
#include "ctl/transit.h"
#include "ctl/value.h"

#define DIGITS (2 * CRYPTO_DIGEST)

#define ORDER_OPTIONS                                                          \
	{ "directory", "DIR", "where the authority is [" KEYS_DIRECTORY "]" }, \
	    { "output", "FILE",                                                \
		    "write it for `lsrctl inject FILE`, do not send" },        \
	{                                                                      \
		"dry-run", NULL, "print what would be sent"                    \
	}

/* clang-format off */
const struct verb_option authority_revoke_options[] = {
	ORDER_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct verb_option authority_forget_options[] = {
	{ "key",   "DIGEST", "of the server's key; asked of the daemon if not given" },
	{ "epoch", "N",      "the last one to bury; with --key" },
	{ "force", NULL,     "also when the server is not away" },
	ORDER_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct verb_option authority_enforce_options[] = {
	{ "off",   NULL, "let every connector count again" },
	{ "force", NULL, "also when connectors stop, or a neighbour is old" },
	ORDER_OPTIONS,
	{ NULL, NULL, NULL },
};

/* clang-format on */

/* One LSA to be made. */
struct order {
	enum lsa_type type;
	const char *server; /* "" for a revocation */
	char key[DIGITS + 1];
	uint32_t epoch; /* of a forget */
	uint64_t end;   /* of a revocation: of the certificate's validity, in
			   seconds since 1970; 0: not known, kept for ever */
	const char *holder; /* whose key is revoked; NULL: not known */
	bool on;            /* of a rule */
};

static bool
is_digest(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return n == DIGITS && text[n] == '\0';
}

/* The sequence is time's: a later order of the same kind is newer. */
static void
order_encode(const struct order *order, struct authority *a, struct buf *out)
{
	struct timespec at = { 0 };
	uint64_t now;
	struct buf body = { 0 };
	struct crypto crypto;
	struct lsa_draft draft = {
		.key = { .origin = order->server,
		    .id = order->key,
		    .type = (uint8_t)order->type },
		.org = a->org,
		.signer = a->org,
	};

	(void)clock_gettime(CLOCK_REALTIME, &at);
	now = (uint64_t)at.tv_sec;
	draft.issued = now;
	draft.seq = now << 32 | ((uint64_t)at.tv_nsec + 1);
	if (order->type == LSA_FORGET)
		lsa_forget_encode(&body, order->epoch);
	else if (order->type == LSA_RULE)
		lsa_rule_encode(&body, order->on);
	else
		lsa_revocation_encode(&body, order->end, order->holder);
	draft.body = body.p;
	draft.body_len = body.n;
	crypto_init(&crypto, a->key, NULL);
	a->key = NULL;
	lsa_encode(out, &draft, &crypto);
	crypto_done(&crypto);
	buf_done(&body);
}

static int
file_put(const char *path, const struct buf *digits)
{
	FILE *out = fopen(path, "we");
	bool ok;

	if (out == NULL)
		return call_usage("%s: %s", path, strerror(errno));
	ok =
	    fprintf(out, "%.*s\n", (int)digits->n, (const char *)digits->p) > 0;
	if (fclose(out) != 0 || !ok)
		return call_usage("%s: %s", path, strerror(errno));
	return CALL_OK;
}

/* For who brings it there himself: a file, or the digits. */
static void
order_tell(const struct call *call, const char *path, const struct buf *digits)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };
	char *text;

	buf_bytes(&out, digits->p, digits->n);
	text = buf_string(&out);
	if (call->json) {
		json_open(&json, NULL, '{');
		json_bool(&json, "ok", true);
		if (path != NULL)
			json_str(&json, "file", path);
		else
			json_str(&json, "order", text);
		json_close(&json, '}');
		json_line(&json);
	} else if (path == NULL) {
		buf_printf(&out, "%s\n", text);
	} else {
		buf_printf(&out,
		    "%s   bring it to any server and run\n    lsrctl inject "
		    "FILE\n",
		    path);
	}
	show_flush(&out);
	buf_done(&out);
	mem_free(text);
}

/* What follows it, where a person sees it. */
static const char *
done_text(enum lsa_type type)
{
	if (type == LSA_FORGET)
		return "taken, and on its way to all servers; mail for domains "
		       "that nobody else claims\n"
		       "is held for one hour from now, then refused and "
		       "returned: `lsrctl routes` has\n"
		       "the end; another server's claim before that keeps them";
	if (type == LSA_RULE)
		return "taken, and on its way to all servers: `lsrctl transit`";
	return "taken, and on its way to all servers; mail for its domains is "
	       "held until the server\n"
	       "has a new key, another claims them, or `lsrctl forget SERVER`";
}

static int
send_it(const struct call *call, const struct buf *digits, const char *done)
{
	struct buf request = { 0 }, answer = { 0 };
	int status;

	buf_printf(
	    &request, "inject %.*s", (int)digits->n, (const char *)digits->p);
	buf_u8(&request, 0);
	status = client_ask(call, (const char *)request.p, &answer);
	if (status == CALL_OK)
		status = live_verdict(call, &answer, done);
	buf_done(&request);
	buf_done(&answer);
	return status;
}

/* To --output, to the terminal, or to the daemon. */
static int
order_give(const struct call *call, const struct order *order)
{
	const char *directory = call_option(call, "directory");
	const char *output = call_option(call, "output");
	struct buf octets = { 0 }, digits = { 0 };
	struct authority a;
	int status =
	    authority_open(directory == NULL ? KEYS_DIRECTORY : directory, &a);

	if (status != CALL_OK)
		return status;
	order_encode(order, &a, &octets);
	authority_done(&a);
	buf_hex(&digits, octets.p, octets.n);
	if (order->type == LSA_REVOCATION && !call_has(call, "dry-run"))
		revoked_add(directory == NULL ? KEYS_DIRECTORY : directory,
		    order->key, order->holder);
	if (output != NULL)
		status = file_put(output, &digits);
	else if (!call_has(call, "dry-run"))
		status = send_it(call, &digits, done_text(order->type));
	if (status == CALL_OK && (output != NULL || call_has(call, "dry-run")))
		order_tell(call, output, &digits);
	buf_done(&octets);
	buf_done(&digits);
	return status;
}

int
authority_revoke(const struct call *call)
{
	struct order order = { .type = LSA_REVOCATION, .server = "" };
	const char *what = call->operands[0];
	uint8_t *der;
	struct claims *claims;
	size_t n;
	int rc, status;

	if (is_digest(what)) {
		memcpy(order.key, what, DIGITS + 1);
		return order_give(call, &order);
	}
	rc = keys_claims(what, &der, &n, &claims);
	if (rc == RC_IO && errno == ENOENT)
		return call_usage("%s: neither a certificate's file nor a "
				  "key's digest of 64 digits a-f and 0-9",
		    what);
	if (rc != RC_OK)
		return paths_refuse(what, rc);
	lsa_digest_text(claims->key, order.key);
	order.end = claims->not_after > 0 ? (uint64_t)claims->not_after : 0;
	order.holder = claims->name;
	status = order_give(call, &order);
	claims_free(claims);
	mem_free(der);
	return status;
}

/* The keys that signed for a server, each with its last epoch. */
struct known {
	const char *server;
	struct known_signer {
		char key[DIGITS + 1];
		uint32_t epoch;
		bool buried; /* by an order that is there */
	} signer[8];
	size_t n;
	bool here; /* something of it is in the database */
	bool away;
	bool forgotten; /* by an order that is there, some of it */
};

static void
known_key(struct known *k, const json_t *one, const char *name, bool buried)
{
	const char *key = json_string_value(json_object_get(one, name));
	json_int_t epoch = json_integer_value(json_object_get(one, "epoch"));
	struct known_signer *s = k->signer;

	if (key == NULL || !is_digest(key) || epoch < 0 || epoch > UINT32_MAX)
		return;
	while (s < k->signer + k->n && strcmp(s->key, key) != 0)
		s++;
	if (s == k->signer + sizeof(k->signer) / sizeof(k->signer[0]))
		return;
	if (s == k->signer + k->n) {
		memcpy(s->key, key, DIGITS + 1);
		k->n++;
	}
	if ((uint32_t)epoch > s->epoch) {
		s->epoch = (uint32_t)epoch;
		s->buried = buried;
	} else if ((uint32_t)epoch == s->epoch) {
		s->buried |= buried;
	}
}

static void
known_add(void *ctx, const json_t *line)
{
	struct known *k = ctx;
	const char *origin = json_string_value(json_object_get(line, "origin"));
	const char *type = json_string_value(json_object_get(line, "type"));

	if (origin == NULL || type == NULL || strcmp(origin, k->server) != 0)
		return;
	if (strcmp(type, "forget") == 0) {
		known_key(k, line, "id", true);
		k->forgotten = true;
		return;
	}
	if (strcmp(type, "grant") == 0) /* the authority's word of it, too */
		return;
	known_key(k, line, "signer", false);
	k->here = true;
}

/* Of a server whose key was revoked, or whose last words were not saved before a
 * restart, the table alone still knows. */
static void
held_add(void *ctx, const json_t *line)
{
	struct known *k = ctx;
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(line, "claims"), i, one)
	{
		const char *name =
		    json_string_value(json_object_get(one, "server"));

		if (name != NULL && strcmp(name, k->server) == 0)
			known_key(k, one, "key", false);
	}
}

/* What an order that is there has buried needs no other. */
static void
known_drop_buried(struct known *k)
{
	size_t kept = 0;

	for (size_t i = 0; i < k->n; i++)
		if (!k->signer[i].buried)
			k->signer[kept++] = k->signer[i];
	k->n = kept;
}

static void
away_find(void *ctx, const json_t *line)
{
	struct known *k = ctx;
	const json_t *list = json_object_get(line, "away"), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *name =
		    json_string_value(json_object_get(one, "server"));

		if (name != NULL && strcmp(name, k->server) == 0)
			k->away = true;
	}
}

static int
known_ask(const struct call *call, struct known *k)
{
	static const struct {
		const char *request;
		void (*each)(void *ctx, const json_t *line);
	} asks[] = { { "db", known_add }, { "routes", held_add },
		{ "status", away_find } };
	int status = CALL_OK;

	for (size_t i = 0; i < 3 && status == CALL_OK; i++) {
		struct buf answer = { 0 };

		status = client_read(call, asks[i].request, &answer);
		if (status == CALL_OK)
			status = client_each(&answer, asks[i].each, k);
		buf_done(&answer);
	}
	if (status != CALL_OK)
		return status;
	known_drop_buried(k);
	if (k->n == 0 && k->forgotten)
		return CALL_OK;
	if (k->n == 0)
		return call_usage("%s: nothing in the database is of it, and "
				  "no route is held for it",
		    k->server);
	if (k->here && !k->away && !call_has(call, "force"))
		return call_usage(
		    "%s is not away: stop its lsrd, and take its peer and "
		    "bridgehead lines out of lsrd.conf here first, or --force",
		    k->server);
	return CALL_OK;
}

/* What is to be signed where the key is; the `file`th order of it. */
static void
forget_tell(const struct call *call, const struct order *order, size_t file)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };

	if (call->json) {
		json_open(&json, NULL, '{');
		json_bool(&json, "ok", false);
		json_str(&json, "reason", "no authority.key here");
		json_str(&json, "server", order->server);
		json_uint(&json, "epoch", order->epoch);
		json_str(&json, "key", order->key);
		json_close(&json, '}');
		json_line(&json);
	} else {
		buf_printf(&out,
		    "where authority.key is, run\n    lsrctl forget %s "
		    "--epoch %" PRIu32 " \\\n        --key %s \\\n"
		    "        --output forget-%zu.txt\nthen here\n"
		    "    lsrctl inject forget-%zu.txt\n",
		    order->server, order->epoch, order->key, file, file);
	}
	show_flush(&out);
	buf_done(&out);
}

/* The daemon's host need not have the authority's key: say how to go on. */
static int
forget_known(const struct call *call, const struct known *k)
{
	const char *directory = call_option(call, "directory");
	char *path = paths_join(
	    directory == NULL ? KEYS_DIRECTORY : directory, "authority.key");
	bool here = paths_is_file(path);
	int status = CALL_OK;

	mem_free(path);
	if (k->n == 0) {
		puts(call->json ? "{\"ok\":true,\"changed\":false}"
				: "nothing changed: it is forgotten, and "
				  "nothing of it is left");
		return CALL_OK;
	}
	for (size_t i = 0; i < k->n && status == CALL_OK; i++) {
		struct order order = { .type = LSA_FORGET,
			.server = k->server,
			.epoch = k->signer[i].epoch };

		memcpy(order.key, k->signer[i].key, sizeof(order.key));
		if (here)
			status = order_give(call, &order);
		else
			forget_tell(call, &order, i + 1);
	}
	return status == CALL_OK && !here ? CALL_NO : status;
}

int
authority_forget(const struct call *call)
{
	const char *key = call_option(call, "key");
	const char *epoch = call_option(call, "epoch");
	struct order order = { .type = LSA_FORGET };
	struct known known = { 0 };
	char *server = mem_str(call->operands[0]);
	uint64_t number = 0;
	int status;

	str_lower(server);
	order.server = known.server = server;
	if (!str_is_host(server))
		status = call_usage("%s: not a server's name", server);
	else if ((key == NULL) != (epoch == NULL))
		status = call_usage("--key and --epoch go together");
	else if (key != NULL && !is_digest(key))
		status = call_usage("--key %s: not 64 digits a-f and 0-9", key);
	else if (key != NULL && !value_number(epoch, UINT32_MAX, &number))
		status = call_usage("--epoch %s: not a number", epoch);
	else
		status = CALL_OK;
	if (status == CALL_OK && key != NULL) {
		memcpy(order.key, key, sizeof(order.key));
		order.epoch = (uint32_t)number;
		status = order_give(call, &order);
	} else if (status == CALL_OK) {
		status = known_ask(call, &known);
		if (status == CALL_OK)
			status = forget_known(call, &known);
	}
	mem_free(server);
	return status;
}

/* Whether every connector in use has its claim: else links would be cut. */
static int
claims_ask(const struct call *call)
{
	struct transit t;
	int status = transit_ask(call, &t);

	if (status == CALL_OK && t.unclaimed > 0)
		status = call_usage(
		    "%zu connectors would count no more: %s; issue "
		    "certificates with --connector first, or --force",
		    t.unclaimed, (const char *)t.names.p);
	transit_done(&t);
	return status;
}

/* The first version of the protocol whose speakers know the word. */
#define VERSION_ENFORCES 2

struct versions {
	struct buf old; /* neighbours that would refuse it; a string */
	size_t known;   /* that are heard, and know it */
};

static void
version_look(void *ctx, const json_t *line)
{
	struct versions *v = ctx;
	json_int_t version =
	    json_integer_value(json_object_get(line, "version"));
	const char *peer = json_string_value(json_object_get(line, "peer"));

	if (version >= VERSION_ENFORCES)
		v->known++;
	if (version == 0 || version >= VERSION_ENFORCES || peer == NULL)
		return; /* 0: no session, and nothing is known of it */
	if (v->old.n > 0)
		buf_text(&v->old, ", ");
	buf_text(&v->old, peer);
}

/*
 * Whether every neighbour would understand: an older one refuses the word and
 * goes on by other connectors than the rest. Of servers farther away no
 * version is known here; each of them must be asked at a neighbour of its.
 */
static int
versions_ask(const struct call *call)
{
	struct versions v = { { 0 }, 0 };
	struct buf answer = { 0 };
	int status = client_read(call, "peers", &answer);

	if (status == CALL_OK)
		status = client_each(&answer, version_look, &v);
	if (status == CALL_OK && v.old.n > 0) {
		buf_u8(&v.old, 0);
		status = call_usage(
		    "%s would not understand, being of an older version, and "
		    "might send mail round; upgrade first, or --force",
		    (const char *)v.old.p);
	} else if (status == CALL_OK) {
		complain_progress(
		    "lsrctl: %zu neighbours understand it; the versions of "
		    "servers without a session here are not known: lsrctl "
		    "peers there\n",
		    v.known);
	}
	buf_done(&v.old);
	buf_done(&answer);
	return status;
}

int
authority_enforce(const struct call *call)
{
	struct order order = { .type = LSA_RULE,
		.server = "",
		.key = "connectors",
		.on = !call_has(call, "off") };
	bool asks = order.on && !call_has(call, "force") &&
	            !call_has(call, "dry-run") &&
	            call_option(call, "output") == NULL;
	int status = asks ? claims_ask(call) : CALL_OK;

	if (asks && status == CALL_OK)
		status = versions_ask(call);
	return status == CALL_OK ? order_give(call, &order) : status;
}
