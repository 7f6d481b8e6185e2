#include "front/peerlist.h"

#include <stdio.h>
#include <string.h>

#include "base/rc.h"
#include "front/address.h"

int
peerlist_add(struct peerlist *list, const char *text)
{
	struct addr addr;
	int rc = address_of_ip(text, &addr);

	if (rc == RC_OK)
		vec_push(&list->given, addr);
	return rc;
}

/* One line, of which the comment and the blanks around are cut. */
static int
line_read(struct peerlist *into, char *line)
{
	struct addr addr;
	size_t n;
	int rc;

	line[strcspn(line, "#\r\n")] = '\0';
	line += strspn(line, " \t");
	for (n = strlen(line); n > 0 && strchr(" \t", line[n - 1]); n--)
		line[n - 1] = '\0';
	if (line[0] == '\0')
		return RC_OK;
	if (into->read.n == PEERLIST_MAX)
		return RC_LIMIT;
	rc = address_of_ip(line, &addr);
	if (rc == RC_OK)
		vec_push(&into->read, addr);
	return rc;
}

int
peerlist_read(struct peerlist *list, const char *path, size_t *line)
{
	FILE *in = fopen(path, "re");
	struct peerlist fresh = { 0 };
	char text[256];
	int rc = RC_OK;

	*line = 0;
	if (in == NULL)
		return RC_IO;
	while (rc == RC_OK && fgets(text, sizeof(text), in) != NULL) {
		++*line;
		rc = line_read(&fresh, text);
	}
	if (rc == RC_OK && ferror(in))
		rc = RC_IO;
	fclose(in);
	if (rc != RC_OK) {
		vec_done(&fresh.read);
		return rc;
	}
	vec_done(&list->read);
	memcpy(&list->read, &fresh.read, sizeof(list->read));
	return RC_OK;
}

bool
peerlist_has(const struct peerlist *list, const struct addr *addr)
{
	for (size_t i = 0; i < list->given.n; i++)
		if (addr_same_ip(&list->given.v[i], addr))
			return true;
	for (size_t i = 0; i < list->read.n; i++)
		if (addr_same_ip(&list->read.v[i], addr))
			return true;
	return false;
}

void
peerlist_done(struct peerlist *list)
{
	vec_done(&list->given);
	vec_done(&list->read);
}
