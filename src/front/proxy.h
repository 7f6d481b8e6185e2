/*
 * proxy.h - the header by which the MTA behind learns who the client is
 * (HAProxy, "The PROXY protocol", 2.1 and 2.2). Pure.
 */

#ifndef FRONT_PROXY_H
#define FRONT_PROXY_H

#include "base/addr.h"
#include "base/buf.h"

enum proxy_form { PROXY_NONE, PROXY_V1, PROXY_V2 };

/* Appends it: a connection from `client` to `here`, of the same family. */
void proxy_put(struct buf *out, enum proxy_form form, const struct addr *client,
    const struct addr *here);

#endif
