/*
 * serve.h - the publisher at work: batches from lsrd in, acknowledgements
 * out, until lsrd closes the socket. Blocking, one thing at a time: it is
 * lsrd that watches the time, and kills this process when it hangs.
 */

#ifndef PUBLISH_SERVE_H
#define PUBLISH_SERVE_H

#include "plugins/plugin.h"
#include "publish/owner.h"

/* Returns a code of sysexits.h. */
int serve(
    int fd, const struct plugin_export *plugin, const struct owner *owner);

#endif
