#!/bin/sh
# milter-limits.sh - limits of connectors, with a real Postfix: large mail
# takes another way by FILTER, or waits, or is refused for good. The cases are
# in milter_limits.py.

cases=milter_limits.py
# shellcheck source=t/system/milter.sh
. "${top_srcdir:-.}/t/system/milter.sh"
