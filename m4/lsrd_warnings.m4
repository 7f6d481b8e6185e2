# LSRD_WARNINGS: our warnings, each tried on the compiler first;
# --enable-werror for developers and for distcheck, never for a release.
AC_DEFUN([LSRD_WARNINGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [stop at the first warning])],
    [], [enable_werror=no])
  WARN_CFLAGS=""
  lsrd_save_CFLAGS=$CFLAGS
  for lsrd_flag in -Wall -Wextra -Wshadow -Wstrict-prototypes \
      -Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
      -Wcast-qual -Wcast-align -Wwrite-strings -Wconversion -Wformat=2 \
      -Wundef -Wvla -Wswitch-enum
  do
    AC_MSG_CHECKING([whether $CC knows $lsrd_flag])
    CFLAGS="$lsrd_save_CFLAGS -Werror $lsrd_flag"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
      [AC_MSG_RESULT([yes]); WARN_CFLAGS="$WARN_CFLAGS $lsrd_flag"],
      [AC_MSG_RESULT([no])])
  done
  CFLAGS=$lsrd_save_CFLAGS
  AS_IF([test "$enable_werror" = yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
  AC_SUBST([WARN_CFLAGS])
])
