#include "t/core/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"

static void
cheap_digest(void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_DIGEST])
{
	const uint8_t *s = p;
	uint64_t h = 14695981039346656037u;

	(void)ctx;
	for (size_t i = 0; i < n; i++)
		h = (h ^ s[i]) * 1099511628211u;
	for (size_t i = 0; i < CRYPTO_DIGEST; i++) {
		out[i] = (uint8_t)(h >> i % 8 * 8);
		h = h * 1099511628211u + 1;
	}
}

static void
cheap_sign(void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_SIGNATURE])
{
	cheap_digest(ctx, p, n, out);
	cheap_digest(ctx, p, n, out + CRYPTO_DIGEST);
}

const struct crypto world_seal = { .digest = cheap_digest, .sign = cheap_sign };

void
world_install(struct world *w, const struct lsa_key *key, struct buf *body)
{
	static const uint8_t zero[CRYPTO_DIGEST];
	uint8_t signer[CRYPTO_DIGEST] = { (uint8_t)w->key };
	bool authority = key->type >= LSA_FORGET && key->type <= LSA_GRANT;
	struct lsa_draft draft = { .key = *key,
		.org = zero,
		.signer = authority ? zero : signer,
		.seq = ++w->seq,
		.issued = w->issued,
		.purge = body == NULL,
		.body = body == NULL ? NULL : body->p,
		.body_len = body == NULL ? 0 : body->n };
	struct buf out = { 0 };
	struct lsa *lsa;

	lsa_encode(&out, &draft, &world_seal);
	CHECK(lsa_decode(out.p, out.n, &world_seal, &lsa) == RC_OK);
	lsdb_install(&w->db, lsa);
	buf_done(&out);
}

/* The next word of a line, or NULL at its end. */
static char *
word(char **at)
{
	char *s = *at + strspn(*at, " \t");

	if (*s == '\0')
		return NULL;
	*at = s + strcspn(s, " \t");
	if (**at != '\0')
		*(*at)++ = '\0';
	return s;
}

static char *
need(char **at)
{
	char *s = word(at);

	CHECK(s != NULL);
	return s;
}

static uint32_t
number(char **at)
{
	return (uint32_t)strtoul(need(at), NULL, 10);
}

