#!/bin/sh
# long-restarts.sh - what daemons know after a restart, all of it.
exec sh "${top_srcdir:-.}/t/system/restarts.sh" --all
