/*
 * event_id.h - a number for each word that a line of ours may begin with, for
 * systemd's journal (journald.h) and its catalogue. A number never changes, and
 * never means another word: who watches a log may have written it down.
 */

#ifndef SYS_EVENT_ID_H
#define SYS_EVENT_ID_H

/* 32 hexadecimal digits; NULL: that program has no such word. */
const char *event_id(const char *ident, const char *word);

#endif
