/*
 * undo.h - the way back: what stood in main.cf and master.cf before the
 * commands of `check`, and the commands that put it there again.
 *
 * Whenever check, run by root, names a command, it notes in a file beside
 * lsrd.conf what the command would replace. What was ours already is not
 * noted, so the file always tells of the last state without lsrd. Without the
 * file the way back is what is left when our words are taken out.
 */

#ifndef CTL_UNDO_H
#define CTL_UNDO_H

#include <stdbool.h>

#include "base/buf.h"

struct postfix;
struct undo;

/* What systemctl(1) is to end of a server whose MTA does without us. */
#define UNDO_UNITS                                                             \
	"lsrd.service lsrd.socket lsrd-tables lsrd-milter lsrd-maillog "       \
	"lsrd-metrics lsrd-probe.socket lsrd-import.timer"

/*
 * Reads postfix.before beside `config`, if there is one. `tables` is the
 * folder of our tables, by which our words are known; lent.
 */
struct undo *undo_open(const char *config, const char *tables);

/*
 * A parameter, a service or an option of one, with what stands there (NULL:
 * nothing of its own) and what a command puts there.
 */
void undo_note(
    struct undo *undo, const char *name, const char *before, const char *after);

/* Writes what is new, if this is root; false when that fails. */
bool undo_save(const struct undo *undo);
void undo_close(struct undo *undo);

/* The commands, a line each, in what sh(1) takes. */
void undo_print(struct buf *out, const struct postfix *p);

/* True where the value has words that only a command of ours puts there. */
bool undo_is_ours(const struct undo *undo, const char *value);

#endif
