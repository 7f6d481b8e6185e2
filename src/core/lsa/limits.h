/*
 * limits.h - every hard bound of the protocol and the database, with the
 * reason for its value. A value from outside is compared with its bound
 * before it is used for anything.
 */

#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

/* One LSA. 850 neighbours of 64 octets each fit, or two of the longest
 * certificates. */
#define LIMIT_LSA_OCTETS 65000
#define LIMIT_LSA_BODY 60000

/* A certificate: a hub's with 600 connectors claims as many groups, 48 octets
 * each with a name of 29. An identity has two, and one message both. */
#define LIMIT_CERT_OCTETS 28672

/* Entries of one kind in one LSA. As many neighbours as sessions: a hub with
 * 600 links is in a group of up to 16 besides. */
#define LIMIT_NEIGHBOURS 1024
#define LIMIT_BRIDGEHEADS 64
#define LIMIT_SENDERS 64
#define LIMIT_ADDRESSES 4

/* A frame carries at most one largest LSA and its header. */
#define LIMIT_FRAME_OCTETS 65536

/* One LSA of a type we do not know: what a later version says in it is a few
 * words, and whoever certified a server did not mean to lend it a disk. */
#define LIMIT_UNKNOWN_OCTETS 2048

/* LSAs of one origin: identity, server, its connectors and its spaces; and
 * their octets: so many spaces of 200 octets each, with a fifth to spare, or
 * an identity, a server of the largest, and 300 connectors of 64 senders.
 * What is beyond, in the order of keys, is not kept. */
#define LIMIT_ORIGIN_LSAS 4096
#define LIMIT_ORIGIN_OCTETS 1048576

/*
 * Patterns in lists (lsa_list.h), beside these: of a server so many, what they
 * are long and 32 more of each, for that is what a claim costs whoever reads
 * it: 160 000 of 20 octets, or 100 000 of 50. And LSAs: one has 256 patterns,
 * so ten times as many as 100 000 need, for those that were purged stay.
 * A chunk ends at the latest at so many octets: half of what a body holds, and
 * 8 times what it comes to by itself. A pattern fits an octet's number.
 */
#define LIMIT_LISTED_WEIGHT 8388608
#define LIMIT_LISTED_EACH 32
#define LIMIT_LIST_LSAS 4096
#define LIMIT_LIST_PACKED 30000
#define LIMIT_LISTED_OCTETS 255

/*
 * When a neighbour's database has differed in the same part in every DIGEST
 * for so long it is told of: with the default three comparisons of 3 minutes;
 * what is on its way arrives in seconds. And so many differences are shown of
 * those that lsrctl asks for, 150 octets each: nobody reads more.
 */
#define LIMIT_DIFFERS_MS 300000
#define LIMIT_DIFF_LINES 500

/* LSAs in all: 20 000 servers with ten each, twice over; and their octets: ten
 * LSAs of 309 are 62 MB, so twice over, too. Where they are short there are
 * more than the octets bound: 425 more in memory each, 170 MB in all. What is
 * saved can be read again: with the table it stays far below STORE_FILE_MAX. */
#define LIMIT_LSDB_LSAS 400000
#define LIMIT_LSDB_OCTETS 134217728

/* Percent of these from where it is told of: before anything is refused. */
#define LIMIT_FILLING_PERCENT 80

/*
 * How often a server says one LSA anew: three times, then once each five
 * seconds (RFC 2328's MinLSInterval). Between these three it rests so long,
 * for what takes one link takes others, a round trip later or half a second,
 * and they would spend all three before the last is seen.
 */
#define LIMIT_SAY_BURST 3
#define LIMIT_SAY_EACH_MS 5000
#define LIMIT_SAY_REST_SECOND_MS 50
#define LIMIT_SAY_REST_THIRD_MS 500

/*
 * How often we hear one: three times that, and as much again in reserve for
 * what takes something out of use. And all of an origin's: everything that it
 * may have three times over (it starts, and starts, and starts), again with a
 * reserve; then four times what a hub with 600 links says while each
 * of them flaps. A verification is 0.04 ms: 2 % of a core for each who tries.
 */
#define LIMIT_HEAR_BURST 12
#define LIMIT_HEAR_RESERVE 3
#define LIMIT_HEAR_EACH_MS 1666
#define LIMIT_ORIGIN_BURST 16384
#define LIMIT_ORIGIN_RESERVE 4096
#define LIMIT_ORIGIN_EACH_MS 2

/* LSAs that wait for their time, for each session: keys alone, 300 octets
 * each. Of what is beyond, the next comparison of the databases tells. */
#define LIMIT_LATE 4096

/* Entries of a summary in one frame: 40 octets and two names each. */
#define LIMIT_SUMMARY_ENTRIES 400

/* What we have given the transport and it has not yet written. Above this
 * only keep-alives go out; the rest waits in the per-peer set that holds
 * the newest instance only. */
