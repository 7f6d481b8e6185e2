/*
 * evidence.h - what reporters tell (report.h): it is counted, shown by
 * `lsrctl status`, and handed to the service that it is about. A next hop that
 * is no service of ours is nobody's business.
 *
 * Whoever may send reports can have services called down or congested by us, or
 * left out for a pattern, and nothing else. When a reporter dies, probes go on,
 * and nothing changes.
 */

#ifndef CORE_EVIDENCE_H
#define CORE_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

struct engine;
struct json;

/* One datagram of a reporter, as it came. */
void evidence_report(struct engine *e, const uint8_t *p, size_t n);
/* What was heard so far, as an object under `key`. */
void evidence_show(const struct engine *e, struct json *j, const char *key);

#endif
