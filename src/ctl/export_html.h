/*
 * export_html.h - `export html FILE`: the map in one page, which asks nobody.
 *
 * The page is put together of the parts that are installed with it (src/page):
 * what stands between two `@` in export.html is the name of another part, or
 * `data`, which is the document and, of a daemon, its status and its links.
 * In the data every `<` is escaped, so no name in it can end its element.
 */

#ifndef CTL_EXPORT_HTML_H
#define CTL_EXPORT_HTML_H

#include "ctl/verbs.h"

extern const struct verb_option export_html_options[];

int export_html(const struct call *call);

#endif