#define LIMIT_UNSENT_OCTETS 262144

/* What a peer has told us of and we have asked for: 64 octets each, whatever
 * the names, so 1 MB a session, no more than its origin may have in the
 * database. An honest peer sends what it was asked for before it names more:
 * so many only where the line itself holds more than 1 MB of names. What is
 * beyond is named again in another round, and costs nothing until then. */
#define LIMIT_WANTED 16384

/* What it names in one round: twice what a database may hold, as that may
 * change meanwhile. */
#define LIMIT_NAMED (2 * LIMIT_LSDB_LSAS)

/* Faults of one peer, in points: so many at once, and as many again in a
 * minute. What no honest program says, of any version, costs the most. An LSA
 * that we refuse by its content, unasked, may have been good for its own
 * version or knowledge. What we have asked for, because its summary named it,
 * may be all that one origin has (4096), and the two of us differ about it. */
#define LIMIT_FAULTS 5000
#define LIMIT_FAULT_PLAIN 500
#define LIMIT_FAULT_CONTENT 50
#define LIMIT_FAULT_DIGEST 10 /* digests that differ: a summary for each */
#define LIMIT_FAULT_ASKED 1

/* Sessions at once: a hub with 600 links, its group, and as many half that come
 * again before their old ones are found to be silent. */
#define LIMIT_SESSIONS 1024

/* Peers in a routing group before not everybody peers with everybody, and
 * how many each peers with then (lsrd-protocol(7) 8). */
#define LIMIT_GROUP_FULL_MESH 16
#define LIMIT_GROUP_PEERS 8

/*
 * Handshakes that addresses nobody knows may begin, where the certificate decides
 * who is let in (io/strangers.h): of one source eight and then one a second, which
 * is what a server does that joins and dials each member of its group again and
 * again; of all fifty and then fifty a second, at 0.5 ms of a core each in the
 * worst case (t/bench/FIGURES): 2.5 % of it, whoever comes. And so many of them
 * under way at once, 60 kB each: at that rate each has two and a half seconds,
 * and who has said nothing gives way first.
 */
#define LIMIT_STRANGER_BURST 8
#define LIMIT_STRANGER_EACH_MS 1000
#define LIMIT_STRANGERS_BURST 50
#define LIMIT_STRANGERS_EACH_MS 20
#define LIMIT_STRANGERS_HALF 128

/* Bridgeheads that `bridgehead = any` takes of a group (core/node/found.h): a
 * group in which all peer with all is taken whole. Of a larger one so many carry
 * whatever one connector takes, and its own servers hand on to the rest; were all
 * 200 of a group to lead to all 200 of another, each would be probed and have a
 * session with some 16 of them in place of 200. */
#define LIMIT_FOUND 16

/* Epochs: a server uses one a start, and this is a start a minute for 32
 * years. Below it any number may be taken; further up a number that is so
 * much more than what is known of its server has leapt, and is a breach. In
 * a step fits a start a minute for six weeks in which nobody heard of them. */
#define LIMIT_EPOCH (UINT32_C(1) << 24)
#define LIMIT_EPOCH_STEP (UINT32_C(1) << 16)

/* Generations of a table: one a nanosecond for 146 years. */
#define LIMIT_GENERATION (UINT64_C(1) << 62)

/* The times of a schedule, as a text: thirty of them. So whatever is
 * configured, a connector fits into the body of an LSA. */
#define LIMIT_SCHEDULE_OCTETS 512

/* The published table (HACKING 6, Tables and Routes). */
#define LIMIT_NEXT_HOPS 4
#define LIMIT_ALTERNATE_NEIGHBOURS 16
#define LIMIT_PATH_HOPS 40

/* Claims of one pattern that a table remembers (core/view/leaving.h): 16 kB of
 * names. Where more servers claim it, as `*`, these speak for all. */
#define LIMIT_ROUTE_CLAIMS 256

/* The metric of one connector (lsrd-protocol(7) 5). */
#define LIMIT_COST_MAX 65535

/* Probes open at once: a hub with 600 links, all of them asked for by
 * sessions lost together, some by two addresses. What is beyond waits. */
#define LIMIT_PROBES 1024

/* Those besides that were judged late, and wait on for what may still come:
 * minutes, each. Where so many services hang at once, no further one is slow.
 */
#define LIMIT_PROBES_LATE 128

/* One report: an address, and a dozen words with their numbers. */
#define LIMIT_REPORT_OCTETS 512

/* A recipient in one: 64 octets, "@", 255 (RFC 5321 4.5.3.1). A longer one is
 * of no use to a report. */
#define LIMIT_REPORT_RECIPIENT 320

/* Patterns and hops that refuse to relay for them: beyond, a hop that refuses
 * everything is the administrator's matter, and the first thousand tell him. */
#define LIMIT_REFUSALS 1024

