#include "sys/sock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#define SOCK_BACKLOG 512
#define SOCK_UNSENT 65536          /* octets the kernel may keep unsent */
#define SOCK_USER_TIMEOUT_MS 15000 /* sent and not acknowledged for so long */
#define SOCK_IDLE_S 30

socklen_t
sock_of_addr(const struct addr *addr, struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	memset(out, 0, sizeof(*out));
	if (addr->family == 4) {
		in.sin_port = htons(addr->port);
		memcpy(&in.sin_addr, addr->ip, 4);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	if (addr->family != 6)
		return 0;
	in6.sin6_port = htons(addr->port);
	memcpy(&in6.sin6_addr, addr->ip, 16);
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

struct addr
sock_addr(const struct sockaddr *sa)
{
	struct addr addr = { 0 };
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		addr.family = 4;
		addr.port = ntohs(in.sin_port);
		memcpy(addr.ip, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		addr.port = ntohs(in6.sin6_port);
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
			addr.family = 4;
			memcpy(addr.ip, in6.sin6_addr.s6_addr + 12, 4);
		} else {
			addr.family = 6;
			memcpy(addr.ip, &in6.sin6_addr, 16);
		}
	}
	return addr;
}

void
sock_room(uint64_t most)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= most)
		return;
	limit.rlim_cur = limit.rlim_max < most ? limit.rlim_max : most;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int
sock_new(const struct addr *addr)
{
	return socket(addr->family == 6 ? AF_INET6 : AF_INET,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
}

static void
sock_set(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* close() that leaves errno alone. */
static int
sock_give_up(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

int
sock_listen(const struct addr *addr)
{
	struct sockaddr_storage sa;
	socklen_t n = sock_of_addr(addr, &sa);
	int fd = sock_new(addr);

	if (fd < 0)
		return -1;
	sock_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (addr->family == 6)
		sock_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (bind(fd, (struct sockaddr *)&sa, n) != 0 ||
	    listen(fd, SOCK_BACKLOG) != 0)
		return sock_give_up(fd);
	return fd;
}

static void
come_from(int fd, const struct addr *source)
{
	struct addr any_port = *source;
	struct sockaddr_storage sa;
	socklen_t n;

	any_port.port = 0;
	n = sock_of_addr(&any_port, &sa);
	sock_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	(void)bind(fd, (struct sockaddr *)&sa, n);
}

/* A datagram socket needs an address of ours as well, and no port of theirs. */
static bool
has_source(const struct addr *to)
{
	struct sockaddr_storage sa;
	socklen_t n = sock_of_addr(to, &sa);
	int fd = socket(
	    to->family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has = fd < 0 || connect(fd, (struct sockaddr *)&sa, n) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

/* The kernel has one word for two wants: no port that is free, and, where a
 * family is switched off, no address. */
static int
sock_no_address(int fd, const struct addr *to)
{
	close(fd);
	errno = has_source(to) ? EADDRNOTAVAIL : ENETUNREACH;
	return -1;
}

int
sock_connect(const struct addr *to, const struct addr *source)
{
	struct sockaddr_storage sa;
	socklen_t n = sock_of_addr(to, &sa);
	int fd;

	if (n == 0) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	fd = sock_new(to);
	if (fd < 0)
		return -1;
	if (source != NULL && source->family == to->family)
		come_from(fd, source);
	if (connect(fd, (struct sockaddr *)&sa, n) == 0 || errno == EINPROGRESS)
		return fd;
	return errno == EADDRNOTAVAIL ? sock_no_address(fd, to)
	                              : sock_give_up(fd);
}

int
sock_error(int fd)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		return errno;
	return error;
}

const char *
sock_reason(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "refused";
	case ECONNRESET:
	case EPIPE:
		return "reset";
	case ETIMEDOUT:
		return "timeout";
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
		return "unreachable";
	case EACCES:
	case EPERM:
		return "forbidden";
	case EMFILE:
	case ENFILE:
		return "no-descriptors";
	default:
		return "system";
	}
}

void
sock_tune(int fd)
{
	sock_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	sock_set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, SOCK_UNSENT);
	sock_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	sock_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, SOCK_IDLE_S);
	sock_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, SOCK_USER_TIMEOUT_MS);
}

uint32_t
sock_round_trip(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0
	           ? info.tcpi_rtt
	           : 0;
}
