#include "core/node/request.h"

#include <string.h>

#include "base/mem.h"

void
request_read(struct request *r, const uint8_t *p, size_t len)
{
	char *at;

	memset(r, 0, sizeof(*r));
	r->text = mem_dup(p, len);
	r->verb = r->text;
	at = r->text;
	while (*at != '\0' && r->n < REQUEST_WORDS) {
		at += strcspn(at, " \r\n");
		if (*at == '\0')
			break;
		*at++ = '\0';
		at += strspn(at, " \r\n");
		if (*at == '\0')
			break;
		r->word[r->n++] = at;
		if (strncmp(at, "reason=", 7) == 0) { /* to the line's end */
			at[strcspn(at, "\r\n")] = '\0';
			break;
		}
	}
}

const char *
request_option(const struct request *r, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < r->n; i++)
		if (strncmp(r->word[i], name, len) == 0 &&
		    r->word[i][len] == '=')
			return r->word[i] + len + 1;
	return NULL;
}

uint64_t
request_number(const char *s)
{
	uint64_t v = 0;

	for (; s != NULL && *s >= '0' && *s <= '9'; s++)
		v = v > INT64_MAX / 10 - 1 ? INT64_MAX
		                           : v * 10 + (uint64_t)(*s - '0');
	return v;
}

void
request_verdict(struct json *j, bool ok, const char *reason)
{
	json_open(j, NULL, '{');
	json_bool(j, "ok", ok);
	if (!ok)
		json_str(j, "reason", reason);
	json_close(j, '}');
	json_line(j);
}

void
request_changed(struct json *j, bool changed)
{
	json_open(j, NULL, '{');
	json_bool(j, "ok", true);
	json_bool(j, "changed", changed);
	json_close(j, '}');
	json_line(j);
}
