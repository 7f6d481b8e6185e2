/*
 * labels.h - the two spellings of a domain that is not plain ASCII: A-labels
 * (xn--bcher-kva.example) and U-labels (bücher.example; RFC 5890 2.3.2.1), of a
 * pattern or an address.
 *
 * One pattern is one claim: inside, in LSAs, certificates and answers, there
 * are A-labels alone. What a person writes may be either, and an MTA that
 * speaks SMTPUTF8 looks up what came: so the table has both keys.
 *
 * Local parts are left as they are. A shell over libidn2.
 */

#ifndef IDN_LABELS_H
#define IDN_LABELS_H

/*
 * The text with A-labels and in lower case, the caller's. What cannot be
 * converted is a copy in lower case: whoever wants a pattern finds that it is
 * none.
 */
char *labels_to_a(const char *text);

/* The same with U-labels, lower case, NFC, UTF-8; the caller's. NULL when
 * there is no other spelling, or it would not lead back to this one. */
char *labels_to_u(const char *text);

#endif
