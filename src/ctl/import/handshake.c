#include "ctl/import/handshake.h"

#include <ldap.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct watch {
	unsigned seconds;
	pid_t child; /* or 0 */
};

/* Whether its time was over. */
static bool
watch_end(struct watch *w)
{
	int status = 0;

	if (w->child <= 0)
		return false;
	kill(w->child, SIGKILL);
	while (waitpid(w->child, &status, 0) < 0)
		continue;
	w->child = 0;
	return WIFEXITED(status);
}

static int
watch_connected(LDAP *ld, Sockbuf *sb, LDAPURLDesc *url,
    struct sockaddr *address, struct ldap_conncb *to)
{
	struct watch *w = to->lc_arg;
	int fd = -1;

	(void)ld;
	(void)url;
	(void)address;
	(void)watch_end(w);
	if (ber_sockbuf_ctrl(sb, LBER_SB_OPT_GET_FD, &fd) != 1)
		return 0;
	w->child = fork();
	if (w->child != 0)
		return 0;
	while (sleep(w->seconds) > 0)
		continue;
	shutdown(fd, SHUT_RDWR);
	_exit(0);
}

static void
watch_closed(LDAP *ld, Sockbuf *sb, struct ldap_conncb *to)
{
	(void)ld;
	(void)sb;
	(void)to;
}

int
handshake(struct ldap *ld, bool starttls, unsigned seconds)
{
	struct watch w = { seconds, 0 };
	struct ldap_conncb to = { watch_connected, watch_closed, &w };
	int rc = ldap_set_option(ld, LDAP_OPT_CONNECT_CB, &to);

	if (rc == LDAP_SUCCESS)
		rc = starttls ? ldap_start_tls_s(ld, NULL, NULL)
		              : ldap_connect(ld);
	/* asked for, it is taken off */
	(void)ldap_get_option(ld, LDAP_OPT_CONNECT_CB, &to);
	if (watch_end(&w))
		rc = LDAP_TIMEOUT;
	return rc;
}