static struct addr
addr_of(const char *text)
{
	struct addr a = { .family = 4 };
	unsigned b[4], port;

	CHECK(sscanf(text, "%u.%u.%u.%u:%u", &b[0], &b[1], &b[2], &b[3],
		  &port) == 5);
	for (int i = 0; i < 4; i++)
		a.ip[i] = (uint8_t)b[i];
	a.port = (uint16_t)port;
	return a;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* `A,B` as a sorted list of lent names. */
static char **
names_of(char *text, uint16_t *n)
{
	char **v = NULL;

	*n = 0;
	for (char *s = text; s != NULL && *s != '\0';) {
		char *comma = strchr(s, ',');

		if (comma != NULL)
			*comma = '\0';
		v = mem_grow(v, (size_t)*n + 1, sizeof(*v));
		v[(*n)++] = s;
		s = comma == NULL ? NULL : comma + 1;
	}
	if (*n > 1)
		qsort(v, *n, sizeof(*v), by_text);
	return v;
}

/* A mark key that this text stands for. */
static const uint8_t *
mark_of(const char *text, uint8_t key[CRYPTO_DIGEST])
{
	cheap_digest(NULL, text, strlen(text), key);
	return key;
}

static void
say_server(struct world *w, char *at)
{
	char *name = need(&at), *option;
	struct addr smtp;
	struct lsa_server s = { .group = need(&at), .smtp = &smtp, .nsmtp = 1 };
	struct buf body = { 0 };
	uint8_t mark[CRYPTO_DIGEST];

	w->servers++;
	smtp = (struct addr){ .family = 4,
		.ip = { 10, 0, (uint8_t)(w->servers >> 8),
		    (uint8_t)w->servers },
		.port = 25 };
	while ((option = word(&at)) != NULL) {
		if (strcmp(option, "drain") == 0)
			s.state = LSA_DRAIN;
		else if (strcmp(option, "starting") == 0)
			s.state = LSA_STARTING;
		else if (strcmp(option, "nbr") == 0)
			s.neighbours = names_of(need(&at), &s.nneighbours);
		else if (strcmp(option, "up") == 0)
			s.mail_up = names_of(need(&at), &s.nmail_up);
		else if (strcmp(option, "down") == 0)
			s.mail_down = names_of(need(&at), &s.nmail_down);
		else if (strcmp(option, "at") == 0)
			smtp = addr_of(need(&at));
		else if (strcmp(option, "mark") == 0)
			s.mark[s.nmark++] = mark_of(need(&at), mark);
		else
			abort();
	}
	if (smtp.port == 0)
		s.nsmtp = 0;
	lsa_server_encode(&body, &s);
	world_install(w, &(struct lsa_key){ name, "", LSA_SERVER }, &body);
	buf_done(&body);
	mem_free(s.neighbours);
	mem_free(s.mail_up);
	mem_free(s.mail_down);
}

/* The setup's own copy of a connector, made when it is first named. */
static struct setup_connector *
own_connector(struct setup *setup, const char *name)
{
	struct setup_connector *c = setup->connectors;

	for (size_t i = 0; i < setup->nconnectors; i++)
		if (strcmp(c[i].name, name) == 0)
			return &c[i];
	c = mem_grow(c, setup->nconnectors + 1, sizeof(*c));
	setup->connectors = c;
	c += setup->nconnectors++;
	*c = (struct setup_connector){ .name = mem_str(name) };
	return c;
}

static void
own_bridgehead(struct world *w, const char *connector,
    const struct lsa_bridgehead *b, const char *smtp)
{
	struct setup_connector *c = own_connector(&w->setup, connector);
	struct setup_bridgehead *own;

	for (size_t i = 0; i < c->nbridgeheads; i++)
		if (strcmp(c->bridgeheads[i].name, b->name) == 0)
			return;
	c->bridgeheads =
	    mem_grow(c->bridgeheads, c->nbridgeheads + 1, sizeof(*own));
	own = &c->bridgeheads[c->nbridgeheads++];
	*own = (struct setup_bridgehead){ .name = mem_str(b->name),
		.cost = b->cost };
	own->transport = c->transport == NULL ? NULL : mem_str(c->transport);
	own->by = own->transport;
	if (smtp != NULL)
		own->smtp[own->nsmtp++] = addr_of(smtp);
}

static struct lsa_bridgehead
bridgehead_of(char *text, char **smtp)
{
	struct lsa_bridgehead b = { .name = text };
	char *cost = strchr(text, '=');

	CHECK(cost != NULL);
	*cost++ = '\0';
	*smtp = strchr(cost, '@');
	if (*smtp != NULL)
		*(*smtp)++ = '\0';
	b.cost = (uint32_t)strtoul(cost, &cost, 10);
	b.up = *cost == '+';
	CHECK(b.up || *cost == '-');
	return b;
}

static void
say_connector(struct world *w, char *at)
{
	char *name = need(&at), *owner = need(&at), *option, *smtp, *deny;
	struct lsa_bridgehead b[16];
	struct policy policy = { 0 };
	struct lsa_connector c = {
		.group = need(&at), .bridgeheads = b, .policy = &policy
	};
	bool own = strcmp(owner, w->setup.server) == 0;
	struct buf body = { 0 };

	while ((option = word(&at)) != NULL) {
		if (strcmp(option, "drain") == 0) {
			c.state = LSA_DRAIN;
		} else if (strcmp(option, "cong") == 0) {
			c.congestion = (uint8_t)number(&at);
		} else if (strcmp(option, "since") == 0) {
			c.since = need(&at);
		} else if (strcmp(option, "size") == 0) {
			policy.max_size = number(&at);
		} else if (strcmp(option, "prio") == 0) {
			policy.priorities = (uint8_t)number(&at);
		} else if (strcmp(option, "deny") == 0) {
			deny = need(&at);
			policy.deny = &deny;
			policy.ndeny = 1;
		} else if (strcmp(option, "by") == 0) {
			own_connector(&w->setup, name)->transport =
			    mem_str(need(&at));
		} else {
			b[c.nbridgeheads] = bridgehead_of(option, &smtp);
			if (own)
				own_bridgehead(
				    w, name, &b[c.nbridgeheads], smtp);
			c.nbridgeheads++;
		}
	}
	lsa_connector_encode(&body, &c);
	world_install(
	    w, &(struct lsa_key){ owner, name, LSA_CONNECTOR }, &body);
	buf_done(&body);
}

static int
by_pattern(const void *a, const void *b)
{
	const struct setup_space *x = a, *y = b;

	return strcmp(x->pattern, y->pattern);
}

static void
own_space(struct world *w, const char *pattern, const struct lsa_space *space,
    const char *way)
{
	struct setup *s = &w->setup;

	for (size_t i = 0; i < s->nspaces; i++)
		if (strcmp(s->spaces[i].pattern, pattern) == 0)
			return;
	s->spaces = mem_grow(s->spaces, s->nspaces + 1, sizeof(*s->spaces));
	s->spaces[s->nspaces++] =
	    (struct setup_space){ .pattern = mem_str(pattern),
		    .cost = space->cost,
		    .way = mem_str(way),
		    .local = space->local,
		    .fallback = space->fallback,
		    .relay = space->relay };
	qsort(s->spaces, s->nspaces, sizeof(*s->spaces), by_pattern);
	s->claims->spaces =
	    mem_grow(s->claims->spaces, s->nspaces, sizeof(char *));
	s->claims->spaces[s->claims->nspaces++] = mem_str(pattern);
	if (!space->relay)
		return;
	s->claims->relays =
	    mem_grow(s->claims->relays, s->claims->nrelays + 1, sizeof(char *));
	s->claims->relays[s->claims->nrelays++] = mem_str(pattern);
}

static void
say_space(struct world *w, char *at)
{
	char *pattern = need(&at), *server = need(&at), *option, *way = NULL;
	struct lsa_space space = { 0 };
	struct buf body = { 0 };

	while ((option = word(&at)) != NULL) {
		if (strcmp(option, "cost") == 0)
			space.cost = number(&at);
		else if (strcmp(option, "way") == 0)
			way = need(&at);
		else if (strcmp(option, "local") == 0)
			space.local = true;
		else if (strcmp(option, "fallback") == 0)
			space.fallback = true;
		else if (strcmp(option, "relay") == 0)
			space.relay = true;
		else if (strcmp(option, "down") == 0)
			space.down = true;
		else
			abort();
	}
	if (strcmp(server, w->setup.server) == 0)
		own_space(w, pattern, &space, way);
	lsa_space_encode(&body, &space);
	world_install(
	    w, &(struct lsa_key){ server, pattern, LSA_SPACE }, &body);
	buf_done(&body);
}

static void
say_probe(struct world *w, char *at)
{
	struct view_probe *p = &w->probes[w->in.nprobes++];
	char *connector;

	CHECK(w->in.nprobes <= 64);
	p->name = mem_str(need(&at));
	p->verdict = strcmp(need(&at), "up") == 0 ? VIEW_UP : VIEW_DOWN;
	connector = word(&at);
	p->connector = mem_str(connector);
}

static void
say_self(struct world *w, char *at)
{
	mem_free(w->setup.server); /* it may be renamed */
	mem_free(w->setup.group);
	w->setup.server = mem_str(need(&at));
	w->setup.group = mem_str(need(&at));
}

static void
digest_of(uint32_t key, char hex[2 * CRYPTO_DIGEST + 1])
{
	uint8_t digest[CRYPTO_DIGEST] = { (uint8_t)key };

	lsa_digest_text(digest, hex);
}

static void
say_forget(struct world *w, char *at)
{
	char hex[2 * CRYPTO_DIGEST + 1];
	struct lsa_key key = { .type = LSA_FORGET, .id = hex };
	struct buf body = { 0 };

	key.origin = need(&at);
	digest_of(number(&at), hex);
	lsa_forget_encode(&body, 0);
	world_install(w, &key, &body);
	buf_done(&body);
}

static void
say_revoke(struct world *w, char *at)
{
	char hex[2 * CRYPTO_DIGEST + 1];
	struct lsa_key key = {
		.type = LSA_REVOCATION, .origin = "", .id = hex
	};
	struct buf body = { 0 };

	digest_of(number(&at), hex);
	world_install(w, &key, &body);
	buf_done(&body);
}

/* What the server said, or that claim of it, goes without a trace. */
static void
say_lose(struct world *w, char *at)
{
	const char *origin = need(&at), *pattern = word(&at);
	struct lsa_key claim = { origin, pattern, LSA_SPACE };
	struct lsa *l;

	if (pattern != NULL)
		lsdb_remove(&w->db, lsdb_find(&w->db, &claim));
	while (pattern == NULL && (l = lsdb_origin(&w->db, origin)) != NULL &&
	       strcmp(l->key.origin, origin) == 0)
		lsdb_remove(&w->db, l);
}

static void
say_unspace(struct world *w, char *at)
{
	struct setup *s = &w->setup;
	const char *pattern = need(&at);
	size_t i = 0;

	while (i < s->nspaces && strcmp(s->spaces[i].pattern, pattern) != 0)
		i++;
	CHECK(i < s->nspaces);
	mem_free(s->spaces[i].pattern);
	mem_free(s->spaces[i].way);
	s->nspaces--;
	memmove(s->spaces + i, s->spaces + i + 1,
	    (s->nspaces - i) * sizeof(s->spaces[0]));
}

static void
say(struct world *w, char *line)
{
	char *at = line, *verb = word(&at);

	if (verb == NULL)
		return;
	if (strcmp(verb, "self") == 0) {
		say_self(w, at);
	} else if (strcmp(verb, "server") == 0) {
		say_server(w, at);
	} else if (strcmp(verb, "connector") == 0) {
		say_connector(w, at);
	} else if (strcmp(verb, "space") == 0) {
		say_space(w, at);
	} else if (strcmp(verb, "list") == 0) {
		world_list(w, at, LSA_LIST);
	} else if (strcmp(verb, "grant") == 0) {
		world_list(w, at, LSA_GRANT);
	} else if (strcmp(verb, "listed") == 0) {
		world_listed(w, at);
	} else if (strcmp(verb, "probe") == 0) {
		say_probe(w, at);
	} else if (strcmp(verb, "key") == 0) {
		w->key = number(&at);
	} else if (strcmp(verb, "forget") == 0) {
		say_forget(w, at);
	} else if (strcmp(verb, "revoke") == 0) {
		say_revoke(w, at);
	} else if (strcmp(verb, "lose") == 0) {
		say_lose(w, at);
	} else if (strcmp(verb, "unspace") == 0) {
		say_unspace(w, at);
	} else if (strcmp(verb, "lab") == 0) {
		w->setup.lab = true;
	} else if (strcmp(verb, "own") == 0) {
		w->setup.announced.smtp[0] = addr_of(need(&at));
		w->setup.announced.nsmtp = 1;
	} else {
		struct lsa_key key = { .type = LSA_SPACE };

		CHECK(strcmp(verb, "purge") == 0);
		key.id = need(&at);
		key.origin = need(&at);
		world_install(w, &key, NULL);
	}
}

void
world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	lsdb_init(&w->db);
	w->setup.organization = mem_str("example");
	w->setup.claims = mem_new(sizeof(*w->setup.claims), 0, 0);
	w->in.db = &w->db;
	w->in.setup = &w->setup;
	w->in.probes = w->probes;
}

