#!/bin/sh
# readme.sh - "A first network in ten minutes", typed as README says, on two
# hosts with a systemd and a Postfix each, and a wire between them.

. "$(dirname "$0")/container.sh"
. "$top/t/system/pair.sh"

pair_host mx1 <<-END
	$(block 1)
	$(block 2)
	$(pair_conf 3 192.0.2.10)
	$(block 6)
	$(block 7)
	answers
	meet ready
	soon knows paris.example.org mx2
	$(block 8)
	lsrctl routes >/shared/mx1.routes
	soon lsrctl check && : >/shared/mx1.checked
	meet checked
	journalctl -u 'lsrd*' -u 'postfix*' --no-pager -o cat | tail -n 60
END
pair_host mx2 <<-END
	$(pair_keys)
	$(pair_conf 4 192.0.2.20)
	$(block 6 | sed 's/london/paris/')
	$(block 7)
	answers
	meet ready
	soon grep -q hello /var/mail/root
	cp /var/mail/root /shared/mail
	soon knows london.example.org mx1
	lsrctl routes >/shared/mx2.routes
	soon lsrctl check && : >/shared/mx2.checked
	meet checked
	journalctl -u 'lsrd*' -u 'postfix*' --no-pager -o cat | tail -n 60
END
pair_boot

plan 5
ok "mx1 knows the way to paris.example.org" pair_knows mx1 paris.example.org mx2
ok "mx2 knows the way to london.example.org" pair_knows mx2 london.example.org mx1
ok "the message has arrived at mx2" grep -q hello "$work/shared/mail"
ok "lsrctl check has nothing to say on mx1" [ -e "$work/shared/mx1.checked" ]
ok "lsrctl check has nothing to say on mx2" [ -e "$work/shared/mx2.checked" ]