/* A count in one report: what no MTA does between two of them, and sums of it
 * never overflow. */
#define LIMIT_REPORT_COUNT 1000000000

/* LSR-Trace fields of one message: one a hop, and the hop limit that we ask
 * for is 100. A message with more is not ours, and none of them is read. The
 * same for LSR-Route: one a hop, were no hop to take any off. */
#define LIMIT_TRACE_FIELDS 128

/*
 * What taking fields off a message may cost its MTA, in lines of its header:
 * Postfix looks for each field from the beginning of the queue file, 64 ns a
 * line, so that N fields cost N^2, and above 10 000 its cleanup(8) panics. Of
 * an honest message with 100 marks the most is 100 000. A message with more
 * is not touched: see session_crowded().
 */
#define LIMIT_STRIP_LINES 524288
#define LIMIT_STRIP_LINE 64 /* octets that cost as much as a line */

/* What is kept of a Message-ID, or of the oldest Received field in its place:
 * five of the longest lines (RFC 5322 2.1.1). */
#define LIMIT_ID_OCTETS 5000

/* What is kept of all Received fields, to find our own queue ids in: as many
 * as there may be hops, each of a line of the longest. */
#define LIMIT_PATH_OCTETS (LIMIT_TRACE_FIELDS * 1000)

/* A sender: 64 "@" 255 (RFC 5321 4.5.3.1). A longer one is not recorded. */
#define LIMIT_SENDER_OCTETS 320

/* Visits that the milter remembers, of messages that have come far (20 hops
 * and more): 1.7 MB. One of 2 days ago is still there if no more than one
 * comes every 10 s; the oldest goes first, and costs a loop one round. */
#define LIMIT_MARK_MEMORY 16384

/* Tables that the milter keeps at once, the one in force among them. A client
 * that has said RCPT where there are limits, and then is silent, keeps the one
 * of that moment, 20 MB with 10 000 servers: with a new one each time he could
 * fill the memory. Above this recipients are judged at the end alone. */
#define LIMIT_TABLES 8

/* Transactions that are judged at RCPT at once, where there are limits: what
 * each keeps until its end is 4 MB with 10 000 servers, as long as its client
 * is silent. Above this, too, recipients are judged at the end alone. */
#define LIMIT_JUDGED 64

/* Messages marked last: 40 kB. Where the MTA names the milter twice, the second
 * asks at once; none in between but those of other clients, a process each. */
#define LIMIT_PASSED 1024

/* Messages with recipients that need different ways, each remembered for an
 * hour: 64 kB. One of an hour ago is still there if no more than one comes
 * every 2 s; the oldest goes first, and costs its message one more try. */
#define LIMIT_SPLITS 2048

/*
 * Who may only read shares the loop with the sessions: an answer of the whole
 * database, or table, takes half a second with 10 000 servers. So it is made in
 * parts, a few milliseconds each and the next when this one is read; one
 * question is answered at a time, and the loop then has four times as long for
 * others; and while so much of all answers is not read yet, the next question
 * waits. What sees the network as a whole (status, explain, export) is made at
 * once, in half a second: what each new table costs.
 */
#define LIMIT_ANSWER_PART 262144
#define LIMIT_ANSWER_REST 4
#define LIMIT_ANSWERS_UNREAD 33554432

/* Connectors of a topology document that one connector may become, where its
 * bridgeheads differ in cost: each has all its limits once more. So what one
 * origin says is exported in some MB; and a document beyond what the database
 * may hold is refused, for it is in memory three times while it is told. */
#define LIMIT_EXPORT_WAYS 8
#define LIMIT_EXPORT_OCTETS 134217728

/* The history of a server on its disk: a day of 1 000 servers, and weeks of
 * fifty. */
#define LIMIT_HISTORY_OCTETS ((uint64_t)50000000)

/* Peers, and links, that metrics name: as many as sessions. A row is 300 octets
 * here and a dozen series of a Prometheus there. */
#define LIMIT_METRIC_ROWS 1024

/* A free text of an operator (the reason of a drain), in octets. */
#define LIMIT_REASON_OCTETS 120

/* Who asked for it: a login name. */
#define LIMIT_WHO_OCTETS 32

/*
 * What an operator has said by lsrctl beside the configuration, and how long it
 * may last: more of these than connectors of a hub are a script that went wrong,
 * and what is to last for more than a month belongs into the file. Who freezes
 * a table sleeps before he has forgotten it.
 */
#define LIMIT_OVERRIDES 256
#define LIMIT_OVERRIDE_S (31 * 86400)
#define LIMIT_FREEZE_S 86400

/* Routes that a reload would move, told by name: nobody reads more. */
#define LIMIT_MOVES_TOLD 1000

/* Recipients of one transaction that the milter judges: Postfix takes 1000
 * from a client, lists made on the host itself may have more. */
#define LIMIT_RECIPIENTS 10000

#endif
