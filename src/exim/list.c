#include "exim/list.h"

#include <string.h>

bool
list_field(const char **text, bool plain, char *out)
{
	const char *p = *text;

	if (*p == '\0')
		return false;
	for (; *p != '\0'; p++) {
		if (*p == ':' && (*++p != ':' || plain))
			break;
		*out++ = *p;
	}
	*out = '\0';
	*text = p;
	return true;
}

bool
list_recipient(const char **text, char *out)
{
	const char *p = *text + strspn(*text, ", ");
	bool quoted = false;

	if (*p == '\0')
		return false;
	for (; *p != '\0' && (quoted || *p != ','); p++) {
		if (*p == '\\' && p[1] != '\0')
			*out++ = *p++;
		else if (*p == '"')
			quoted = !quoted;
		*out++ = *p;
	}
	*out = '\0';
	*text = p;
	return true;
}
