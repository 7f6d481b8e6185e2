/*
 * sandbox.h - what a fault in us could reach: less. The systemd unit takes
 * away more; this holds without it, too.
 */

#ifndef SYS_SANDBOX_H
#define SYS_SANDBOX_H

/*
 * Becomes `user` for good, with his groups, and sees that there is no way
 * back; does nothing when we are not root. RC_NONE: no such user; RC_STATE: it
 * is root, and nothing was done; RC_IO: errno tells.
 */
int sandbox_drop(const char *user);

/*
 * No new privileges, no core, and for ever no program started, no module,
 * mount or namespace (seccomp). RC_IO: errno tells.
 */
int sandbox_seal(void);

/*
 * Both, for a program that has -u: 0, or the exit status (sysexits.h) after it
 * has said on standard error why not.
 */
int sandbox_enter(const char *program, const char *user);

#endif
