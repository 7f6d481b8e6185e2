#include "io/servers.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/vec.h"
#include "io/store_file.h"

struct addresses {
	VEC(struct addr) list;
};

static void
servers_add(struct addresses *to, const struct addr *addr)
{
	if (addr->family == 0)
		return;
	for (size_t i = 0; i < to->list.n; i++)
		if (addr_same_ip(&to->list.v[i], addr))
			return;
	vec_push(&to->list, *addr);
}

static void
servers_collect(struct addresses *to, const struct setup *setup)
{
	for (size_t i = 0; i < setup->npeers; i++)
		for (size_t k = 0; k < setup->peers[i].naddrs; k++)
			servers_add(to, &setup->peers[i].addrs[k]);
	for (size_t i = 0; i < setup->nconnectors; i++) {
		const struct setup_connector *c = &setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++) {
			const struct setup_bridgehead *b = &c->bridgeheads[k];

			for (size_t m = 0; m < b->nsmtp; m++)
				servers_add(to, &b->smtp[m]);
			servers_add(to, &b->verb);
		}
	}
}

static bool
is_same(const char *directory, const char *name, const struct buf *text)
{
	uint8_t *octets;
	size_t n;
	bool same = store_file_read(directory, name, &octets, &n) == RC_OK &&
	            n == text->n && memcmp(octets, text->p, n) == 0;

	mem_free(octets);
	return same;
}

/* Everybody may read it, as the other tables. */
static int
open_to_all(const char *directory, const char *name)
{
	struct buf b = { 0 };
	char *path;
	int rc;

	buf_printf(&b, "%s/%s", directory, name);
	path = buf_string(&b);
	rc = chmod(path, 0644) == 0 ? RC_OK : RC_IO;
	mem_free(path);
	return rc;
}

static void
servers_text(struct buf *out, const char *mta, const struct setup *setup)
{
	struct addresses found = { { 0 } };
	char ip[ADDR_TEXT];

	buf_printf(out,
	    "# Own servers that may send on by this one: peers and bridgeheads "
	    "of lsrd.conf.\n# lsrd writes this; see lsrd-%s(7).\n",
	    mta);
	servers_collect(&found, setup);
	for (size_t i = 0; i < found.list.n; i++)
		buf_printf(out, "%s%s\n", addr_ip_text(&found.list.v[i], ip),
		    strcmp(mta, "exim") == 0 ? "" : " permit");
	vec_done(&found.list);
}

static int
servers_put(const char *directory, const char *name, const struct buf *text)
{
	int rc;

	if (is_same(directory, name, text))
		return RC_OK;
	rc = store_file_write(directory, name, text->p, text->n);
	return rc == RC_OK ? open_to_all(directory, name) : rc;
}

void
servers_write(const struct conf *conf, struct sink *sink)
{
	const char *mtas[CONF_MTAS];
	size_t n = conf_mtas(conf, mtas);

	for (size_t i = 0; i < n; i++) {
		const char *tables = conf_tables(conf, mtas[i]);
		const char *name = setup_servers(mtas[i]);
		struct buf text = { 0 };

		servers_text(&text, mtas[i], &conf->setup);
		if (servers_put(tables, name, &text) != RC_OK)
			sink_say(sink, SINK_WARNING, "servers-table",
			    "path=%s/%s, error=%s", tables, name,
			    strerror(errno));
		buf_done(&text);
	}
}
