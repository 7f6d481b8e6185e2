/*
 * ports.h - the ports of a mail site: what each is for, who listens here or
 * what answers at a host, and whether the configured peers are reached.
 *
 * ports_table.c is what is known of ports; ports_ask.c asks a host,
 * ports_peers.c the peers, ports_nft.c writes rules; ports.c is the verb.
 */

#ifndef CTL_PORTS_H
#define CTL_PORTS_H

#include "base/addr.h"
#include "base/json.h"
#include "base/vec.h"
#include "cfg/conf.h"
#include "ctl/verbs.h"

/* Who has to reach it; nobody else should. */
enum ports_reach { PORTS_PUBLIC, PORTS_ORGANIZATION, PORTS_HOST };

struct ports_row {
	uint16_t port;
	const char *service; /* as IANA or its maker calls it */
	const char *what;    /* a few words */
	enum ports_reach reach;
	const char *source; /* whose word that is */
};

/* By port; ends with port 0. */
extern const struct ports_row ports_table[];

/* "public", "organization", "host" */
const char *ports_reach_word(enum ports_reach reach);

/* What no row can say. */
extern const char ports_dynamic[];

/* --- a host -------------------------------------------------------------------- */

struct ports_answer {
	struct addr addr;
	const char *state; /* "open", "closed", "silent", or why not */
};

struct ports_answers {
	VEC(struct ports_answer) list; /* by row of the table, then address */
	size_t naddrs;                 /* so many of each row */
};

/* All ports of all addresses of the host, side by side. CALL_OK, or CALL_USAGE
 * after a complaint. */
int ports_ask(const char *host, struct ports_answers *out);
void ports_answers_done(struct ports_answers *answers);

/* --- peers --------------------------------------------------------------------- */

struct ports_peer {
	char *name;
	VEC(struct addr) addrs;
	bool resolved, reached, authenticated;
	char *reason; /* why not; "" */
};

struct ports_peers {
	VEC(struct ports_peer) list;
	bool by_daemon; /* else they were dialled */
	bool known;     /* there was somebody to ask who they are */
};

void ports_peers_find(struct ports_peers *out, const struct call *call);
void ports_peers_done(struct ports_peers *peers);

/* Rules of nftables, which `nft -f` takes. */
void ports_nft(const struct conf *conf, struct buf *out);

extern const struct verb_option ports_options[];
int ports_verb(const struct call *call);

#endif
