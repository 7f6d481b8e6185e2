#include "t/temp.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDERS_OPEN 8

void
temp_make(char folder[TEMP_FOLDER])
{
	snprintf(folder, TEMP_FOLDER, "/tmp/lsrd-test.XXXXXX");
	if (mkdtemp(folder) == NULL) {
		perror(folder);
		abort();
	}
}

static int
temp_take(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	(void)st;
	(void)what;
	(void)ftw;
	return remove(path);
}

void
temp_end(const char *folder)
{
	nftw(folder, temp_take, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}
