#include "map/body.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <event2/buffer.h>

#include "base/check.h"
#include "base/crc64.h"
#include "base/json.h"
#include "base/mem.h"

struct body *
body_new(int code, const char *type, struct buf *octets)
{
	struct body *body = mem_new(sizeof(*body), 0, 0);

	body->holders = 1;
	body->code = code;
	body->type = type;
	body->octets = *octets;
	*octets = (struct buf){ 0 };
	snprintf(body->tag, sizeof(body->tag), "\"%016" PRIx64 "\"",
	    crc64(body->octets.p, body->octets.n));
	return body;
}

struct body *
body_error(int status, const char *code, const char *text)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };

	json_open(&j, NULL, '{');
	json_open(&j, "error", '{');
	json_str(&j, "code", code);
	json_str(&j, "text", text);
	json_close(&j, '}');
	json_close(&j, '}');
	json_line(&j);
	return body_new(status, BODY_JSON, &out);
}

struct body *
body_hold(struct body *body)
{
	body->holders++;
	return body;
}

void
body_release(struct body *body)
{
	if (body == NULL || --body->holders > 0)
		return;
	buf_done(&body->octets);
	mem_free(body);
}

bool
body_equal(const struct body *a, const struct body *b)
{
	return a->octets.n == b->octets.n &&
	       (a->octets.n == 0 ||
		   memcmp(a->octets.p, b->octets.p, a->octets.n) == 0);
}

static void
on_body_given(const void *octets, size_t n, void *arg)
{
	(void)octets;
	(void)n;
	body_release(arg);
}

void
body_lend(struct body *body, struct evbuffer *to)
{
	if (body->octets.n == 0)
		return;
	body_hold(body);
	CHECK(evbuffer_add_reference(to, body->octets.p, body->octets.n,
		  on_body_given, body) == 0);
}
