# LSRD_HARDENING: stack protector, fortified C library, full RELRO and a
# position independent executable, unless --disable-hardening. Fortified
# functions and sanitizers do not go together; the sanitizers win.
AC_DEFUN([LSRD_HARDENING], [
  AC_ARG_ENABLE([hardening],
    [AS_HELP_STRING([--disable-hardening],
      [build without stack protector, fortify, RELRO and PIE])],
    [], [enable_hardening=yes])
  HARDEN_CFLAGS=""
  HARDEN_LDFLAGS=""
  AS_IF([test "$enable_hardening" = yes && test -z "$SAN_CFLAGS"], [
    HARDEN_CFLAGS="-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong"
    HARDEN_LDFLAGS="-pie -Wl,-z,relro,-z,now"
  ])
  AC_SUBST([HARDEN_CFLAGS])
  AC_SUBST([HARDEN_LDFLAGS])
])
