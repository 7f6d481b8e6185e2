#include "ctl/fold.h"

#include <string.h>

#include "base/mem.h"
#include "ctl/look.h"

static void
fold_word(struct fold *fold, const char *word)
{
	size_t n = look_put(NULL, word);

	if (fold->at > fold->indent && fold->at + 1 + n > fold->columns) {
		buf_printf(fold->out, "\n%*s", (int)fold->indent, "");
		fold->at = fold->indent;
	} else if (fold->at > fold->indent) {
		buf_u8(fold->out, ' ');
		fold->at++;
	}
	fold->at += look_put(fold->out, word);
}

void
fold_words(struct fold *fold, const char *text)
{
	char *copy = mem_str(text), *rest = NULL;

	for (char *word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		fold_word(fold, word);
	mem_free(copy);
}

void
fold_labelled(
    struct buf *out, const char *label, size_t column, const char *text)
{
	size_t n = look_put(out, label);
	struct fold fold = { out, look_now()->columns, column, column };

	do
		buf_u8(out, ' ');
	while (++n < column);
	fold_words(&fold, text);
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		out->n--;
	buf_u8(out, '\n');
}
