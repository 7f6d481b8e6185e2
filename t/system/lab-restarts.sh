#!/bin/sh
# lab-restarts.sh - what daemons know after a restart; the quick ones.
exec sh "${top_srcdir:-.}/t/system/restarts.sh"