void
world_say(struct world *w, const char *text)
{
	char *copy = mem_str(text);

	for (char *s = copy; s != NULL;) {
		char *end = s + strcspn(s, ";\n");
		bool last = *end == '\0';

		*end = '\0';
		say(w, s);
		s = last ? NULL : end + 1;
	}
	mem_free(copy);
}

void
world_done(struct world *w)
{
	struct setup *s = &w->setup;

	lsdb_done(&w->db);
	for (size_t i = 0; i < w->in.nprobes; i++) {
		mem_free((void *)(uintptr_t)w->probes[i].name);
		mem_free((void *)(uintptr_t)w->probes[i].connector);
	}
	for (size_t i = 0; i < s->nconnectors; i++) {
		struct setup_connector *c = &s->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++)
			mem_free(c->bridgeheads[k].name);
		for (size_t k = 0; k < c->nbridgeheads; k++)
			mem_free(c->bridgeheads[k].transport);
		mem_free(c->bridgeheads);
		mem_free(c->transport);
		mem_free(c->name);
	}
	mem_free(s->connectors);
	for (size_t i = 0; i < s->nspaces; i++) {
		mem_free(s->spaces[i].pattern);
		mem_free(s->spaces[i].way);
	}
	mem_free(s->spaces);
	claims_free(s->claims);
	mem_free(s->organization);
	mem_free(s->server);
	mem_free(s->group);
}

