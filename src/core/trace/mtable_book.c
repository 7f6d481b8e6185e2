#include "core/trace/mtable_book.h"

#include <string.h>

#include "base/crc64.h"
#include "base/mem.h"

struct page {
	struct tree_node node;
	struct mtable_version since;
	uint64_t way;   /* a sum of what the record does not have: the name of
			   a way of our own; 0: none, or not known */
	unsigned round; /* it was set last */
	uint32_t n;
	uint8_t record[]; /* begins with the pattern and its length */
};

static struct page *
page_of(const struct tree_node *node)
{
	return tree_entry(node, struct page, node);
}

/* The pattern at the head of a record. */
static struct cur
page_pattern(const uint8_t *record, size_t n)
{
	struct cur in = cur_over(record, n);

	return cur_sub(&in, cur_u16(&in));
}

static int
page_order(const void *key, const struct tree_node *node)
{
	const struct page *page = page_of(node);
	const struct cur *a = key;
	struct cur b = page_pattern(page->record, page->n);
	size_t n = a->left < b.left ? a->left : b.left;
	int c = memcmp(a->p, b.p, n);

	return c != 0 ? c : (a->left > b.left) - (a->left < b.left);
}

static struct page *
page_find(const struct mtable_book *book, const struct cur *pattern)
{
	struct tree_node *node = tree_find(&book->tree, pattern, page_order);

	return node == NULL ? NULL : page_of(node);
}

static void
page_drop(struct mtable_book *book, struct page *page)
{
	tree_remove(&book->tree, &page->node);
	mem_free(page);
}

static struct page *
page_put(struct mtable_book *book, const uint8_t *record, size_t n)
{
	struct page *page = mem_new(sizeof(*page), n, 1);
	struct cur pattern = page_pattern(record, n);

	memcpy(page->record, record, n);
	page->n = (uint32_t)n;
	tree_insert(&book->tree, &page->node, &pattern, page_order);
	return page;
}

void
mtable_book_read(struct mtable_book *book, const struct mtable *t)
{
	struct mtable_walk walk = { 0 };
	const struct mtable *in;
	uint32_t i;

	while ((in = mtable_next(t, &walk, &i)) != NULL) {
		struct cur record = mtable_record_at(in, i);
		struct mtable_route route;

		mtable_at(in, i, &route);
		page_put(book, record.p, record.left)->since = route.since;
	}
}

void
mtable_book_set(struct mtable_book *book, const struct route *route,
    struct mtable_version version)
{
	uint64_t way =
	    route->way == NULL ? 0 : crc64(route->way, strlen(route->way));
	struct buf record = { 0 };
	struct cur pattern;
	struct page *page;

	mtable_record(&record, route);
	pattern = page_pattern(record.p, record.n);
	page = page_find(book, &pattern);
	if (page == NULL || page->way != way || page->n != record.n ||
	    memcmp(page->record, record.p, record.n) != 0) {
		if (page != NULL)
			page_drop(book, page);
		page = page_put(book, record.p, record.n);
		page->since = version;
		page->way = way;
	}
	page->round = book->round;
	buf_done(&record);
}

void
mtable_book_drop(struct mtable_book *book, const char *pattern,
    struct mtable_version version)
{
	struct cur key = cur_over(pattern, strlen(pattern));
	struct page *page = page_find(book, &key);

	if (page == NULL)
		return;
	page_drop(book, page);
	mtable_book_other(book, version);
}

void
mtable_book_mark(struct mtable_book *book)
{
	book->round++;
}

void
mtable_book_sweep(struct mtable_book *book, struct mtable_version version)
{
	struct tree_node *node = tree_first(&book->tree), *next;

	for (; node != NULL; node = next) {
		struct page *page = page_of(node);

		next = tree_next(node);
		if (page->round == book->round)
			continue;
		page_drop(book, page);
		mtable_book_other(book, version);
	}
}

void
mtable_book_other(struct mtable_book *book, struct mtable_version version)
{
	book->floor = version;
}

/* Since when it is as it is. What is later than now is of an epoch that was
 * lost. */
static struct mtable_version
page_since(const struct mtable_book *book, const struct page *page,
    struct mtable_version now)
{
	bool is = mtable_order(page->since, book->floor) >= 0 &&
	          mtable_order(page->since, now) <= 0;

	return is ? page->since : book->floor;
}

void
mtable_book_write(const struct mtable_book *book, struct mtable_version now,
    struct mtable_writer *out)
{
	for (struct tree_node *node = tree_first(&book->tree); node != NULL;
	     node = tree_next(node)) {
		const struct page *page = page_of(node);

		mtable_add(
		    out, page->record, page->n, page_since(book, page, now));
	}
}

void
mtable_book_news(const struct mtable_book *book, struct mtable_version since,
    struct mtable_version now, struct mtable_writer *out)
{
	for (struct tree_node *node = tree_first(&book->tree); node != NULL;
	     node = tree_next(node)) {
		const struct page *page = page_of(node);
		struct mtable_version is = page_since(book, page, now);

		if (mtable_order(is, since) > 0)
			mtable_add(out, page->record, page->n, is);
	}
}

void
mtable_book_done(struct mtable_book *book)
{
	struct tree_node *node;

	while ((node = tree_first(&book->tree)) != NULL)
		page_drop(book, page_of(node));
}
