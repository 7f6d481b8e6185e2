# files.sh - where an lsrd of a test has its files: to be sourced after tap.sh.

# files_in FOLDER: lines of its lsrd.conf; keys and certificates lie there, and
# state/ and table/ are folders there.
files_in() {
	cat <<-END
		key = "$1/server.key"
		certificate = "$1/server.pem"
		authority = "$1/authority.pem"
		mark-key = "$1/mark.key"
		state-directory = "$1/state"
		table-directory = "$1/table"
		control-socket = "$1/control"
		report-socket = "$1/report"
		publisher = "$top_builddir/lsrd-publish"
	END
}
