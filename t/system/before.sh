# before.sh - the release before this one, in a lab: it is built of the history in
# build/before, once. To be sourced behind lab.sh.
#
#   before_built            skips the test where there is no history, or it does not
#                           build
#   before_at_hand          the lab's servers have it beside what they run
#   becomes NODE old|new    as a package does it: other files, and lsrd and the milter
#                           started anew. $began is when, in nanoseconds

before=d6206b0
before_at=$top/build/before

before_make() {
	mkdir -p "$before_at/src"
	git -c safe.directory="$top" -C "$top" archive "$before" 2>"$W/old.log" |
		tar x -C "$before_at/src" 2>/dev/null || return
	(cd "$before_at/src" && autoreconf -fi &&
		./configure -q --prefix=/usr/local --sysconfdir=/etc --localstatedir=/var &&
		make -s -j2 && make -s install DESTDIR="$before_at/dest" &&
		mv "$before_at/dest/usr/local" "$before_at/root") >"$W/old.log" 2>&1
}

before_built() {
	[ -x "$before_at/root/sbin/lsrd" ] || before_make ||
		skip "the release before cannot be built: $(tail -n 1 "$W/old.log" 2>/dev/null)"
}

before_at_hand() {
	cp -R "$before_at/root" "$("$lab" dir)/stage/usr/local/before"
}

# What that release does not know is left out of its file.
becomes() {
	"$lab" run "$1" sh -e -c '
		for of in bin sbin; do
			case $1 in
			old) mount --bind /usr/local/before/$of /usr/local/$of ;;
			new) umount -l /usr/local/$of ;;
			esac
		done
		case $1 in
		old) sed -i -E "s/^(mta|position) = /# &/" /etc/lsrd/lsrd.conf ;;
		new) sed -i -E "s/^# (mta|position) = /\1 = /" /etc/lsrd/lsrd.conf ;;
		esac' sh "$2" || return
	"$lab" kill "$1" lsrd && "$lab" start "$1" lsrd || return
	began=$(date +%s%N)
	"$lab" kill "$1" milter && "$lab" start "$1" milter
}
