-- milter.lua - every callback of lsrd-milter, spoken to as an MTA does;
-- for miltertest(8), started by milter-steps.sh. Speaks TAP.
--
-- The table has mx1.a.example (the filter itself) and mx2.b.example, and
-- b.example goes by way of mx2.b.example.

-- what miltertest does not know by name (libmilter/mfdef.h)
NOHELO, NOBODY, NR_HDR, NOUNKNOWN = 0x2, 0x10, 0x80, 0x100
NODATA, NOEOH, NR_CONN, NR_MAIL, NR_RCPT = 0x200, 0x40, 0x1000, 0x4000, 0x8000
ALL = 0x1fffff

number = 0
function ok(good, what)
	number = number + 1
	print((good and "ok " or "not ok ") .. number .. " - " .. what)
end

-- a session up to the first message
function open(steps)
	local conn = mt.connect(socket, 50, 0.1)
	if conn == nil then
		error("no connection to " .. socket)
	end
	-- the manual has these two the other way round
	assert(mt.negotiate(conn, 6, steps or ALL, 0x1ff) == nil, "negotiate")
	return conn
end

-- one message as far as its end; `fields` is a list of {name, value}
function message(conn, from, to, fields)
	assert(mt.mailfrom(conn, from) == nil, "MAIL")
	for _, rcpt in ipairs(to) do
		assert(mt.rcptto(conn, rcpt) == nil, "RCPT")
	end
	for _, field in ipairs(fields) do
		assert(mt.header(conn, field[1], field[2]) == nil, "header")
	end
	assert(mt.eom(conn) == nil, "end")
	return mt.getreply(conn)
end

function plain(id)
	return { { "Received", "from x by y" },
		{ "Message-ID", id or "<1@a.example>" }, { "Subject", "x" } }
end

