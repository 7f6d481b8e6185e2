/*
 * history_file.h - the form of the history on disk, and its only writer.
 *
 *     history.1   the older half
 *     history     the newer one, which grows at its end
 *
 * Each line is a record: one JSON object (lsrd-events(7), RECORDS), complete
 * in itself. So whatever was cut off, at whatever octet, or overwritten, costs
 * the records it fell on: who reads passes over what is none, and a writer
 * that finds a torn line begins another. Both together are never longer than
 * LIMIT_HISTORY_OCTETS: when the newer one has half of them it takes the place
 * of the older one.
 *
 * Nothing is synced: a power cut may take the last seconds, and no mail waits
 * for a disk because of what was.
 */

#ifndef IO_HISTORY_FILE_H
#define IO_HISTORY_FILE_H

#include <stddef.h>
#include <stdint.h>

#define HISTORY_NAME "history"
#define HISTORY_BEFORE "history.1"

struct history_file {
	const char *dir; /* lent */
	uint64_t most;   /* octets of both files */
	int fd;          /* -1: not open */
	uint64_t octets; /* of the newer one */
	uint64_t lost;   /* records that could not be written */
};

void history_file_init(
    struct history_file *file, const char *dir, uint64_t most);

/*
 * Appends whole lines. 0; or an errno: none of them is there, they are
 * counted, and the next that can be written are behind a record of that.
 */
int history_file_add(struct history_file *file, const char *lines, size_t n);

/*
 * The whole of the process that writes: lines from this descriptor until it
 * ends, and back by it an errno in one octet whenever that has changed. It is
 * deaf to what asks us to stop. Returns the exit status.
 */
int history_file_serve(int fd, const char *dir, uint64_t most);

void history_file_done(struct history_file *file);

#endif
