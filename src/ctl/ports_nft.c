/*
 * ports_nft.c - rules of nftables for the ports that peers alone need: those
 * of peer-listen, and port 25 of peers where lsrd-front is asked
 * (conf/nftables/lsrd-front.nft says what its part is for).
 */

#include "ctl/ports.h"

#define PEER_PORT 691
#define FRONT_PORT 2500

static bool
nft_named_before(const struct setup *setup, size_t peer, size_t at)
{
	const struct addr *addr = &setup->peers[peer].addrs[at];

	for (size_t i = 0; i <= peer; i++)
		for (size_t k = 0; k < setup->peers[i].naddrs; k++) {
			if (i == peer && k == at)
				return false;
			if (addr_same_ip(&setup->peers[i].addrs[k], addr))
				return true;
		}
	return false;
}

/* One set of peers' addresses; without any it is empty. */
static void
nft_set(const struct setup *setup, unsigned family, struct buf *out)
{
	bool any = false;
	char text[ADDR_TEXT];

	buf_printf(
	    out, "\tset peers%u {\n\t\ttype ipv%u_addr\n", family, family);
	for (size_t i = 0; i < setup->npeers; i++)
		for (size_t k = 0; k < setup->peers[i].naddrs; k++) {
			const struct addr *a = &setup->peers[i].addrs[k];

			if (a->family != family ||
			    nft_named_before(setup, i, k))
				continue;
			buf_printf(out, "%s%s",
			    any ? ",\n\t\t\t" : "\t\telements = {\n\t\t\t",
			    addr_ip_text(a, text));
			any = true;
		}
	buf_text(out, any ? "\n\t\t}\n\t}\n" : "\t}\n");
}

static void
nft_sets(const struct setup *setup, struct buf *out)
{
	nft_set(setup, 4, out);
	nft_set(setup, 6, out);
}

/* `691`, or `{ 691, 1691 }` */
static void
nft_ports(const struct conf *conf, struct buf *out)
{
	buf_text(out, "{ ");
	for (size_t i = 0; i < conf->nlisten; i++)
		buf_printf(
		    out, "%s%u", i > 0 ? ", " : "", conf->listen[i].port);
	if (conf->nlisten == 0)
		buf_printf(out, "%d", PEER_PORT);
	buf_text(out, " }");
}

static void
nft_peers(const struct conf *conf, struct buf *out)
{
	/* Strangers in a hurry cost the kernel alone. */
	const char *drop = conf->by_certificate
	                       ? " ct state new limit rate over 100/second "
	                         "burst 200 packets drop"
	                       : " drop";

	buf_text(out,
	    conf->by_certificate
		? "# Whoever has a certificate may come (peer-accept); so who "
		  "is "
		  "listed has his way\n# free, and all others have so many "
		  "attempts together.\n"
		: "# Link state is for listed peers alone. What is dropped "
		  "here "
		  "does not reach lsrd,\n# which would refuse it; your other "
		  "chains still have their say of the rest.\n");
	for (size_t i = 0; i < conf->setup.npeers; i++)
		if (conf->setup.peers[i].naddrs == 0)
			buf_printf(out,
			    "# %s has no address in the configuration: name it "
			    "here.\n",
			    conf->setup.peers[i].name);
	if (conf->srv_domain != NULL)
		buf_printf(out,
		    "# Those of _lsrd._tcp.%s are to be named here, too.\n",
		    conf->srv_domain);
	buf_text(out, "table inet lsrd\ndelete table inet lsrd\n\n"
		      "table inet lsrd {\n");
	nft_sets(&conf->setup, out);
	buf_text(out, "\tchain peers {\n\t\ttype filter hook input priority "
		      "filter; policy accept;\n\t\tiif lo accept\n"
		      "\t\tip saddr != @peers4 tcp dport ");
	nft_ports(conf, out);
	buf_printf(out, "%s\n\t\tip6 saddr != @peers6 tcp dport ", drop);
	nft_ports(conf, out);
	buf_printf(out, "%s\n\t}\n}\n", drop);
}

static void
nft_front(const struct conf *conf, struct buf *out)
{
	buf_text(out, "\n# SMTP of peers goes by lsrd-front (lsrd-front(8)).\n"
		      "table inet lsrd_front\ndelete table inet lsrd_front\n\n"
		      "table inet lsrd_front {\n");
	nft_sets(&conf->setup, out);
	buf_printf(out,
	    "\tchain to_front {\n\t\ttype nat hook prerouting priority "
	    "dstnat; policy accept;\n"
	    "\t\tip saddr @peers4 tcp dport 25 redirect to :%d\n"
	    "\t\tip6 saddr @peers6 tcp dport 25 redirect to :%d\n\t}\n"
	    "\tchain only_sent {\n\t\ttype filter hook input priority "
	    "filter; policy accept;\n"
	    "\t\ttcp dport %d ct status & dnat == 0 reject with tcp "
	    "reset\n\t}\n}\n",
	    FRONT_PORT, FRONT_PORT, FRONT_PORT);
}

void
ports_nft(const struct conf *conf, struct buf *out)
{
	buf_text(out, "#!/usr/sbin/nft -f\n");
	nft_peers(conf, out);
	if (conf->front_socket != NULL)
		nft_front(conf, out);
}
