/*
 * check_exim.h - the parts of `check` that ask Exim, a file each
 * (check_exim_lines.c and so on). Each adds what it finds to the list of `x`.
 */

#ifndef CTL_CHECK_EXIM_H
#define CTL_CHECK_EXIM_H

#include "ctl/exim.h"

/* The lines by which Exim asks our tables. */
void check_exim_lines(struct exim *x);

/* Marks and limits by the object that Exim loads. */
void check_exim_marks(struct exim *x);

/* True if nothing calls the object, and something should: then marks.main is
 * proposed. */
bool exim_wants_marks(const struct exim *x);

/* The transports that connectors name. */
void check_exim_transports(struct exim *x);

/* Options that stop mail on its way. */
void check_exim_options(struct exim *x);

/* What Exim would say to own servers, and to lsrd. */
void check_exim_session(const struct exim *x);

/* The tables: there, and Exim can look something up in them. */
void check_exim_tables(const struct exim *x);

/* What Exim would do with each key of them, and with what is delivered here. */
void check_exim_ask(const struct exim *x);

/* Its daemon, its queue runner, and what both have read. */
void check_exim_daemon(const struct exim *x);

#endif
