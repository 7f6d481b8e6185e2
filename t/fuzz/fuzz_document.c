/*
 * fuzz_document.c - a topology document. What is refused is refused with a
 * complaint; what is accepted has a net, and is written to a document that
 * is accepted and is written the same.
 */

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "ctl/document.h"
#include "t/fuzz/file.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 800;

static void
again(const struct buf *first)
{
	struct buf complaints = { 0 }, second = { 0 };
	struct document *doc;

	FUZZ_CHECK(document_load(file_of(first->p, first->n), &doc,
		       &complaints) == RC_OK);
	document_write(doc, &second);
	FUZZ_CHECK(
	    second.n == first->n && memcmp(second.p, first->p, first->n) == 0);
	document_free(doc);
	buf_done(&second);
	buf_done(&complaints);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf complaints = { 0 }, text = { 0 };
	struct net net = { 0 };
	struct document *doc;
	int rc = document_load(file_of(p, n), &doc, &complaints);

	FUZZ_CHECK((rc == RC_OK) == (doc != NULL));
	FUZZ_CHECK((rc == RC_OK) == (complaints.n == 0));
	if (doc != NULL) {
		document_net(doc, &net);
		for (size_t i = 0; i < net.steps.n; i++)
			FUZZ_CHECK(
			    net.steps.v[i].from < net.servers.n + net.parts);
		net_done(&net);
		document_write(doc, &text);
		document_free(doc);
		again(&text);
	}
	buf_done(&text);
	buf_done(&complaints);
	return 0;
}