static void
remote_text(struct buf *out, const struct route *r)
{
	const char *between = " remote ";

	for (size_t i = 0; i < r->nhops; i++) {
		bool turn =
		    r->hop[i].alternate && (i == 0 || !r->hop[i - 1].alternate);

		buf_printf(out, "%s%s",
		    turn ? i == 0 ? " remote |" : "|" : between,
		    r->hop[i].name);
		if (r->hop[i].by != NULL)
			buf_printf(out, "~%s", r->hop[i].by);
		between = ",";
	}
	buf_printf(out, " %u/%u", r->cost, r->hops);
	if (r->last_resort)
		buf_text(out, " last");
}

char *
world_text(const struct rib *rib)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < rib->n; i++) {
		const struct route *r = &rib->routes[i];

		buf_text(&out, r->pattern);
		if (r->kind == ROUTE_REMOTE)
			remote_text(&out, r);
		else if (r->kind == ROUTE_HERE)
			buf_printf(&out, " here %u", r->cost);
		else if (r->kind == ROUTE_WAY)
			buf_printf(&out, " way %s %u", r->way, r->cost);
		else
			buf_printf(&out, " hold %s", r->reason);
		if (r->relay)
			buf_text(&out, " relay");
		buf_u8(&out, '\n');
	}
	return buf_string(&out);
}

char *
world_rib(struct world *w)
{
	struct view_pending pending = { 0 };
	struct view *view = view_new(&w->in);
	struct rib *rib = view_rib(view, NULL, &pending);
	char *text = world_text(rib);

	rib_free(rib);
	view_pending_done(&pending);
	view_free(view);
	return text;
}
