#!/bin/sh
# milter-crowd.sh - messages that a stranger makes to be costly: more marks
# than hops could have put there, or few at the end of an endless header, with
# a real Postfix. The cases are in milter_crowd.py.

cases=milter_crowd.py
# shellcheck source=t/system/milter.sh
. "${top_srcdir:-.}/t/system/milter.sh"
