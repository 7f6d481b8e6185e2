# LSRD_SANITIZERS: --enable-sanitizers builds everything, tests included,
# with the address and undefined behaviour sanitizers. What a report names needs
# -g1; a debugger has more by the -g of CFLAGS, which comes after.
AC_DEFUN([LSRD_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers],
      [build with address and undefined behaviour sanitizers])],
    [], [enable_sanitizers=no])
  SAN_CFLAGS=""
  AS_IF([test "$enable_sanitizers" = yes -o "$enable_fuzzing" = yes], [
    SAN_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g1"
    lsrd_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS $SAN_CFLAGS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()], [],
      [AC_MSG_ERROR([this compiler cannot link with the sanitizers])])
    CFLAGS=$lsrd_save_CFLAGS
  ])
  AC_SUBST([SAN_CFLAGS])
])
