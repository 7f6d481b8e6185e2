/*
 * kept.h - the configuration that a start takes in place of the file.
 *
 * What is tried, held or taken back is in the file, and a start would put it in
 * force. So what is in force instead lies in the folder of the state, with the
 * digest of what it stands in for: once the file says anything else again it is
 * the file that counts. What takes a restart is as in the file, or it is not
 * used: nobody who may write there becomes another user by it.
 */

#ifndef DAEMON_KEPT_H
#define DAEMON_KEPT_H

#include <stdbool.h>

#include "cfg/conf.h"
#include "core/lsa/crypto.h"
#include "io/sink.h"

#define KEPT_NAME "kept.conf"
#define KEPT_LIST "kept.list" /* its address-space-file, if it has one */

/* `conf` is to be in force though the file says `file`. RC_IO: errno tells. */
int kept_write(const struct conf *conf, const struct conf *file,
    const struct crypto *crypto);

/* The file counts. RC_OK or RC_IO. */
int kept_drop(const struct conf *conf);

/*
 * At a start, when the file was read: the configuration that counts, `conf`
 * being ended where it is another, and *kept says so.
 */
struct conf *kept_start(struct conf *conf, const struct crypto *crypto,
    struct sink *sink, bool *kept);

#endif
