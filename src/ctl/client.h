/*
 * client.h - ask the running daemon by its control socket: one line there,
 * JSON lines back (io/ctl_io.h).
 */

#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <jansson.h>

#include "base/buf.h"
#include "ctl/verbs.h"

#define CLIENT_SOCKET "/run/lsrd/control"
#define CLIENT_PATIENCE_S 10 /* without an octet from the daemon */

/*
 * Asks and reads the whole answer. CALL_OK; else after a complaint on
 * standard error: CALL_DOWN when no daemon answers or it stops in the
 * middle, CALL_USAGE when it may not be asked or the configuration that is
 * to name the socket is bad. A JSON answer with "error" is a complaint too.
 */
int client_ask(const struct call *call, const char *request, struct buf *out);

/*
 * The same for a question that changes nothing: {"ok":false} is a complaint
 * too.
 */
int client_read(const struct call *call, const char *request, struct buf *out);

/*
 * The same of the database: `db` and what of it is wanted (core/node/query_db.h).
 * A daemon that is older than this program tells all of it: who asks looks at
 * each LSA in any case.
 */
int client_db(const struct call *call, const char *what, struct buf *out);

/*
 * The lines of an answer, one by one: calls each() with the object (lent).
 * CALL_OK, or CALL_DOWN after a complaint about a line that is none.
 */
int client_each(const struct buf *answer,
    void (*each)(void *ctx, const json_t *line), void *ctx);

#endif
