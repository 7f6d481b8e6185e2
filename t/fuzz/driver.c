/*
 * driver.c - drives a fuzz target without libFuzzer: every file of its
 * corpus, then mutations of them from a fixed seed. Speaks TAP.
 *
 * The corpus of fuzz_lsa is t/fuzz/corpus/lsa. `fuzz_lsa 1000000`, or FUZZ_RUNS
 * in the environment, asks for more mutations, FUZZ_SEED for others. A crash
 * leaves the input in fuzz-NAME.crash in the current folder.
 */

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rng.h"
#include "base/vec.h"
#include "t/fuzz/fuzz.h"

#define FILE_MAX 70000
#define PIECE_MAX 4096

/* Only some targets have it. */
#pragma weak LLVMFuzzerCustomMutator

static struct {
	const uint8_t *p;
	size_t n;
	char path[128];
	struct rng rng; /* of LLVMFuzzerMutate */
} current;

/* Only what a signal handler may do. */
static void
on_crash(int sig)
{
	int fd = open(current.path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, current.p, current.n) >= 0)
		close(fd);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* A copy of the exact size, so that the sanitizer guards both ends. */
static void
run(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n == 0 ? 1 : n);

	if (n > 0)
		memcpy(copy, p, n);
	current.p = copy;
	current.n = n;
	LLVMFuzzerTestOneInput(n == 0 ? copy + 1 : copy, n);
	free(copy);
}

static void
read_file(const char *path, struct buf *out)
{
	uint8_t part[4096];
	FILE *in = fopen(path, "rb");
	size_t n;

	while (in != NULL && out->n < FILE_MAX &&
	       (n = fread(part, 1, sizeof(part), in)) > 0)
		buf_bytes(out, part, n);
	if (in != NULL)
		fclose(in);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
replace(struct buf *b, size_t at, size_t gone, const uint8_t *p, size_t n)
{
	struct buf next = { 0 };

	buf_bytes(&next, b->p, at);
	buf_bytes(&next, p, n);
	buf_bytes(&next, b->p + at + gone, b->n - at - gone);
	buf_done(b);
	*b = next;
}

static void
mutate(struct rng *rng, struct buf *b, const struct buf *other)
{
	static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '.', '"' };
	size_t at = b->n == 0 ? 0 : rng_below(rng, b->n);
	size_t n = b->n == 0 ? 0 : rng_below(rng, 1 + (b->n - at) / 4);
	uint8_t one = odd[rng_below(rng, sizeof(odd))];

	switch (rng_below(rng, 7)) {
	case 0: /* a bit */
		if (b->n > 0)
			b->p[at] ^= (uint8_t)(1u << rng_below(rng, 8));
		break;
	case 1: /* an octet that is often at a border */
		if (b->n > 0)
			b->p[at] = one;
		break;
	case 2:
		if (b->n > 0)
			b->p[at] = (uint8_t)(b->p[at] + 1 - 2 * (int)(one & 1));
		break;
	case 3: /* the end is missing */
		b->n = at;
		break;
	case 4: /* a piece is missing */
		replace(b, at, n, NULL, 0);
		break;
	case 5: /* a piece of another, or of itself */
		if (other->n > 0) {
			size_t from = rng_below(rng, other->n);

			n = 1 + rng_below(rng, other->n - from);
			replace(b, at, 0, other->p + from, n);
		}
		break;
	default:
		replace(b, at, 0, &one, 1);
		break;
	}
}

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

struct corpus {
	VEC(char *) names;
	VEC(struct buf) inputs;
};

static void
corpus_read(struct corpus *corpus, const char *target)
{
	const char *top = getenv("top_srcdir");
	char folder[512], path[1024];
	struct dirent *entry;
	struct buf empty = { 0 };
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/t/fuzz/corpus/%s",
	    top == NULL ? "." : top, target);
	dir = opendir(folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			vec_push(&corpus->names, mem_str(entry->d_name));
	if (dir != NULL)
		closedir(dir);
	if (corpus->names.n > 0)
		qsort(corpus->names.v, corpus->names.n,
		    sizeof(*corpus->names.v), by_name);
	for (size_t i = 0; i < corpus->names.n; i++) {
		vec_push(&corpus->inputs, empty);
		snprintf(
		    path, sizeof(path), "%s/%s", folder, corpus->names.v[i]);
		read_file(path, &corpus->inputs.v[i]);
	}
}

/* The same for pieces.c, of itself alone. */
size_t
LLVMFuzzerMutate(uint8_t *p, size_t n, size_t room)
{
	struct rng *rng = &current.rng;
	struct buf b = { 0 };
	size_t made;

	buf_bytes(&b, p, n);
	mutate(rng, &b, &b);
	made = b.n < room ? b.n : room;
	if (made > 0)
		memcpy(p, b.p, made);
	buf_done(&b);
	return made;
}

/* By the pieces of it, where the target knows them. */
static void
mutate_more(struct rng *rng, struct buf *b, const struct buf *other)
{
	size_t room = b->n + PIECE_MAX;
	uint8_t *p;

	if (LLVMFuzzerCustomMutator == NULL || rng_below(rng, 2) == 0) {
		mutate(rng, b, other);
		return;
	}
	p = mem_new(room, 0, 0);
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	current.rng.state = rng_next(rng);
	room = LLVMFuzzerCustomMutator(p, b->n, room, (unsigned)rng_next(rng));
	buf_done(b);
	*b = (struct buf){ 0 };
	buf_bytes(b, p, room);
	mem_free(p);
}

static void
mutations_run(const struct corpus *corpus, uint64_t runs)
{
	struct rng rng = { number("FUZZ_SEED", 1) };

	while (runs-- > 0) {
		size_t i = rng_below(&rng, corpus->inputs.n);
		size_t k = rng_below(&rng, corpus->inputs.n);
		struct buf b = { 0 };

		buf_bytes(&b, corpus->inputs.v[i].p, corpus->inputs.v[i].n);
		for (uint64_t m = 1 + rng_below(&rng, 4); m > 0; m--)
			mutate_more(&rng, &b, &corpus->inputs.v[k]);
		if (b.n <= FILE_MAX)
			run(b.p, b.n);
		buf_done(&b);
	}
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	uint64_t runs = number("FUZZ_RUNS", fuzz_runs);
	struct corpus corpus = { 0 };

	if (argc > 1)
		runs = strtoull(argv[1], NULL, 10);
	name = strstr(name == NULL ? argv[0] : name, "fuzz_");
	name = name == NULL ? "none" : name + strlen("fuzz_");
	snprintf(current.path, sizeof(current.path), "fuzz-%s.crash", name);
	signal(SIGABRT, on_crash);
	signal(SIGSEGV, on_crash);
	corpus_read(&corpus, name);
	printf("1..%zu\n", corpus.names.n + 1);
	for (size_t i = 0; i < corpus.names.n; i++) {
		run(corpus.inputs.v[i].p, corpus.inputs.v[i].n);
		printf("ok %zu - %s %s\n", i + 1, name, corpus.names.v[i]);
	}
	if (corpus.names.n > 0)
		mutations_run(&corpus, runs);
	printf("%sok %zu - %s: %llu mutations\n",
	    corpus.names.n > 0 ? "" : "not ", corpus.names.n + 1, name,
	    (unsigned long long)runs);
	for (size_t i = 0; i < corpus.names.n; i++) {
		mem_free(corpus.names.v[i]);
		buf_done(&corpus.inputs.v[i]);
	}
	vec_done(&corpus.names);
	vec_done(&corpus.inputs);
	return 0;
}
