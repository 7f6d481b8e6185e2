/*
 * service.h - the sentences of a scene about mail services, and about who
 * probes them (scene.h).
 */

#ifndef T_SIM_SERVICE_H
#define T_SIM_SERVICE_H

#include "t/sim/scene.h"

void service_busy(struct scene *scene);
void service_greets(struct scene *scene);
void service_denies(struct scene *scene);
void service_asked(struct scene *scene);
void service_short(struct scene *scene);
void service_interval(struct scene *scene);
void service_digests(struct scene *scene);
void service_six(struct scene *scene);
void service_families(struct scene *scene);

#endif
