/*
 * milter_accept.c - the least that a libmilter filter can be: sees every step
 * of a session, and accepts everything. What lsrd-milter is measured beside.
 *
 *     milter_accept SOCKET [quick]       quick: asks for as little as it can
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <libmilter/mfapi.h>

static sfsistat
on_address(SMFICTX *ctx, char **args)
{
	(void)ctx;
	(void)args;
	return SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
	(void)ctx;
	(void)name;
	(void)address;
	return SMFIS_CONTINUE;
}

static sfsistat
on_text(SMFICTX *ctx, char *text)
{
	(void)ctx;
	(void)text;
	return SMFIS_CONTINUE;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
	return SMFIS_CONTINUE;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *p, size_t n)
{
	(void)ctx;
	(void)p;
	(void)n;
	return SMFIS_CONTINUE;
}

static sfsistat
on_step(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

int
main(int argc, char **argv)
{
	char name[] = "accept";
	struct smfiDesc desc = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_eom = on_step,
	};

	if (argc < 2)
		return 64;
	if (argc == 2) {
		desc.xxfi_connect = on_connect;
		desc.xxfi_helo = on_text;
		desc.xxfi_envfrom = on_address;
		desc.xxfi_envrcpt = on_address;
		desc.xxfi_header = on_header;
		desc.xxfi_eoh = on_step;
		desc.xxfi_body = on_body;
		desc.xxfi_data = on_step;
		desc.xxfi_abort = on_step;
		desc.xxfi_close = on_step;
	}
	if (smfi_register(desc) != MI_SUCCESS ||
	    smfi_setconn(argv[1]) != MI_SUCCESS ||
	    smfi_opensocket(true) != MI_SUCCESS)
		return 69;
	return smfi_main() == MI_SUCCESS ? 0 : 71;
}
