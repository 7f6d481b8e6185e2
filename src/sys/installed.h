/*
 * installed.h - which MTA this host has, for who does not say it.
 */

#ifndef SYS_INSTALLED_H
#define SYS_INSTALLED_H

/* "exim" where it alone is installed below this root (""), else "postfix". */
const char *installed_mta(const char *root);

#endif
