/*
 * adjacent.h - adjacencies: announced, announced on in silence, withdrawn.
 *
 *                 FULL                       session lost
 *     (nothing) ---------> announced ------------------------+
 *                             ^  |                           v
 *                        FULL |  | mail service down      silent
 *                             |  v                           |
 *                          withdrawn <-----------------------+
 *                                    mail service down, or a change
 *                                    that the silent one cannot follow
 *
 * The death of a daemon is not the death of the mail beside it: no timer
 * ends the silence. (DESIGN section 7)
 */

#ifndef CORE_ADJACENT_H
#define CORE_ADJACENT_H

struct engine;
struct nbr;

void adjacent_up(struct engine *e, struct nbr *nbr);
void adjacent_missed(struct engine *e, struct nbr *nbr);
void adjacent_lost(struct engine *e, struct nbr *nbr);
/* Its mail service was found down. */
void adjacent_mail_down(struct engine *e, const char *name);
/* Something changed that no silent server can follow; `origin` said it. */
void adjacent_changed(struct engine *e, const char *origin);

#endif
