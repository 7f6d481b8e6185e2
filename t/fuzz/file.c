#include "t/fuzz/file.h"

#include <stdio.h>
#include <unistd.h>

#include "t/fuzz/fuzz.h"

const char *
file_of(const uint8_t *p, size_t n)
{
	static FILE *file;
	static char path[64];

	if (file == NULL) {
		file = tmpfile();
		FUZZ_CHECK(file != NULL);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	}
	FUZZ_CHECK(ftruncate(fileno(file), 0) == 0);
	FUZZ_CHECK(pwrite(fileno(file), p, n, 0) == (ssize_t)n);
	return path;
}
