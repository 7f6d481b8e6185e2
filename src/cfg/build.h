/*
 * build.h - from libconfuse's tree to struct conf: the form of each value.
 * What the values say together is judge.h's.
 */

#ifndef CFG_BUILD_H
#define CFG_BUILD_H

#include <confuse.h>

#include "cfg/conf.h"
#include "cfg/outline.h"

/* What is at hand while a configuration is made. All lent. */
struct build {
	const struct outline *outline;
	struct complaints *complaints;
	struct conf *conf;
	const char *file; /* the first one: for what is said nowhere */
	bool way_refused; /* of the address space that is being built */
};

/* libconfuse's table as schema.c says it; build_options_free() ends it. */
cfg_opt_t *build_options(void);
void build_options_free(cfg_opt_t *options);

/* Fills build->conf, which is all zero, and complains. */
void build_conf(struct build *build, cfg_t *cfg);

/* The patterns of address-space-file, behind build_conf(). */
void build_list(struct build *build);

/* Where to complain: at the option; when it is not written, or NULL, at its
 * section; and outside of any at the file as a whole. */
struct build_place {
	const char *section, *title; /* NULL outside */
	const char *inner;           /* title of the bridgehead; or NULL */
	const char *option;
};

__attribute__((format(printf, 4, 5))) void build_complain(
    const struct build *build, const struct build_place *place,
    const char *remedy, const char *fmt, ...);
__attribute__((format(printf, 4, 5))) void build_warn(const struct build *build,
    const struct build_place *place, const char *remedy, const char *fmt, ...);

/* True if the option is written anywhere. */
bool build_is_set(const struct build *build, const struct build_place *place);

#endif
