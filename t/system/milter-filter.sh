#!/bin/sh
# milter-filter.sh - a content filter on this host, with a real Postfix: what
# it gives back is no loop, however it comes; a real loop through such a host
# still is one. The cases are in milter_filter.py.

cases=milter_filter.py
# shellcheck source=t/system/milter.sh
. "${top_srcdir:-.}/t/system/milter.sh"
