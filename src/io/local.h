/*
 * local.h - sockets in the file system at which others reach us (unix(7)).
 */

#ifndef IO_LOCAL_H
#define IO_LOCAL_H

/*
 * A listening stream socket at `path`, mode 0660, into *fd: the caller's, as
 * is the file. What nobody listens at any more is taken away first. With
 * `group` (may be NULL) its members may connect, if there is such a group
 * and we may say so.
 *
 * RC_OK; RC_LONG for the path; RC_STATE: somebody listens there; RC_IO: errno
 * tells. *fd is -1 then.
 */
int local_listen(const char *path, const char *group, int *fd);

/* The same for datagrams. */
int local_datagram(const char *path, const char *group, int *fd);

#endif