-- the fields with a visit on top, as the next hop gets them
function marked(fields, word)
	local out = { { "LSR-Trace", word }, { "Received", "from y by z" } }
	for _, field in ipairs(fields) do
		out[#out + 1] = field
	end
	return out
end

-- how often a message may come back unchanged: the reply to the second time
function again(conn, from, to, fields)
	local first = message(conn, from, to, fields)
	local word = mt.getheader(conn, "LSR-Trace", 0)
	mt.abort(conn)
	return message(conn, from, to, marked(fields, word)), first, word
end

conn = open()
ok(mt.test_option(conn, NOHELO) and mt.test_option(conn, NOBODY)
	and mt.test_option(conn, NOEOH), "steps that are not needed are left out")
ok(mt.test_option(conn, NR_CONN) and mt.test_option(conn, NR_MAIL) and mt.test_option(conn, NR_RCPT)
	and mt.test_option(conn, NR_HDR), "no step but the last is waited for")
ok(not mt.test_option(conn, NOUNKNOWN), "unknown verbs are asked for")

reply = message(conn, "<s@a.example>", { "<u@b.example>" }, plain())
ok(reply == SMFIR_CONTINUE or reply == SMFIR_ACCEPT, "a message is accepted")
ok(mt.eom_check(conn, MT_HDRINSERT, "LSR-Trace"), "a visit is put on top")
ok(not mt.eom_check(conn, MT_HDRDELETE), "no field is deleted")
word = mt.getheader(conn, "LSR-Trace", 0)
ok(word ~= nil and #word > 100 and #word < 900 and
	not string.find(word, "[^A-Za-z0-9+/=]"), "it is one word of base64")

reply = message(conn, "<s@a.example>", { "<u@b.example>" },
	marked(plain(), word))
ok(reply == SMFIR_REPLYCODE, "it comes back, the same: refused")
ok(not mt.eom_check(conn, MT_HDRINSERT), "what is refused is not changed")

reply = message(conn, "<s@a.example>", { "<v@b.example>" },
	marked(plain(), word))
ok(reply ~= SMFIR_REPLYCODE, "to another recipient: accepted")
ok(not mt.eom_check(conn, MT_HDRDELETE), "and its trace is kept")

reply = message(conn, "<s@a.example>", { "<U@B.Example>" },
	marked(plain(), word))
ok(reply == SMFIR_REPLYCODE, "case of a recipient is no difference")

reply = message(conn, "<s@a.example>", { "<u@b.example>" },
	marked(plain("<2@a.example>"), word))
ok(reply ~= SMFIR_REPLYCODE, "on another message: accepted")
ok(mt.eom_check(conn, MT_HDRDELETE, "LSR-Trace"), "and the mark is stripped")

reply = message(conn, "<s@a.example>", { "<u@b.example>" },
	marked(plain(), string.rep("A", 400)))
ok(reply ~= SMFIR_REPLYCODE, "a stranger's mark: accepted")
ok(mt.eom_check(conn, MT_HDRDELETE, "LSR-Trace"), "and stripped")

fields = plain()
fields[#fields + 1] = { "lsr-route", "lsrd:[192.0.2.66]:25" }
reply = message(conn, "<s@a.example>", { "<u@b.example>" }, fields)
ok(mt.eom_check(conn, MT_HDRDELETE, "LSR-Route"),
	"an arriving LSR-Route is stripped")
mt.disconnect(conn)

conn = open()
reply, first = again(conn, "<>", { "<u@b.example>" }, plain("<3@a.example>"))
ok(first ~= SMFIR_REPLYCODE and reply == SMFIR_REPLYCODE,
	"the null sender goes round as others do")
mt.disconnect(conn)

conn = open()
reply, first = again(conn, "s@a.example", { "w@b.example", "u@b.example" },
	plain("<4@a.example>"))
ok(first ~= SMFIR_REPLYCODE and reply ~= SMFIR_REPLYCODE,
	"sendmail(1), without brackets: back from a content filter")
ok(mt.eom_check(conn, MT_HDRDELETE, "LSR-Trace") and
	mt.eom_check(conn, MT_HDRINSERT, "LSR-Trace"),
	"and the visit is put in the place of the one before")
mt.disconnect(conn)

-- the same by SMTP: as the second time comes from this address
function filtered(ip, daemon, to)
	conn = open()
	local first = message(conn, "<s@a.example>", { "<u@b.example>" },
		plain("<9@a.example>"))
	local word = mt.getheader(conn, "LSR-Trace", 0)
	mt.disconnect(conn)
	conn = open()
	if daemon ~= nil then
		mt.macro(conn, SMFIC_CONNECT, "{daemon_addr}", daemon)
	end
	assert(mt.conninfo(conn, "x", ip) == nil, "connect")
	local reply = message(conn, "<s@a.example>", { to or "<u@b.example>" },
		marked(plain("<9@a.example>"), word))
	return reply ~= SMFIR_REPLYCODE, mt.eom_check(conn, MT_HDRDELETE)
end

passes, replaced = filtered("127.0.0.1")
ok(passes and replaced, "by loopback: no loop")
mt.disconnect(conn)
passes, replaced = filtered("192.0.2.1", "192.0.2.1")
ok(passes and replaced, "from the address it comes to: no loop")
mt.disconnect(conn)
ok(not filtered("192.0.2.2", "192.0.2.1"), "from another: a loop")
mt.disconnect(conn)
passes, replaced = filtered("127.0.0.1", nil, "<v@b.example>")
ok(passes and not replaced, "by loopback, to others: a visit more")
mt.disconnect(conn)

conn = open()
assert(mt.mailfrom(conn, "<s@a.example>") == nil)
assert(mt.rcptto(conn, "<x@b.example>") == nil)
mt.abort(conn)
reply, first = again(conn, "<s@a.example>", { "<u@b.example>" },
	plain("<5@a.example>"))
ok(first ~= SMFIR_REPLYCODE and reply == SMFIR_REPLYCODE,
	"after RSET nothing of the message before counts")
mt.disconnect(conn)

for _, line in ipairs({ "X-LSA-2", "x-lsa-2 FgMBAOA=", "X-LSA-22", "FOO" }) do
	conn = open()
	assert(mt.unknown(conn, line) == nil)
	ok(mt.getreply(conn) == SMFIR_CONTINUE, "unknown " .. line .. ": continue")
	reply = message(conn, "<s@a.example>", { "<u@b.example>" }, plain())
	ok(reply ~= SMFIR_REPLYCODE, "and mail goes on in that session")
	mt.disconnect(conn)
end

conn = open()
assert(mt.mailfrom(conn, "<s@a.example>") == nil)
mt.disconnect(conn, false)
conn = open()
mt.disconnect(conn, false)
conn = open(0)
reply = message(conn, "<s@a.example>", { "<u@b.example>" }, plain())
ok(mt.eom_check(conn, MT_HDRINSERT, "LSR-Trace"),
	"an MTA that wants every answer gets them")
mt.disconnect(conn)

conn = open()
reply, first = again(conn, "<s@a.example>", { "<u@b.example>" },
	{ { "Received", "from x by y" }, { "Subject", "no Message-ID" } })
ok(first ~= SMFIR_REPLYCODE and reply == SMFIR_REPLYCODE,
	"without Message-ID the oldest Received stands for it")
mt.disconnect(conn)

-- a message that has come far, and comes again with its marks taken off
function far(conn, id, on_top)
	local fields = { { "Message-ID", id } }
	for i = 1, 19 do
		fields[#fields + 1] = { "Received", "from x by y" .. i }
	end
	if on_top ~= nil then
		table.insert(fields, 1, { "Received", on_top })
		table.insert(fields, 1, { "Received", "from mx1 by z" })
	end
	mt.macro(conn, SMFIC_MAIL, "i", "4cXyz1")
	return message(conn, "<s@a.example>", { "<u@b.example>" }, fields)
end

conn = open()
ok(far(conn, "<7@a.example>") ~= SMFIR_REPLYCODE, "20 hops are no reason")
mt.abort(conn)
ok(far(conn, "<7@a.example>") ~= SMFIR_REPLYCODE,
	"nor is what a client sends again")
mt.abort(conn)
ok(far(conn, "<7@a.example>", "from y by mx1 (Postfix) id 4cXyz12; now")
	~= SMFIR_REPLYCODE, "nor another copy of the same message")
mt.abort(conn)
ok(far(conn, "<7@a.example>", "from y by mx1 (Postfix) id 4cXyz1; now")
	== SMFIR_REPLYCODE, "without its marks, from our queue: refused")
mt.disconnect(conn)

function crowd(conn, id, n)
	local fields = plain(id)
	for i = 1, n do
		fields[#fields + 1] = { "LSR-Trace", string.rep("B", 400) }
	end
	return message(conn, "<s@a.example>", { "<u@b.example>" }, fields)
end

conn = open()
ok(crowd(conn, "<6@a.example>", 128) ~= SMFIR_REPLYCODE and
	mt.eom_check(conn, MT_HDRINSERT, "LSR-Trace") and
	mt.eom_check(conn, MT_HDRDELETE, "LSR-Trace"),
	"128 forged marks are stripped")
mt.disconnect(conn)

conn = open()
ok(crowd(conn, "<8@a.example>", 129) ~= SMFIR_REPLYCODE and
	not mt.eom_check(conn, MT_HDRINSERT) and
	not mt.eom_check(conn, MT_HDRDELETE), "129 pass untouched")
mt.disconnect(conn)

conn = open()
reply = message(conn, "<s@a.example>", { "<" .. string.rep("x", 900) .. ">" },
	plain())
ok(reply ~= SMFIR_REPLYCODE and not mt.eom_check(conn, MT_HDRINSERT),
	"what is beyond a limit is accepted unchanged")
mt.disconnect(conn)

print("1.." .. number)
