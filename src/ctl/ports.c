#include "ctl/ports.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "ctl/grid.h"
#include "ctl/listens.h"
#include "ctl/show.h"

/* clang-format off */
const struct verb_option ports_options[] = {
	{ "nft", NULL, "print rules of nftables for peers' ports" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

struct ports {
	const struct call *call;
	const char *host; /* NULL: this one */
	struct listens listens;
	struct ports_answers answers;
	struct ports_peers peers;
	size_t beyond, open, unwell; /* what the status is made of */
	struct buf out;
};

/* Only for this host, and others may come. */
static bool
is_beyond(const struct ports_row *row, const struct listens_one *one)
{
	return row->reach == PORTS_HOST && listens_beyond(one);
}

static void
ports_count(struct ports *p)
{
	for (const struct ports_row *row = ports_table; row->port != 0; row++)
		for (size_t i = 0; i < p->listens.list.n; i++)
			p->beyond +=
			    p->listens.list.v[i].addr.port == row->port &&
			    is_beyond(row, &p->listens.list.v[i]);
	for (size_t i = 0; i < p->answers.list.n; i++)
		p->open += strcmp(p->answers.list.v[i].state, "open") == 0;
	for (size_t i = 0; i < p->peers.list.n; i++)
		p->unwell += p->peers.list.v[i].resolved &&
		             !p->peers.list.v[i].authenticated;
}

static int
ports_status(const struct ports *p)
{
	bool well =
	    p->host != NULL ? p->open > 0 : p->beyond == 0 && p->unwell == 0;

	return well ? CALL_OK : CALL_NO;
}

/* --- for a person --------------------------------------------------------------- */

static bool
is_unspecified(const struct addr *addr)
{
	static const struct addr none;

	return memcmp(addr->ip, none.ip, sizeof(none.ip)) == 0;
}

/* `master *, lsrd 192.0.2.1 2001:db8::1`: one name for all of its addresses,
 * and one `*` for all of both families. */
static void
listens_cell(
    struct grid *grid, const struct ports *p, const struct ports_row *row)
{
	struct buf text = { 0 };
	char ip[ADDR_TEXT], *all;
	const char *last = NULL;
	bool beyond = false, star = false;

	for (size_t i = 0; i < p->listens.list.n; i++) {
		const struct listens_one *one = &p->listens.list.v[i];
		const char *name = one->name[0] != '\0' ? one->name : "?";
		bool same = last != NULL && strcmp(last, name) == 0;

		if (one->addr.port != row->port)
			continue;
		beyond = beyond || is_beyond(row, one);
		if (!same)
			buf_printf(
			    &text, "%s%s", last != NULL ? ", " : "", name);
		if (!is_unspecified(&one->addr))
			buf_printf(&text, " %s", addr_ip_text(&one->addr, ip));
		else if (!same || !star)
			buf_text(&text, " *");
		star = is_unspecified(&one->addr) || (same && star);
		last = name;
	}
	if (beyond)
		buf_text(&text, " (open to others)");
	all = buf_string(&text);
	grid_cell(grid, all);
	mem_free(all);
}

/* `open 192.0.2.1, silent 2001:db8::1`; of one state for all just that. */
static void
answers_cell(struct grid *grid, const struct ports *p, size_t row)
{
	const struct ports_answer *v =
	    &p->answers.list.v[row * p->answers.naddrs];
	struct buf text = { 0 };
	char ip[ADDR_TEXT], *all;
	bool alike = true;

	for (size_t i = 1; i < p->answers.naddrs; i++)
		alike = alike && strcmp(v[i].state, v[0].state) == 0;
	for (size_t i = 0; i < (alike ? 1 : p->answers.naddrs); i++)
		buf_printf(&text, "%s%s%s%s", i > 0 ? ", " : "", v[i].state,
		    alike ? "" : " ",
		    alike ? "" : addr_ip_text(&v[i].addr, ip));
	all = buf_string(&text);
	grid_cell(grid, all);
	mem_free(all);
}

static const char *
yes_no(bool is)
{
	return is ? "yes" : "no";
}

static void
peers_text(struct ports *p)
{
	static const char *const head[] = { "PEER", "RESOLVED", "REACHED",
		"AUTHENTICATED", "REASON", NULL };
	struct grid grid;

	if (!p->peers.known) {
		buf_text(&p->out, "Peers are not known: no daemon answers, and "
				  "no configuration can be read.\n");
		return;
	}
	if (p->peers.list.n == 0)
		return;
	grid_init(&grid, head);
	for (size_t i = 0; i < p->peers.list.n; i++) {
		const struct ports_peer *peer = &p->peers.list.v[i];

		grid_cell(&grid, peer->name);
		grid_cell(&grid, yes_no(peer->resolved));
		grid_cell(&grid, yes_no(peer->reached));
		grid_cell(&grid, yes_no(peer->authenticated));
		grid_cell(&grid, peer->reason);
	}
	grid_write(&grid, grid_terminal(), &p->out);
	if (!p->peers.by_daemon)
		buf_text(&p->out,
		    "No daemon answers: peers were dialled from here.\n");
}

static void
ports_text(struct ports *p)
{
	const char *const head[] = { "PORT", "FOR", "WHOM",
		p->host != NULL ? "ANSWERS" : "LISTENS HERE", NULL };
	struct grid grid;

	grid_init(&grid, head);
	for (size_t i = 0; ports_table[i].port != 0; i++) {
		const struct ports_row *row = &ports_table[i];

		grid_printf(&grid, "%u", row->port);
		grid_cell(&grid, row->what);
		grid_cell(&grid, ports_reach_word(row->reach));
		if (p->host != NULL)
			answers_cell(&grid, p, i);
		else
			listens_cell(&grid, p, row);
	}
	grid_write(&grid, grid_terminal(), &p->out);
	show_text(&p->out, "RPC", ports_dynamic);
	buf_text(&p->out, "\n");
	if (p->host == NULL)
		peers_text(p);
}

/* --- as JSON -------------------------------------------------------------------- */

static void
ports_line(struct json *j)
{
	json_close(j, '}');
	json_line(j);
}

static void
listens_tell(struct json *j, const struct ports *p, const struct ports_row *row)
{
	char text[ADDR_TEXT];

	json_open(j, "listens", '[');
	for (size_t i = 0; i < p->listens.list.n; i++) {
		const struct listens_one *one = &p->listens.list.v[i];

		if (one->addr.port != row->port)
			continue;
		json_open(j, NULL, '{');
		json_str(j, "address", addr_text(&one->addr, text));
		if (one->pid != 0) {
			json_str(j, "process", one->name);
			json_int(j, "pid", one->pid);
		}
		json_bool(j, "beyond", is_beyond(row, one));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
answers_tell(struct json *j, const struct ports *p, size_t row)
{
	char text[ADDR_TEXT];

	json_open(j, "answers", '[');
	for (size_t i = 0; i < p->answers.naddrs; i++) {
		const struct ports_answer *a =
		    &p->answers.list.v[row * p->answers.naddrs + i];

		json_open(j, NULL, '{');
		json_str(j, "address", addr_text(&a->addr, text));
		json_str(j, "state", a->state);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
peer_tell(struct json *j, const struct ports_peer *peer, bool by_daemon)
{
	char text[ADDR_TEXT];

	json_open(j, NULL, '{');
	json_str(j, "kind", "peer");
	json_str(j, "peer", peer->name);
	json_open(j, "addresses", '[');
	for (size_t i = 0; i < peer->addrs.n; i++)
		json_str(j, NULL, addr_text(&peer->addrs.v[i], text));
	json_close(j, ']');
	json_bool(j, "resolved", peer->resolved);
	json_bool(j, "reached", peer->reached);
	json_bool(j, "authenticated", peer->authenticated);
	json_str(j, "reason", peer->reason);
	json_str(j, "by", by_daemon ? "daemon" : "lsrctl");
	ports_line(j);
}

static void
ports_json(struct ports *p)
{
	struct json j = { .out = &p->out };

	for (size_t i = 0; ports_table[i].port != 0; i++) {
		const struct ports_row *row = &ports_table[i];

		json_open(&j, NULL, '{');
		json_str(&j, "kind", "port");
		json_uint(&j, "port", row->port);
		json_str(&j, "service", row->service);
		json_str(&j, "for", row->what);
		json_str(&j, "whom", ports_reach_word(row->reach));
		json_str(&j, "source", row->source);
		if (p->host != NULL)
			answers_tell(&j, p, i);
		else
			listens_tell(&j, p, row);
		ports_line(&j);
	}
	for (size_t i = 0; i < p->peers.list.n; i++)
		peer_tell(&j, &p->peers.list.v[i], p->peers.by_daemon);
	json_open(&j, NULL, '{');
	json_str(&j, "kind", "note");
	json_str(&j, "text", ports_dynamic);
	ports_line(&j);
}

/* --- the verb ------------------------------------------------------------------- */

static int
nft_print(const struct call *call)
{
	const char *path = call->config != NULL ? call->config : CONF_FILE;
	struct complaints complaints = { 0 };
	struct buf text = { 0 };
	struct conf *conf = NULL;
	int status = CALL_OK;

	if (conf_load(path, NULL, &conf, &complaints) == RC_OK) {
		ports_nft(conf, &text);
		show_flush(&text);
	} else {
		complaint_text(&text, &complaints.list.v[0]);
		status = call_usage("%.*s", (int)text.n, (const char *)text.p);
	}
	buf_done(&text);
	complaints_done(&complaints);
	conf_free(conf);
	return status;
}

int
ports_verb(const struct call *call)
{
	struct ports p = { .call = call };
	int status = CALL_OK;

	if (call_has(call, "nft"))
		return nft_print(call);
	p.host = call->noperands > 0 ? call->operands[0] : NULL;
	if (p.host != NULL)
		status = ports_ask(p.host, &p.answers);
	else {
		listens_find(&p.listens);
		ports_peers_find(&p.peers, call);
	}
	if (status == CALL_OK) {
		ports_count(&p);
		if (call->json)
			ports_json(&p);
		else
			ports_text(&p);
		status = ports_status(&p);
		show_flush(&p.out);
	}
	listens_done(&p.listens);
	ports_answers_done(&p.answers);
	ports_peers_done(&p.peers);
	buf_done(&p.out);
	return status;
}
