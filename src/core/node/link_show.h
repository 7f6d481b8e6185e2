/*
 * link_show.h - what `lsrctl links` shows: an object a line for each address
 * that is probed, of a connector's bridgehead with the connector.
 */

#ifndef CORE_LINK_SHOW_H
#define CORE_LINK_SHOW_H

struct engine;
struct json;

void link_show(struct engine *e, struct json *j);

#endif
