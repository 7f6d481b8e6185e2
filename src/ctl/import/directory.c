#include "ctl/import/directory.h"

#include <ldap.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "ctl/import/handshake.h"
#include "ctl/import/ldif_file.h"
#include "ctl/value.h"
#include "sys/file.h"

#define PAGE 100
#define PASSWORD_MAX 1024
#define SECONDS 30
#define SECONDS_MAX 3600

struct asking {
	const struct call *call;
	const struct directory_search *search;
	struct import *im;
	struct entries *out;
	const char *uri;
	LDAP *ld;
	struct timeval patience;
	char *base;
};

static int
ldap_refuse(const struct asking *a, const char *what, int rc)
{
	char *why = NULL;

	ldap_get_option(a->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &why);
	(void)call_usage("%s: %s: %s%s%s", a->uri, what, ldap_err2string(rc),
	    why != NULL && *why != '\0' ? ": " : "", why != NULL ? why : "");
	ldap_memfree(why);
	return CALL_USAGE;
}

static bool
is_secret_uri(const char *uri)
{
	return strncmp(uri, "ldaps://", 8) == 0 ||
	       strncmp(uri, "ldapi://", 8) == 0;
}

/* Where what is set here counts, and not what stands in ldap.conf. */
static int
options_set(struct asking *a)
{
	const char *ca = call_option(a->call, "ca");
	const int version = LDAP_VERSION3, never = LDAP_DEREF_NEVER;
	const int demand = LDAP_OPT_X_TLS_DEMAND, fresh = 0;
	const int least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	const int seconds = (int)a->patience.tv_sec;
	bool follow = call_has(a->call, "referrals");
	bool good =
	    ldap_set_option(a->ld, LDAP_OPT_PROTOCOL_VERSION, &version) == 0 &&
	    ldap_set_option(a->ld, LDAP_OPT_REFERRALS,
		follow ? LDAP_OPT_ON : LDAP_OPT_OFF) == 0 &&
	    ldap_set_option(a->ld, LDAP_OPT_DEREF, &never) == 0 &&
	    ldap_set_option(a->ld, LDAP_OPT_RESTART, LDAP_OPT_ON) == 0 &&
	    ldap_set_option(a->ld, LDAP_OPT_TIMEOUT, &a->patience) == 0 &&
	    ldap_set_option(a->ld, LDAP_OPT_NETWORK_TIMEOUT, &a->patience) ==
		0 &&
	    ldap_set_option(a->ld, LDAP_OPT_TIMELIMIT, &seconds) == 0 &&
	    ldap_set_option(a->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == 0 &&
	    ldap_set_option(a->ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least) == 0 &&
	    (ca == NULL ||
		ldap_set_option(a->ld, LDAP_OPT_X_TLS_CACERTFILE, ca) == 0) &&
	    ldap_set_option(a->ld, LDAP_OPT_X_TLS_NEWCTX, &fresh) == 0;

	if (good)
		return CALL_OK;
	return call_usage("%s: libldap refuses what is asked of it%s%s", a->uri,
	    ca == NULL ? "" : "; see --ca ", ca == NULL ? "" : ca);
}

/* A file that nobody else reads; the last line feed is none of it. */
static int
password_read(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0)
			file_close(fd);
		return call_usage("%s: %s", path, strerror(errno));
	}
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		close(fd);
		return call_usage(
		    "%s: others may read it: chmod 600 %s", path, path);
	}
	rc = file_take(fd, PASSWORD_MAX, out);
	close(fd);
	while (out->n > 0 && strchr("\r\n", out->p[out->n - 1]) != NULL)
		out->n--;
	if (rc != RC_OK || out->n == 0)
		return call_usage(
		    "%s: no password of at most %d octets", path, PASSWORD_MAX);
	return CALL_OK;
}

