# LSRD_FUZZING: --enable-fuzzing (clang) links the targets of t/fuzz with
# libFuzzer; without it the same targets read their corpus in "make check".
AC_DEFUN([LSRD_FUZZING], [
  AC_ARG_ENABLE([fuzzing],
    [AS_HELP_STRING([--enable-fuzzing],
      [link the fuzz targets with libFuzzer (needs clang)])],
    [], [enable_fuzzing=no])
  FUZZ_LDFLAGS=""
  FUZZ_CFLAGS=""
  AS_IF([test "$enable_fuzzing" = yes], [
    FUZZ_LDFLAGS="-fsanitize=fuzzer"
    FUZZ_CFLAGS="-fsanitize=fuzzer-no-link"
  ])
  AC_SUBST([FUZZ_LDFLAGS])
  AC_SUBST([FUZZ_CFLAGS])
  AM_CONDITIONAL([FUZZING], [test "$enable_fuzzing" = yes])
])
