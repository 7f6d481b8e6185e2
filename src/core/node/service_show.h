/*
 * service_show.h - what `lsrctl links` shows: an object a line for each address
 * that is probed, of a connector's bridgehead with the connector.
 */

#ifndef CORE_SERVICE_SHOW_H
#define CORE_SERVICE_SHOW_H

struct engine;
struct json;

void service_show(struct engine *e, struct json *j);

#endif
