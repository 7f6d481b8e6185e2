/*
 * hand.h - a stranger's connection is given to Postfix whole: the descriptor
 * and the client's address go to an smtpd of the service type "pass", as
 * postscreen(8) gives its own. Not an octet of that session comes to us, and
 * our death does not end it.
 */

#ifndef FRONT_HAND_H
#define FRONT_HAND_H

#include <stdbool.h>

#include "base/addr.h"

/*
 * To whom listens at `path`, which fits into a sockaddr_un. True: given, and
 * our descriptor is closed. False, with errno: nothing has happened to it.
 */
bool hand_over(const char *path, int fd, const struct addr *client);

#endif
