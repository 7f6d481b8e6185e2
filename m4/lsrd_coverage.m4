# LSRD_COVERAGE: --enable-coverage adds gcov's counters.
AC_DEFUN([LSRD_COVERAGE], [
  AC_ARG_ENABLE([coverage],
    [AS_HELP_STRING([--enable-coverage], [count executed lines with gcov])],
    [], [enable_coverage=no])
  AS_IF([test "$enable_coverage" = yes],
    [SAN_CFLAGS="$SAN_CFLAGS --coverage -O0"])
])
