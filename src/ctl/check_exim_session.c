/*
 * check_exim_session.c - the part of `check` that talks to Exim as an own server
 * does, and as lsrd does on this host: `exim -bh ADDRESS`, a session that is not
 * for real. Access lists are the site's; what they do is asked, not read.
 */

#include "ctl/check_exim.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "plugins/exim/cdb_file.h"

/* A list that asks the DNS for each may take its time. */
#define PEERS_MAX 3
#define RCPTS_MAX 10
#define BEFORE_RCPT 3 /* replies: the greeting, to EHLO and MAIL */

/* What is said to it, and which replies count. */
struct exim_session {
	const struct exim *x;
	struct buf lines; /* the commands */
	VEC(char *) keys; /* of our table, one for each RCPT */
};

/* The last line of reply N, up to its end; NULL: there is none. */
static const char *
session_reply(const char *said, size_t n)
{
	while (said != NULL && *said != '\0') {
		bool is = strspn(said, "0123456789") == 3 && said[3] == ' ';

		if (is && n-- == 0)
			return said;
		said = str_next_line(said);
	}
	return NULL;
}

/* A recipient for each key that is relayed, up to some. */
static bool
on_session_key(void *ctx, const char *key, const char *value)
{
	struct exim_session *s = ctx;

	(void)value;
	if (*key == '@' || strchr(key, '@') != NULL)
		return true;
	for (const char *p = key; *p != '\0'; p++)
		if (*p < 0)
			return true; /* its other spelling is there, too */
	buf_printf(&s->lines, "RCPT TO:<lsrd-check@%s%s>\r\n",
	    *key == '.' ? "lsrd-check" : "", key);
	vec_push(&s->keys, mem_str(key));
	return s->keys.n < RCPTS_MAX;
}

static void
session_keys(struct exim_session *s)
{
	char *path = exim_table(s->x, "domains.cdb");
	struct cdb_file *file = NULL;

	if (cdb_file_open(&file, path) == RC_OK) {
		cdb_file_walk(file, on_session_key, s);
		cdb_file_free(file);
	}
	mem_free(path);
}

static void
session_refused(const struct exim *x, const char *name, const char *what,
    const char *reply, const char *ip)
{
	char remedy[300];

	snprintf(remedy, sizeof(remedy),
	    "the access list that says so: exim -bh %s shows each step", ip);
	check_find(x->list,
	    CHECK_ABOUT(
		*reply == '5' ? CHECK_CRITICAL : CHECK_WARNING, "exim", remedy),
	    "%s (%s): Exim would not take its mail%s%s: %.*s", name, ip,
	    *what == '\0' ? "" : " for ", what, (int)strcspn(reply, "\r\n"),
	    reply);
}

/* The first that it refuses says it for all. */
static void
session_judge(const struct exim_session *s, const char *said, const char *name,
    const char *ip)
{
	for (size_t i = 0; i < BEFORE_RCPT + s->keys.n; i++) {
		const char *reply = session_reply(said, i);

		if (reply == NULL)
			return; /* it has hung up; or nothing was told */
		if (*reply == '2')
			continue;
		session_refused(s->x, name,
		    i < BEFORE_RCPT ? "" : s->keys.v[i - BEFORE_RCPT], reply,
		    ip);
		return;
	}
}

/* False: it took longer than anybody waits, as without the DNS. */
static bool
session_of(struct exim_session *s, const char *name, const struct addr *addr)
{
	char ip[ADDR_TEXT];
	struct buf all = { 0 };
	char *input, *said, *rcpts;
	bool ended;

	addr_ip_text(addr, ip);
	buf_printf(&all, "EHLO %s\r\nMAIL FROM:<>\r\n", name);
	rcpts = mem_dup(s->lines.p, s->lines.n);
	buf_bytes(&all, rcpts, s->lines.n);
	buf_text(&all, "QUIT\r\n");
	input = buf_string(&all);
	said = exim_run(s->x, "-bh", ip, input);
	ended = said != NULL;
	session_judge(s, said, name, ip);
	mem_free(said);
	mem_free(input);
	mem_free(rcpts);
	return ended;
}

static void
session_peers(struct exim_session *s)
{
	const struct setup *setup = &s->x->conf->setup;
	size_t asked = 0;

	for (size_t i = 0; i < setup->npeers && asked < PEERS_MAX; i++) {
		const struct setup_peer *peer = &setup->peers[i];

		if (peer->naddrs == 0)
			continue;
		if (!session_of(s, peer->name, &peer->addrs[0]))
			return;
		asked++;
	}
}

/* As lsrd asks for another attempt: nothing is run by this. */
static void
session_etrn(const struct exim *x, const char *key)
{
	struct buf b = { 0 };
	char *input, *said;
	const char *reply;

	buf_printf(&b, "EHLO localhost\r\nETRN #%s\r\nQUIT\r\n", key);
	input = buf_string(&b);
	said = exim_run(x, "-bh", "127.0.0.1", input);
	reply = session_reply(said, 2);
	if (reply != NULL && *reply != '2')
		check_find(x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			"exim -bh 127.0.0.1 shows each step"),
		    "Exim would not take lsrd's ETRN: %.*s: mail that waits is "
		    "not tried again when its route has moved",
		    (int)strcspn(reply, "\r\n"), reply);
	mem_free(said);
	mem_free(input);
}

/* By root alone: to others Exim's own databases are closed, and what they would
 * be told is of that. */
void
check_exim_session(const struct exim *x)
{
	struct exim_session s = { .x = x };

	if (geteuid() != 0)
		return;
	session_keys(&s);
	if (s.keys.n > 0) {
		session_peers(&s);
		if (x->conf->setup.mta.retry)
			session_etrn(x, s.keys.v[0]);
	}
	for (size_t i = 0; i < s.keys.n; i++)
		mem_free(s.keys.v[i]);
	vec_done(&s.keys);
	buf_done(&s.lines);
}
