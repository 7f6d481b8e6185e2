/*
 * installed.h - which MTA this host has, for who does not say it.
 */

#ifndef CFG_INSTALLED_H
#define CFG_INSTALLED_H

#include "cfg/conf.h"

/* Exim where it alone is installed below this root (""), else Postfix. */
enum conf_mta installed_mta(const char *root);

#endif
