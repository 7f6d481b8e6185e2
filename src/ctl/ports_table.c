/*
 * ports_table.c - what is known of the ports of a mail site.
 *
 * IANA is its registry of service names and port numbers; Microsoft are its
 * published lists of the ports of Exchange 5.5, 2000 and 2003 (articles
 * 176466, 278339 and 832017 of its knowledge base, and the Exchange 2003
 * guide to RPC over HTTP), where a port serves another end than the registry
 * says or the registry says less. The words are ours.
 */

#include "ctl/ports.h"

#define IANA "IANA"
#define MICROSOFT "Microsoft"

/* clang-format off */
const struct ports_row ports_table[] = {
	{ 25, "smtp", "mail between servers", PORTS_PUBLIC, IANA },
	{ 53, "domain", "DNS", PORTS_ORGANIZATION, IANA },
	{ 80, "http", "web mail, certificates' proof", PORTS_PUBLIC, IANA },
	{ 102, "iso-tsap", "X.400 over TCP (RFC 1006)", PORTS_ORGANIZATION, IANA },
	{ 110, "pop3", "mailboxes, in the clear", PORTS_ORGANIZATION, IANA },
	{ 119, "nntp", "public folders as news", PORTS_ORGANIZATION, IANA },
	{ 135, "epmap", "RPC: who has which port", PORTS_ORGANIZATION, IANA },
	{ 143, "imap", "mailboxes, in the clear", PORTS_ORGANIZATION, IANA },
	{ 379, "srs-ldap", "Exchange: site replication", PORTS_ORGANIZATION, MICROSOFT },
	{ 389, "ldap", "directory", PORTS_ORGANIZATION, IANA },
	{ 390, "ldap-alt", "Exchange 5.5: LDAP beside AD", PORTS_ORGANIZATION, MICROSOFT },
	{ 443, "https", "web mail, RPC over HTTP", PORTS_PUBLIC, IANA },
	{ 465, "submissions", "users' mail by TLS (RFC 8314)", PORTS_PUBLIC, IANA },
	{ 522, "ulp", "NetMeeting: who is where", PORTS_ORGANIZATION, IANA },
	{ 563, "nntps", "news by TLS", PORTS_ORGANIZATION, IANA },
	{ 587, "submission", "users' mail (RFC 6409)", PORTS_PUBLIC, IANA },
	{ 636, "ldaps", "directory by TLS", PORTS_ORGANIZATION, IANA },
	{ 691, "msexch-routing", "link state: lsrd, Exchange", PORTS_ORGANIZATION, IANA },
	{ 993, "imaps", "mailboxes by TLS", PORTS_PUBLIC, IANA },
	{ 994, "ircs", "Exchange chat by TLS", PORTS_ORGANIZATION, IANA },
	{ 995, "pop3s", "mailboxes by TLS", PORTS_PUBLIC, IANA },
	{ 1503, "imtc-mcs", "T.120 conferences", PORTS_ORGANIZATION, IANA },
	{ 1720, "h323hostcall", "H.323 calls", PORTS_ORGANIZATION, IANA },
	{ 1731, "msiccp", "NetMeeting: audio calls", PORTS_ORGANIZATION, IANA },
	{ 2500, "lsrd-front", "lsrd-front, behind a redirect", PORTS_HOST, "lsrd-front(8)" },
	{ 3268, "msft-gc", "global catalog", PORTS_ORGANIZATION, IANA },
	{ 3269, "msft-gc-ssl", "global catalog by TLS", PORTS_ORGANIZATION, IANA },
	{ 6001, "rpc-http", "Exchange store, RPC proxy alone", PORTS_ORGANIZATION, MICROSOFT },
	{ 6002, "rpc-http", "Exchange referral, the same", PORTS_ORGANIZATION, MICROSOFT },
	{ 6003, "x11", "reserved beside these; else X11", PORTS_ORGANIZATION, IANA },
	{ 6004, "rpc-http", "Exchange directory, the same", PORTS_ORGANIZATION, MICROSOFT },
	{ 6667, "ircu", "Exchange chat", PORTS_ORGANIZATION, IANA },
	{ 7000, "chat-server", "Exchange chat between servers", PORTS_ORGANIZATION, MICROSOFT },
	{ 8691, "lsrd-map", "the organization's map", PORTS_HOST, "lsrd-map(8)" },
	{ 0, NULL, NULL, PORTS_PUBLIC, NULL },
};
/* clang-format on */

const char ports_dynamic[] =
    "Exchange's RPC services take ports above 1024 as they start (49152 and "
    "above since Windows Server 2008), which 135 tells to whoever asks: fix "
    "them in the registry, or let none of 1024 to 65535 in from outside.";

const char *
ports_reach_word(enum ports_reach reach)
{
	static const char *const words[] = { "public", "organization", "host" };

	return words[reach];
}
