/*
 * ad.h - `lsrctl import ad`: sites, site links and subnets of Active Directory,
 * and the objects of Exchange, whichever there are.
 *
 * A routing group is a site, or where Exchange 2000 or 2003 has its own, that
 * one. Servers are those of Exchange; those of --hosts, which a subnet puts into
 * a site; and where there are neither, the servers that stand in the sites.
 */

#ifndef CTL_IMPORT_AD_H
#define CTL_IMPORT_AD_H

#include "ctl/import/entry.h"
#include "ctl/import/hosts.h"
#include "ctl/verbs.h"

extern const struct verb_option import_ad_options[];

int import_ad(const struct call *call);

/* A site or a routing group. */
struct ad_group {
	const struct entry *entry; /* lent */
	char *word;
	VEC(size_t) servers; /* in the import's list */
	VEC(size_t) bridgeheads;
};

struct ad {
	struct import *im;
	const struct import_hosts *hosts;
	const struct entries *entries;
	VEC(struct ad_group) groups;
	bool any_time; /* schedules of site links do not count */
	VEC(char *)
	names; /* of Exchange servers, as their entries are called */
	VEC(size_t) numbers; /* and who they are */
};

/* By the name of its entry, as an attribute has it; NULL: there is none. */
struct ad_group *ad_group(const struct ad *ad, const char *dn);

/* The server that this is, or in which it is; SIZE_MAX: none. */
size_t ad_server(const struct ad *ad, const char *dn);

/* One server more of a group, which may be NULL. SIZE_MAX after a note. */
size_t ad_server_add(struct ad *ad, const struct entry *entry, const char *name,
    struct ad_group *group);

/* From each bridgehead of the one to those of the other. */
struct ad_link {
	const struct entry *entry;
	const char *name;
	uint32_t cost;
	uint64_t most;        /* octets; 0: any */
	const char *schedule; /* NULL: always */
	bool never;
	const struct policy *senders; /* its allow and deny; NULL: none */
};
void ad_connect(struct ad *ad, const struct ad_link *link,
    const struct ad_group *from, const struct ad_group *to);

/* What an entry says of cost, size and time. */
uint32_t ad_cost(struct ad *ad, const struct entry *entry, uint32_t otherwise);
uint64_t ad_most(struct ad *ad, const struct entry *entry);

/*
 * When it is open by this attribute, as a schedule of lsrd.conf (the caller's).
 * NULL: always, after a note where it cannot be said; or *never.
 */
char *ad_week(
    struct ad *ad, const struct entry *entry, const char *name, bool *never);

/* ad_links.c: connectors of the site links, when all servers are known. */
void ad_links_take(struct ad *ad);

/* ad_exchange.c: servers, before the others; then connectors and spaces. */
void ad_exchange_servers(struct ad *ad);
void ad_exchange_connectors(struct ad *ad);

#endif
