#include "map/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "sys/file.h"

#define FILES_PACKED ".gz"

static const struct {
	const char *end, *type;
} files_types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".txt", "text/plain; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".wasm", "application/wasm" },
	{ ".woff2", "font/woff2" },
};

static bool
files_ends(const char *name, size_t n, const char *end)
{
	size_t tail = strlen(end);

	return n > tail && memcmp(name + n - tail, end, tail) == 0;
}

/* By the first n octets of the name; NULL: none. */
static const char *
files_type(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(files_types) / sizeof(files_types[0]);
	     i++)
		if (files_ends(name, n, files_types[i].end))
			return files_types[i].type;
	return NULL;
}

static bool
files_may(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

	return n > 0 && name[n] == '\0' && strchr(".-_", name[0]) == NULL;
}

static struct files_one *
files_place(struct files *files, const char *name, size_t n)
{
	for (size_t i = 0; i < files->n; i++)
		if (strlen(files->one[i].name) == n &&
		    memcmp(files->one[i].name, name, n) == 0)
			return &files->one[i];
	if (files->n == FILES_MOST)
		return NULL;
	files->one[files->n].name = mem_dup(name, n);
	return &files->one[files->n++];
}

static void
files_add(struct files *files, const char *folder, const char *name)
{
	size_t n = strlen(name);
	bool packed = files_ends(name, n, FILES_PACKED);
	struct buf path = { 0 }, octets = { 0 };
	struct files_one *one;
	const char *type;
	char *text;

	n -= packed ? strlen(FILES_PACKED) : 0;
	type = files_type(name, n);
	if (type == NULL || !files_may(name))
		return;
	buf_printf(&path, "%s/%s", folder, name);
	text = buf_string(&path);
	if (file_load(text, FILES_OCTETS, &octets) == RC_OK &&
	    (one = files_place(files, name, n)) != NULL)
		*(packed ? &one->packed : &one->plain) =
		    body_new(200, type, &octets);
	buf_done(&octets);
	mem_free(text);
}

/* One that is there packed alone is none. */
static void
files_sift(struct files *files)
{
	size_t n = 0;

	for (size_t i = 0; i < files->n; i++) {
		if (files->one[i].plain != NULL) {
			files->one[n++] = files->one[i];
			continue;
		}
		mem_free(files->one[i].name);
		body_release(files->one[i].packed);
	}
	files->n = n;
}

int
files_load(struct files *files, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	memset(files, 0, sizeof(*files));
	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL)
		files_add(files, folder, entry->d_name);
	closedir(dir);
	files_sift(files);
	return (int)files->n;
}

void
files_done(struct files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		mem_free(files->one[i].name);
		body_release(files->one[i].plain);
		body_release(files->one[i].packed);
	}
	files->n = 0;
}

const struct files_one *
files_find(const struct files *files, const char *name)
{
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->one[i].name, name) == 0)
			return &files->one[i];
	return NULL;
}
