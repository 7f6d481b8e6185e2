# files.sh - the lsrd.conf of an lsrd of a test, on loopback and without an MTA: to be
# sourced after tap.sh.

# The network of this process's own: mxN is at $net.N.
net=127.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))

# files_in FOLDER: where it has its files; keys and certificates lie there, and state/
# and table/ are folders there.
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

# head_in FOLDER N GROUP PORT SMTP-PORT: all that mxN.example.org says of itself, but
# what it delivers.
head_in() {
	cat <<-END
		organization = example.org
		mta = none
		routing-group = $3
		server = mx$2.example.org
		lab = yes
		user = root
		retry-mail = no
		peer-listen = { "$net.$2:$4" }
		smtp = { "$net.$2:$5" }
	END
	files_in "$1"
}
