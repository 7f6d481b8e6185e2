/*
 * host.h - the field of a request over HTTP that says whom it is for, which
 * strangers write.
 */

#ifndef SYS_HOST_H
#define SYS_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* A literal address, "localhost" or one of the names, with a port or without:
 * a page in a browser can give our address a name of its own (DNS rebinding),
 * and then that stands here. */
bool host_is_ours(const char *host, const char *const *names, size_t n);

#endif
