#include "io/own.h"

#include <ifaddrs.h>

#include "sys/sock.h"

static void
add_own_address(struct plugin_setup *setup, const struct addr *addr)
{
	for (size_t i = 0; i < setup->nown; i++)
		if (addr_equal(&setup->own[i], addr))
			return;
	if (setup->nown < PLUGIN_OWN_MAX)
		setup->own[setup->nown++] = *addr;
}

static void
add_interface(struct plugin_setup *setup, const struct sockaddr *sa)
{
	struct addr addr = { 0 };

	if (sa != NULL)
		addr = sock_addr(sa);
	if (addr.family != 0 && !addr_is_loopback(&addr))
		add_own_address(setup, &addr);
}

void
own_find(struct plugin_setup *setup, const struct setup *core)
{
	struct ifaddrs *list;

	for (size_t i = 0; i < core->announced.nsmtp; i++)
		add_own_address(setup, &core->announced.smtp[i]);
	for (size_t i = 0; i < core->announced.nlisten && !core->lab; i++)
		add_own_address(setup, &core->announced.listen[i]);
	if (core->lab || getifaddrs(&list) != 0)
		return;
	for (const struct ifaddrs *a = list; a != NULL; a = a->ifa_next)
		add_interface(setup, a->ifa_addr);
	freeifaddrs(list);
}
