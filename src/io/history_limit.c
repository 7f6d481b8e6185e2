#include "io/history_limit.h"

#include "base/mem.h"
#include "core/lsa/bucket.h"

struct place {
	struct bucket bucket;
	uint32_t not_kept;
	bool used;
};

struct history_limit {
	struct place places[HISTORY_PLACES];
};

struct history_limit *
history_limit_new(void)
{
	return mem_new(sizeof(struct history_limit), 0, 0);
}

void
history_limit_free(struct history_limit *limit)
{
	mem_free(limit);
}

bool
history_limit_pass(struct history_limit *limit, uint32_t subject,
    struct mono now, uint32_t *before)
{
	struct mono when;
	struct place *p = &limit->places[subject % HISTORY_PLACES];

	*before = 0;
	if (subject == 0)
		return true;
	if (!p->used)
		p->bucket = (struct bucket){ .burst = HISTORY_BURST,
			.each_ms = HISTORY_EACH_MS,
			.since = now };
	p->used = true;
	if (!bucket_take(&p->bucket, now, &when)) {
		p->not_kept++;
		return false;
	}
	*before = p->not_kept;
	p->not_kept = 0;
	return true;
}
