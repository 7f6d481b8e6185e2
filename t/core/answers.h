/*
 * answers.h - a server whose configuration has a bit of everything, what can be
 * another there, and what `lsrctl` is answered.
 *
 * It has a connector `one` to c.x.org by a transport, asked by LMTP; `two` to
 * d.x.org, which has two addresses; `none` to e.x.org, whose address nobody
 * knows; gw.example leaves by a way, own.example is here; b.x.org is its peer.
 */

#ifndef T_CORE_ANSWERS_H
#define T_CORE_ANSWERS_H

#include "t/core/insider.h"

/* All is up, and its first table is published. The engine is the caller's. */
void answers_begin(struct insider *f);

/* The whole answer, be it in parts; the caller frees it. */
char *answers_text(struct insider *f, const char *question);

/* Each makes one thing another: most of them in the engine itself. */
void answers_down(struct insider *f);
void answers_down_unsaid(struct insider *f);
void answers_barred(struct insider *f);
void answers_mail_refused(struct insider *f);
void answers_error(struct insider *f);
void answers_error_said(struct insider *f);
void answers_member(struct insider *f);
void answers_silent(struct insider *f);
void answers_second_busy(struct insider *f);
void answers_two_uses(struct insider *f);
void answers_no_address(struct insider *f);
void answers_drained(struct insider *f);
void answers_drained_beside(struct insider *f);
void answers_drained_unknown(struct insider *f);
void answers_led_to(struct insider *f);
void answers_led_to_besides(struct insider *f);
void answers_unpublished(struct insider *f);
void answers_refusal(struct insider *f);
void answers_program(struct insider *f);
void answers_authorities(struct insider *f);
void answers_bare(struct insider *f);
void answers_leaving(struct insider *f);
void answers_left(struct insider *f);
void answers_unsent(struct insider *f);
void answers_no_table(struct insider *f);
void answers_tried(struct insider *f);
void answers_waiting(struct insider *f);
void answers_waiting_early(struct insider *f);
void answers_waiting_unnamed(struct insider *f);
void answers_waited(struct insider *f);
void answers_waited_nowhere(struct insider *f);
void answers_told_revoked(struct insider *f);
void answers_told_revoked_twice(struct insider *f);
void answers_told_else(struct insider *f);
void answers_returning(struct insider *f);
void answers_returning_unprobed(struct insider *f);
void answers_alone(struct insider *f);
void answers_booting(struct insider *f);
void answers_round_trip(struct insider *f);
void answers_peer_half(struct insider *f);
void answers_peer_server(struct insider *f);
void answers_peer_drained(struct insider *f);
void answers_peer_local(struct insider *f);
void answers_peer_spaces(struct insider *f);
void answers_revocation(struct insider *f);
void answers_revocation_bare(struct insider *f);
void answers_revocation_own(struct insider *f);
void answers_rule(struct insider *f);
void answers_rule_off(struct insider *f);
void answers_rule_purged(struct insider *f);
void answers_returning_alone(struct insider *f);
void answers_alternate(struct insider *f);
void answers_claims(struct insider *f);
void answers_last_resort(struct insider *f);
void answers_revoked(struct insider *f);
void answers_listed(struct insider *f);
void answers_later(struct insider *f);
void answers_command(struct insider *f);
void answers_may_lead(struct insider *f);
void answers_drained_whole(struct insider *f);

#endif
