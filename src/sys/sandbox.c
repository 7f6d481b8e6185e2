#include "sys/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/rc.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0 /* the unit's filter alone */
#endif

#define REFUSE (SECCOMP_RET_ERRNO | EPERM)
#define LOAD(field)                                                            \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define NOT(call)                                                              \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                 \
	    BPF_STMT(BPF_RET | BPF_K, REFUSE)

static const struct sock_filter calls[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, REFUSE), /* another table of numbers */
	LOAD(nr),
	NOT(execve),
	NOT(execveat),
	NOT(mount),
	NOT(umount2),
	NOT(pivot_root),
	NOT(chroot),
	NOT(unshare),
	NOT(setns),
	NOT(init_module),
	NOT(finit_module),
	NOT(delete_module),
	NOT(kexec_load),
	NOT(bpf),
	NOT(perf_event_open),
	NOT(process_vm_writev),
	NOT(add_key),
	NOT(request_key),
	NOT(keyctl),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

int
sandbox_drop(const char *user)
{
	const struct passwd *pw;

	if (geteuid() != 0)
		return RC_OK;
	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL) /* getpwnam(3) knows four ways to say so */
		return errno == 0 || errno == ENOENT || errno == ESRCH ||
		               errno == EPERM
		           ? RC_NONE
		           : RC_IO;
	if (pw->pw_uid == 0)
		return RC_STATE;
	if (initgroups(user, pw->pw_gid) != 0 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return RC_IO;
	if (setuid(0) != 0)
		return RC_OK;
	errno = EPERM;
	return RC_IO;
}

int
sandbox_seal(void)
{
	const struct sock_fprog program = {
		.len = sizeof(calls) / sizeof(calls[0]),
		.filter = (struct sock_filter *)(uintptr_t)calls,
	};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return RC_IO;
	if (ARCH == 0)
		return RC_OK;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0 &&
	    errno != EINVAL) /* a kernel without seccomp */
		return RC_IO;
	return RC_OK;
}

int
sandbox_enter(const char *program, const char *user)
{
	int rc = sandbox_drop(user);
	const char *why = "no such user; make it, or name another with -u";

	if (rc == RC_OK)
		rc = sandbox_seal();
	if (rc == RC_OK)
		return 0;
	if (rc == RC_IO)
		why = strerror(errno);
	else if (rc == RC_STATE)
		why = "that is root; name another with -u";
	fprintf(stderr, "%s: cannot run as %s: %s\n", program, user, why);
	return EX_NOUSER;
}