static int
bind_simple(struct asking *a, const char *dn)
{
	const char *file = call_option(a->call, "password-file");
	struct buf password = { 0 };
	struct berval cred;
	int status, rc;

	if (file == NULL)
		return call_usage("--bind goes with --password-file");
	if (call_has(a->call, "referrals"))
		return call_usage("--referrals: not with a password");
	status = password_read(file, &password);
	if (status == CALL_OK) {
		cred.bv_len = password.n;
		cred.bv_val = (char *)password.p;
		rc = ldap_sasl_bind_s(
		    a->ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
		if (rc != LDAP_SUCCESS)
			status = ldap_refuse(a, dn, rc);
	}
	if (password.n > 0)
		explicit_bzero(password.p, password.n);
	buf_done(&password);
	return status;
}

/* Nothing is asked of anybody: the ticket says it, or it is refused. */
static int
on_interaction(LDAP *ld, unsigned flags, void *defaults, void *interact)
{
	(void)ld;
	(void)flags;
	(void)defaults;
	(void)interact;
	return LDAP_SUCCESS;
}

/* What an administrator does about it; the reason itself is Kerberos' own. */
static const char *
gssapi_remedy(int rc)
{
	switch (rc) {
	case LDAP_AUTH_UNKNOWN:
		return "does the directory offer it, and is SASL's module "
		       "installed here (libsasl2-modules-gssapi-mit)?";
	case LDAP_LOCAL_ERROR:
	case LDAP_INVALID_CREDENTIALS:
		return "klist tells which ticket is there, kinit gets one; "
		       "/etc/krb5.conf says of which realm a host is, which "
		       "has to know ldap/HOST as the address names it";
	default:
		return NULL;
	}
}

static int
gssapi_refuse(const struct asking *a, int rc)
{
	const char *remedy = gssapi_remedy(rc);

	(void)ldap_refuse(a, "GSSAPI", rc);
	if (remedy != NULL)
		(void)call_usage("%s: GSSAPI: %s", a->uri, remedy);
	return CALL_USAGE;
}

/*
 * The ticket is for the name that was asked for, not for one that reverse DNS
 * makes of its address: else DNS would say who is believed. What is read is
 * sealed once, by TLS or by Kerberos: Active Directory takes no second seal.
 */
static int
bind_gssapi(struct asking *a)
{
	const bool tls = is_secret_uri(a->uri) || call_has(a->call, "starttls");
	const ber_len_t least = tls ? 0 : 1, none = 0;
	int rc = LDAP_OPERATIONS_ERROR;

	if (ldap_set_option(a->ld, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON) == 0 &&
	    ldap_set_option(a->ld, LDAP_OPT_X_SASL_SSF_MIN, &least) == 0 &&
	    (!tls ||
		ldap_set_option(a->ld, LDAP_OPT_X_SASL_SSF_MAX, &none) == 0))
		rc = ldap_sasl_interactive_bind_s(a->ld, NULL, "GSSAPI", NULL,
		    NULL, LDAP_SASL_QUIET, on_interaction, NULL);
	return rc == LDAP_SUCCESS ? CALL_OK : gssapi_refuse(a, rc);
}

static int
asking_bind(struct asking *a)
{
	const char *dn = call_option(a->call, "bind");
	bool starttls = call_has(a->call, "starttls") ||
	                (dn != NULL && !is_secret_uri(a->uri));
	int rc = LDAP_SUCCESS;

	if (dn != NULL && call_has(a->call, "gssapi"))
		return call_usage("--bind and --gssapi: one of them");
	if (starttls || is_secret_uri(a->uri))
		rc = handshake(a->ld, starttls, (unsigned)a->patience.tv_sec);
	if (rc != LDAP_SUCCESS)
		return ldap_refuse(
		    a, starttls ? "StartTLS" : "cannot be asked", rc);
	if (dn != NULL)
		return bind_simple(a, dn);
	return call_has(a->call, "gssapi") ? bind_gssapi(a) : CALL_OK;
}

static void
message_values(struct asking *a, LDAPMessage *message, struct entry *entry)
{
	BerElement *at = NULL;
	char *name = ldap_first_attribute(a->ld, message, &at);

	while (name != NULL) {
		struct berval **values =
		    ldap_get_values_len(a->ld, message, name);

		if (strstr(name, ";range=") != NULL &&
		    strchr(name, '*') == NULL)
			import_note(a->im, entry->where,
			    "have the directory answer with all values",
			    "of %s there are more values than were sent", name);
		for (size_t i = 0; values != NULL && values[i] != NULL; i++) {
			const struct entry_value value = { name,
				values[i]->bv_val, values[i]->bv_len };

			entries_value(a->out, a->im, entry, &value);
		}
		ldap_value_free_len(values);
		ldap_memfree(name);
		name = ldap_next_attribute(a->ld, message, at);
	}
	ber_free(at, 0);
}

static void
message_entry(struct asking *a, LDAPMessage *message)
{
	char *dn = ldap_get_dn(a->ld, message);
	struct entry *entry = dn == NULL ? NULL : entries_add(a->out, dn, NULL);

	if (entry != NULL)
		message_values(a, message, entry);
	ldap_memfree(dn);
}

/* Elsewhere the directory goes on; whoever is named there is not asked. */
static void
message_reference(struct asking *a, LDAPMessage *message)
{
	char **referrals = NULL;

	if (ldap_parse_reference(a->ld, message, &referrals, NULL, 0) ==
		LDAP_SUCCESS &&
	    referrals != NULL)
		import_note(a->im, a->uri,
		    "import from there as well, or say --referrals",
		    "a part of it is at %.200s", referrals[0]);
	ldap_memvfree((void **)referrals);
}

/* A page's entries, and the cookie of the next one in *cookie. */
static int
page_take(struct asking *a, LDAPMessage *result, struct berval *cookie)
{
	LDAPControl **controls = NULL, *control;
	int rc, error = 0, count = 0;

	for (LDAPMessage *m = ldap_first_message(a->ld, result); m != NULL;
	     m = ldap_next_message(a->ld, m)) {
		if (ldap_msgtype(m) == LDAP_RES_SEARCH_ENTRY)
			message_entry(a, m);
		else if (ldap_msgtype(m) == LDAP_RES_SEARCH_REFERENCE)
			message_reference(a, m);
	}
	rc = ldap_parse_result(
	    a->ld, result, &error, NULL, NULL, NULL, &controls, 0);
	ber_memfree(cookie->bv_val);
	*cookie = (struct berval){ 0, NULL };
	control =
	    rc != LDAP_SUCCESS || controls == NULL
		? NULL
		: ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	if (control != NULL)
		(void)ldap_parse_pageresponse_control(
		    a->ld, control, &count, cookie);
	ldap_controls_free(controls);
	return rc == LDAP_SUCCESS ? error : rc;
}

static int
page_ask(struct asking *a, struct berval *cookie)
{
	LDAPControl *page = NULL, *controls[2] = { NULL, NULL };
	LDAPMessage *result = NULL;
	int rc = ldap_create_page_control(a->ld, PAGE, cookie, 0, &page);

	if (rc != LDAP_SUCCESS)
		return rc;
	controls[0] = page;
	rc = ldap_search_ext_s(a->ld, a->base, LDAP_SCOPE_SUBTREE,
	    a->search->filter, (char **)(uintptr_t)a->search->attributes, 0,
	    controls, NULL, &a->patience, ENTRIES_MOST, &result);
	ldap_control_free(page);
	if (result != NULL) {
		int said = page_take(a, result, cookie);

		rc = rc == LDAP_SUCCESS ? said : rc;
	}
	ldap_msgfree(result);
	return rc;
}

static int
asking_search(struct asking *a)
{
	struct berval cookie = { 0, NULL };
	int rc;

	do
		rc = page_ask(a, &cookie);
	while (rc == LDAP_SUCCESS && cookie.bv_len > 0 && !a->out->full);
	ber_memfree(cookie.bv_val);
	if (rc == LDAP_REFERRAL)
		return call_usage("%s: %s is elsewhere, by a referral: ask "
				  "there, or say --referrals",
		    a->uri, a->base);
	if (rc != LDAP_SUCCESS)
		return ldap_refuse(a, a->base, rc);
	if (a->out->full)
		return call_usage("%s: more than %d entries, or too much in "
				  "them: say --base",
		    a->uri, ENTRIES_MOST);
	return CALL_OK;
}

/* What the root entry says of it. */
static int
base_ask(struct asking *a)
{
	char *names[] = { (char *)(uintptr_t)a->search->context, NULL };
	LDAPMessage *result = NULL;
	struct berval **values = NULL;
	int rc = ldap_search_ext_s(a->ld, "", LDAP_SCOPE_BASE,
	    "(objectClass=*)", names, 0, NULL, NULL, &a->patience, 1, &result);
	LDAPMessage *entry =
	    rc == LDAP_SUCCESS ? ldap_first_entry(a->ld, result) : NULL;

	if (entry != NULL)
		values = ldap_get_values_len(a->ld, entry, names[0]);
	if (values != NULL && values[0] != NULL)
		a->base = mem_dup(values[0]->bv_val, values[0]->bv_len);
	ldap_value_free_len(values);
	ldap_msgfree(result);
	if (rc != LDAP_SUCCESS)
		return ldap_refuse(a, "cannot be asked", rc);
	if (a->base == NULL)
		return call_usage(
		    "%s: has no %s: say --base", a->uri, a->search->context);
	return CALL_OK;
}

static int
asking_run(struct asking *a)
{
	int status = options_set(a);

	if (status == CALL_OK)
		status = asking_bind(a);
	if (status == CALL_OK && a->base == NULL)
		status = base_ask(a);
	if (status == CALL_OK)
		status = asking_search(a);
	return status;
}

static int
server_load(struct asking *a)
{
	const char *seconds = call_option(a->call, "timeout");
	uint64_t n = SECONDS;
	int status, rc;

	if (seconds != NULL &&
	    (!value_number(seconds, SECONDS_MAX, &n) || n == 0))
		return call_usage("--timeout %s: seconds, from 1 to %d",
		    seconds, SECONDS_MAX);
	a->patience.tv_sec = (time_t)n;
	rc = ldap_initialize(&a->ld, a->uri);
	if (rc != LDAP_SUCCESS)
		return call_usage("%s: %s", a->uri, ldap_err2string(rc));
	a->base = mem_str(call_option(a->call, "base"));
	status = asking_run(a);
	(void)ldap_unbind_ext_s(a->ld, NULL, NULL);
	mem_free(a->base);
	return status;
}

int
directory_load(const struct call *call, const struct directory_search *search,
    struct import *im, struct entries *out)
{
	struct asking a = { call, search, im, out, call->operands[0], NULL,
		{ 0 }, NULL };
	int status = strstr(a.uri, "://") == NULL
	                 ? ldif_file_load(a.uri, im, out)
	                 : server_load(&a);

	if (status == CALL_OK)
		entries_sort(out, im);
	return status;
}
