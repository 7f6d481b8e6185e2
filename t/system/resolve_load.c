/*
 * resolve_load.c - asks a running trivial-rewrite(8) over its private
 * socket, as smtpd and qmgr do, and measures how long each answer takes.
 *
 *     resolve_load SOCKET ADDRESS              prints `transport:nexthop`
 *     resolve_load SOCKET load SECONDS N PAUSE lookups of u@d00000.example
 *         to the N-th, PAUSE us between two; prints the figures, in us
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct answer {
	char transport[64];
	char nexthop[2048];
};

static int
dial(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

/* Reads attributes until the empty name; the values one after the other. */
static int
read_record(int fd, char values[8][2048])
{
	int n = 0;

	for (;;) {
		char text[2048];
		size_t len = 0;

		for (int which = 0; which < 2; which++) {
			len = 0;
			do {
				if (len == sizeof(text) ||
				    read(fd, text + len, 1) != 1)
					return -1;
			} while (text[len++] != '\0');
			if (which == 0 && len == 1)
				return n;
		}
		if (n < 8)
			memcpy(values[n++], text, len);
	}
}

static size_t
put(char *to, const char *text)
{
	memcpy(to, text, strlen(text) + 1);
	return strlen(text) + 1;
}

/* False when the server wants us to come again. */
static int
resolve(int fd, const char *address, struct answer *answer)
{
	char ask[1024], values[8][2048];
	size_t n = 0;

	n += put(ask + n, "request");
	n += put(ask + n, "resolve");
	n += put(ask + n, "sender");
	n += put(ask + n, "");
	n += put(ask + n, "address");
	n += put(ask + n, address);
	ask[n++] = '\0';
	if (write(fd, ask, n) != (ssize_t)n || read_record(fd, values) != 5)
		return 0;
	snprintf(
	    answer->transport, sizeof(answer->transport), "%.60s", values[1]);
	snprintf(answer->nexthop, sizeof(answer->nexthop), "%s", values[2]);
	return values[0][0] == '0';
}

static int
begin(const char *path)
{
	char values[8][2048];
	int fd = dial(path);

	read_record(fd, values); /* the protocol's name */
	return fd;
}

static unsigned long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long)t.tv_sec * 1000000 +
	       (unsigned long)t.tv_nsec / 1000;
}

/* A process beside us that does nothing: how late it was at most, in steps of
 * five milliseconds, is how long the machine itself stood still. */
static pid_t
idle(unsigned long *latest)
{
	pid_t pid = fork();

	while (pid == 0) {
		unsigned long since = now_us(), late;

		usleep(5000);
		late = now_us() - since - 5000;
		*latest = late > *latest ? late : *latest;
	}
	return pid;
}

static int
by_size(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static void
load(const char *path, int seconds, int ndomains, unsigned pause_us)
{
	size_t room = 4000000, n = 0;
	unsigned long *took = calloc(room, sizeof(*took));
	unsigned long end = now_us() + (unsigned long)seconds * 1000000;
	unsigned long *latest = mmap(NULL, sizeof(*latest),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t beside = idle(latest);
	struct answer answer;
	int fd = begin(path);
	size_t bad = 0;

	while (now_us() < end && n < room) {
		char address[64];
		unsigned long since = now_us();

		snprintf(address, sizeof(address), "u@d%05d.example",
		    (int)(n % (size_t)ndomains));
		if (!resolve(fd, address, &answer)) {
			close(fd);
			fd = begin(path);
		}
		took[n++] = now_us() - since;
		bad += strcmp(answer.transport, "lsrd") != 0;
		if (pause_us > 0)
			usleep(pause_us);
	}
	close(fd);
	kill(beside, SIGKILL);
	waitpid(beside, NULL, 0);
	qsort(took, n, sizeof(*took), by_size);
	printf("lookups=%zu bad=%zu p50=%lu p99=%lu p999=%lu max=%lu "
	       "stood=%lu\n",
	    n, bad, took[n / 2], took[n * 99 / 100], took[n * 999 / 1000],
	    took[n - 1], *latest);
	free(took);
}

int
main(int argc, char **argv)
{
	struct answer answer = { "?", "?" };
	int fd;

	if (argc == 6 && strcmp(argv[2], "load") == 0) {
		load(argv[1], atoi(argv[3]), atoi(argv[4]),
		    (unsigned)atoi(argv[5]));
		return 0;
	}
	if (argc != 3)
		return 64;
	fd = begin(argv[1]);
	resolve(fd, argv[2], &answer);
	printf("%s:%s\n", answer.transport, answer.nexthop);
	close(fd);
	return 0;
}
