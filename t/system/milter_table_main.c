/*
 * milter_table_main.c - the program milter_table.
 */

#include "t/system/milter_table.h"

int
main(int argc, char **argv)
{
	return milter_table(argc, argv);
}
