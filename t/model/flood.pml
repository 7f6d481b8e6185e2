/*
 * flood.pml - one origin's LSA and a revocation, flooded among three servers
 * that lose sessions, processes and disks. By spin(1); t/model/check runs it.
 *
 * Server 0 is the origin: its claim is what it says of itself, or a purge; 1
 * and 2 hear of it. All three are joined to each other, with CHAIN=1 the origin
 * to 2 alone. What is modelled, and where the rule stands in src/core:
 *
 *     what an UPDATE does        news(), accept_judge(), accept_install() of
 *                                node/accept.c; lsa_compare() of lsa/lsa.c
 *     a revocation               revoke() of node/accept.c
 *     the exchange, requests     on_summary(), lacks() of node/sync.c
 *     what waits for a session   a set of keys, in their order: sync_pump()
 *     what came too fast         hear_now(), hear_ask() of node/hear.c
 *     what the origin says       is_said(), origin_say() of node/origin.c
 *     its numbers                node/epoch.c
 *     a start                    node/phase.c; accept_saved()
 *
 * Left out: claim and identity are one LSA here, its certificate within. DIGEST
 * and SUMMARY are one message, and with EXCHANGE=0 none: who lacks what is found
 * at once. A DIGEST in FULL comes when nothing else is under way. The origin may
 * speak at any moment after its start, which is more than node/phase.c lets it.
 * Epochs and counters are small; an assertion tells when they do not do.
 *
 * How often each fault may befall, from the command line (-D): RESETS,
 * RESTARTS, BACKUPS, CHANGES, REVOKES, REKEYS, FORGED, STOLEN, EARLY.
 *
 * What always holds (check() below):
 *
 *     no database goes down in a sequence;
 *     nothing that the origin has not signed is in one;
 *     nothing that a revoked key signed is in one that knows of it;
 *
 * and when it is quiet, whoever may speak to each other knows the same, after
 * ROUNDS of DIGEST at most (none is needed but where a revocation makes room for
 * something older, so one follows it: sessions_compare()), and what the origin wants to be known: what was
 * purged is nowhere. Nothing goes on for ever: -DNP looks for cycles.
 *
 * Rules are taken away by -DBROKEN_..., and the DIGEST after a revocation by
 * ROUNDS=0; each must be found.
 */

#ifndef RESETS
#define RESETS 1
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#ifndef BACKUPS
#define BACKUPS 0
#endif
#ifndef CHANGES
#define CHANGES 1
#endif
#ifndef REVOKES
#define REVOKES 0
#endif
#ifndef REKEYS
#define REKEYS 0
#endif
#ifndef FORGED
#define FORGED 0
#endif
#ifndef STOLEN
#define STOLEN 0
#endif
#ifndef EARLY
#define EARLY 0
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif

#ifndef CHAIN
#define CHAIN 0
#endif
#ifndef EXCHANGE
#define EXCHANGE 0
#endif
#ifndef DEPTH
#define DEPTH 1 /* messages under way */
#endif

#define N 3

/* An instance: a number, and what it says. 0 says nothing; bit 4 that its
 * signature is wrong. Between two of one number the greater one wins. */
#define COUNTERS 8
#define SEQ(epoch, counter) ((epoch) * COUNTERS + (counter))
#define EPOCH(seq) ((seq) / COUNTERS)
#define COUNTER(seq) ((seq) % COUNTERS)
#define SAYS(key, what) ((key) * 4 + (what))
#define KEY(says) (((says) >> 2) & 3)
#define WHAT(says) ((says) & 3)
#define PURGE 1
#define UNSIGNED 16

/* What waits for a session, in the order in which it goes. */
#define ASK_REVOCATION 1
#define ASK_CLAIM 2
#define REVOCATION 4
#define CLAIM 8
#define SUMMARY 16

mtype = { summary, request_revocation, request_claim, revocation, claim };

/* What is known. */
byte seq[N] = SEQ(2, 1), says[N] = SAYS(1, 2);
bit revoked[N];

/* Sessions: 0-1, 0-2, 1-2. Of one with the origin, by which key it was. */
#if CHAIN
bit link[N] = { 0, 1, 1 };
#else
bit link[N] = 1;
#endif
byte linked_by[2] = 1;
byte pending[N * N];
chan wire[N * N] = [DEPTH] of { mtype, byte, byte, bit };

/* Who waits for a claim that came too fast: with whom, from 1 on. */
byte late[N];
byte late_seq[N];

/* Servers, and what a backup of one has. */
bit up[N] = 1;
byte backup_of = N;
byte backup_seq, backup_says, backup_epoch;
bit backup_revoked;

/* The origin. */
byte epoch = 2, counter = 1, anew, key = 1;
byte want = 2;
bit running = 1;

/* Since when a database cannot go down: its start, or a revocation. */
byte top[N] = SEQ(2, 1);

byte resets, restarts, backups, changes, revokes, rekeys, forged, stolen, early;
byte rounds;

#define W(f, t) wire[(f) * N + (t)]
#define P(f, t) pending[(f) * N + (t)]
#define LINK(a, b) link[(a) + (b)-1]

/* --- what is known and waits ---------------------------------------------------- */

/* Of two instances: whether the first is news to who has the other. */
#define NEWS(s1, w1, s2, w2)                                                   \
	((w2) == 0 || (s1) > (s2) || ((s1) == (s2) && (w1) > (w2)))

inline flood(s, from, what)
{
	for (i : 0 .. 2) {
		if
		:: i != s && i != from && LINK(s, i) ->
			P(s, i) = P(s, i) | (what)
		:: else
		fi
	}
}

inline cut(a, b)
{
	LINK(a, b) = 0;
	P(a, b) = 0;
	P(b, a) = 0;
	do
	:: len(W(a, b)) > 0 -> W(a, b)?_, _, _, _
	:: len(W(b, a)) > 0 -> W(b, a)?_, _, _, _
	:: else -> break
	od;
	if
	:: late[a] == b + 1 -> late[a] = 0; late_seq[a] = 0
	:: else
	fi;
	if
	:: late[b] == a + 1 -> late[b] = 0; late_seq[b] = 0
	:: else
	fi
}

inline epoch_raise(seen)
{
	if
	:: (seen) >= epoch -> epoch = (seen) + 1; counter = 0
	:: else
	fi
}

/* One of ours that we have not just said. */
inline epoch_heard(is)
{
	if
	:: KEY(says[0]) != key || !running || EPOCH(is) > epoch ->
		epoch_raise(EPOCH(is))
	:: else
	fi;
	if
	:: KEY(says[0]) != key -> anew = epoch
	:: else
	fi
}

inline install(s, from, is, w)
{
	seq[s] = is;
	says[s] = w;
#ifdef BROKEN_NO_TOMBSTONE
	if
	:: WHAT(w) == PURGE -> seq[s] = 0; says[s] = 0; top[s] = 0
	:: else
	fi;
#endif
	flood(s, from, CLAIM)
}

#ifdef BROKEN_REVOKED_BY_SEQUENCE
#define IS_REVOKED(s, is, w) (revoked[s] && KEY(w) == 1 && (is) <= top[s])
#else
#define IS_REVOKED(s, is, w) (revoked[s] && KEY(w) == 1)
#endif

#ifdef BROKEN_UNSIGNED
#define IS_SIGNED(w) true
#elif defined(BROKEN_UNSIGNED_PURGE)
#define IS_SIGNED(w) (((w) & UNSIGNED) == 0 || WHAT(w) == PURGE)
#else
#define IS_SIGNED(w) (((w) & UNSIGNED) == 0)
#endif

#ifdef BROKEN_PURGE_WITHOUT_SEQUENCE
#define ORDER_NEWS(is, w, s)                                                   \
	(NEWS(is, w, seq[s], says[s]) ||                                       \
		(WHAT(w) == PURGE && WHAT(says[s]) != PURGE))
#elif defined(BROKEN_CIRCULAR)
/* As of 16 numbers in a circle. */
#define ORDER_NEWS(is, w, s)                                                   \
	(says[s] == 0 ||                                                       \
		((is) != seq[s] && (((is)-seq[s] + 256) % 16) < 8) ||          \
		((is) == seq[s] && (w) > says[s]))
#else
#define ORDER_NEWS(is, w, s) NEWS(is, w, seq[s], says[s])
#endif

inline hear(s, from, is, w)
{
	if
	:: !IS_SIGNED(w)
	:: IS_SIGNED(w) && ORDER_NEWS(is, w, s) ->
		if
		:: IS_REVOKED(s, is, w)
		:: else ->
			if
			:: s == 0 ->
#ifndef BROKEN_NO_FIGHT_BACK
				install(s, from, is, w);
				epoch_heard(is)
#else
				skip
#endif
			:: else -> install(s, from, is, w)
			fi
		fi
	:: IS_SIGNED(w) && !ORDER_NEWS(is, w, s) ->
		if
		:: from == s /* nobody's session */
		:: from != s && is == seq[s] && w == says[s] ->
			P(s, from) = P(s, from) & ~CLAIM
		:: else ->
			P(s, from) = P(s, from) | CLAIM
		fi
	fi
}

inline revoke(s, from)
{
	if
	:: revoked[s]
	:: else ->
		revoked[s] = 1;
		flood(s, from, REVOCATION);
#ifndef BROKEN_REVOKED_STAYS
		if
		:: KEY(says[s]) == 1 -> seq[s] = 0; says[s] = 0
		:: else
		fi;
#endif
		top[s] = 0;
		if
		:: s != 0 && LINK(0, s) && linked_by[s - 1] == 1 -> cut(0, s)
		:: else
		fi
	fi
}

/* --- a session ------------------------------------------------------------------- */

#define LACKS(t, is, w)                                                        \
	((w) != 0 && (says[t] == 0 || (is) > seq[t] ||                         \
			     ((is) == seq[t] && (w) != says[t])))

/* What a request brings, without one. */
inline compared(f, t)
{
	if
	:: LACKS(t, seq[f], says[f]) -> P(f, t) = P(f, t) | CLAIM
	:: else
	fi;
	if
	:: revoked[f] && !revoked[t] -> P(f, t) = P(f, t) | REVOCATION
	:: else
	fi
}

inline compare(a, b)
{
#if EXCHANGE
	P(a, b) = SUMMARY;
	P(b, a) = SUMMARY
#else
	compared(a, b);
	compared(b, a)
#endif
}

#define BARS(s) (revoked[s] && key == 1)
#define MAY_JOIN(a, b)                                                         \
	(up[a] && up[b] && !LINK(a, b) && !((a) == 0 && BARS(b)) &&            \
		!(CHAIN && (a) == 0 && (b) == 1))

inline join(a, b)
{
	LINK(a, b) = 1;
	if
	:: a == 0 -> linked_by[b - 1] = key
	:: else
	fi;
#ifndef BROKEN_NO_EXCHANGE
	compare(a, b)
#endif
}

#define MAY_SEND(f, t) (P(f, t) != 0 && len(W(f, t)) < DEPTH)

inline send(f, t)
{
	if
	:: P(f, t) & ASK_REVOCATION ->
		P(f, t) = P(f, t) & ~ASK_REVOCATION;
		W(f, t)!request_revocation, 0, 0, 0
	:: else ->
		if
		:: P(f, t) & ASK_CLAIM ->
			P(f, t) = P(f, t) & ~ASK_CLAIM;
			W(f, t)!request_claim, 0, 0, 0
		:: else ->
			if
			:: P(f, t) & REVOCATION ->
				P(f, t) = P(f, t) & ~REVOCATION;
				W(f, t)!revocation, 0, 0, 0
			:: else ->
				if
				:: P(f, t) & CLAIM ->
					P(f, t) = P(f, t) & ~CLAIM;
					if
					:: says[f] != 0 ->
						W(f, t)!claim, seq[f], says[f], 0
					:: else /* NONE: nothing comes of it */
					fi
				:: else ->
					P(f, t) = P(f, t) & ~SUMMARY;
					W(f, t)!summary, seq[f], says[f], revoked[f]
				fi
			fi
		fi
	fi
}

inline read(f, t)
{
	W(f, t)?what, is, w, rev;
	if
	:: what == summary ->
		if
		:: LACKS(t, is, w) -> P(t, f) = P(t, f) | ASK_CLAIM
		:: else
		fi;
		if
		:: rev && !revoked[t] -> P(t, f) = P(t, f) | ASK_REVOCATION
		:: else
		fi
	:: what == request_claim && says[t] != 0 -> P(t, f) = P(t, f) | CLAIM
	:: what == request_claim && says[t] == 0
	:: what == request_revocation && revoked[t] ->
		P(t, f) = P(t, f) | REVOCATION
	:: what == request_revocation && !revoked[t]
	:: what == revocation -> revoke(t, f)
	:: what == claim -> hear(t, f, is, w)
	fi;
	what = summary;
	is = 0;
	w = 0;
	rev = 0
}

/* A claim that comes too fast is not judged now, and asked for later. */
#define MAY_COME_EARLY(f, t)                                                   \
	((t) != 0 && early < EARLY && W(f, t)?[claim, _, _, _])

inline read_early(f, t)
{
	W(f, t)?what, is, w, rev;
	early++;
	if
	:: NEWS(is, w, seq[t], says[t]) ->
#ifndef BROKEN_EARLY_DROPPED
		late[t] = f + 1;
		late_seq[t] = is
#else
		skip
#endif
	:: else -> hear(t, f, is, w)
	fi;
	what = summary;
	is = 0;
	w = 0;
	rev = 0
}

inline ask_late(t)
{
	if
	:: says[t] != 0 && seq[t] >= late_seq[t]
	:: else -> P(t, late[t] - 1) = P(t, late[t] - 1) | ASK_CLAIM
	fi;
	late[t] = 0;
	late_seq[t] = 0
}

/* --- the origin ------------------------------------------------------------------ */

#define WISHED (want == 0 -> PURGE : want)
#define IS_SAID                                                                \
	((says[0] == 0 && want == 0) ||                                        \
		(says[0] != 0 && EPOCH(seq[0]) <= epoch &&                     \
			EPOCH(seq[0]) >= anew && KEY(says[0]) == key &&        \
			WHAT(says[0]) == WISHED))
#define MAY_SAY (up[0] && running && !(revoked[0] && key == 1))

inline say()
{
	if
	:: says[0] != 0 && EPOCH(seq[0]) > epoch -> epoch_raise(EPOCH(seq[0]))
	:: else ->
		if
		:: says[0] != 0 && EPOCH(seq[0]) == epoch &&
			COUNTER(seq[0]) > counter -> counter = COUNTER(seq[0])
		:: else
		fi;
		counter++;
		assert(counter < COUNTERS); /* of the model: too small */
		assert(NEWS(SEQ(epoch, counter), 0, seq[0], says[0]));
		install(0, 0, SEQ(epoch, counter),
			SAYS(key, WISHED))
	fi
}

/* A start: what the disk has is in place. */
inline start(s)
{
	restarts++;
	up[s] = 1;
	top[s] = 0;
	if
	:: s == 0 ->
		epoch++;
		if
		:: says[0] != 0 -> epoch_raise(EPOCH(seq[0]))
		:: else
		fi;
		counter = 0;
		anew = 0;
		running = 0
	:: else
	fi;
	if
	:: revoked[s] && KEY(says[s]) == 1 -> seq[s] = 0; says[s] = 0
	:: else
	fi
}

/* --- what holds ------------------------------------------------------------------ */

#define IDLE(a, b) (P(a, b) == 0 && P(b, a) == 0 && len(W(a, b)) == 0 && len(W(b, a)) == 0)
#define QUIET                                                                  \
	(IDLE(0, 1) && IDLE(0, 2) && IDLE(1, 2) && !MAY_JOIN(0, 1) &&          \
		!MAY_JOIN(0, 2) && !MAY_JOIN(1, 2) && late[0] == 0 &&          \
		late[1] == 0 && late[2] == 0 && (!up[0] || running) &&         \
		(!MAY_SAY || IS_SAID))
#define SAME(a, b)                                                             \
	(!LINK(a, b) ||                                                        \
		(seq[a] == seq[b] && says[a] == says[b] &&                     \
			revoked[a] == revoked[b]))
#define AGREED (SAME(0, 1) && SAME(0, 2) && SAME(1, 2))
#define WANTED(s)                                                              \
	(!LINK(0, s) || !MAY_SAY ||                                            \
		(want == 0 && WHAT(says[s]) < 2) ||                            \
		(want != 0 && WHAT(says[s]) == want && KEY(says[s]) == key))

inline holds(s)
{
	assert(!up[s] || says[s] == 0 || seq[s] >= top[s]); /* none goes down */
	if
	:: up[s] && says[s] != 0 -> top[s] = seq[s]
	:: else
	fi;
	assert((says[s] & UNSIGNED) == 0);
	assert(!up[s] || !revoked[s] || KEY(says[s]) != 1)
}

inline check()
{
	i = 0;
	holds(0);
	holds(1);
	holds(2);
	if
	:: QUIET && AGREED ->
		assert(WANTED(1) && WANTED(2));
		rounds = 0
	:: else -> assert(!QUIET || rounds < ROUNDS)
	fi
}

/* --- the world ------------------------------------------------------------------- */

#define SESSION(a, b)                                                          \
	:: d_step { MAY_JOIN(a, b) -> join(a, b); check() }                    \
	:: d_step { MAY_SEND(a, b) -> send(a, b); check() }                    \
	:: d_step { MAY_SEND(b, a) -> send(b, a); check() }                    \
	:: d_step { len(W(a, b)) > 0 -> read(a, b); check() }                   \
	:: d_step { len(W(b, a)) > 0 -> read(b, a); check() }                   \
	:: d_step { MAY_COME_EARLY(a, b) -> read_early(a, b); check() }        \
	:: d_step { MAY_COME_EARLY(b, a) -> read_early(b, a); check() }        \
	:: d_step { LINK(a, b) && resets < RESETS ->                           \
		resets++; rounds = 0; cut(a, b); check() }

#define SERVER(s, a, b)                                                        \
	:: d_step { late[s] != 0 -> ask_late(s); check() }                     \
	:: d_step { up[s] && restarts < RESTARTS ->                            \
		rounds = 0; up[s] = 0; cut(s, a); cut(s, b); check() }         \
	:: d_step { !up[s] && restarts < RESTARTS -> start(s); check() }       \
	:: d_step { !up[s] && restarts < RESTARTS -> /* its disk is lost */    \
		seq[s] = 0; says[s] = 0; revoked[s] = 0;                       \
		if                                                             \
		:: s == 0 -> epoch = 0                                         \
		:: else                                                        \
		fi;                                                            \
		start(s); check() }                                            \
	:: d_step { !up[s] && restarts < RESTARTS && backup_of == s ->         \
		seq[s] = backup_seq; says[s] = backup_says;                    \
		revoked[s] = backup_revoked;                                   \
		if                                                             \
		:: s == 0 -> epoch = backup_epoch                              \
		:: else                                                        \
		fi;                                                            \
		start(s); check() }                                            \
	:: d_step { up[s] && backups < BACKUPS ->                              \
		backups++; backup_of = s; backup_seq = seq[s];                 \
		backup_says = says[s]; backup_revoked = revoked[s];            \
		if                                                             \
		:: s == 0 -> backup_epoch = epoch                              \
		:: else                                                        \
		fi }                                                           \
	:: d_step { up[s] && !revoked[s] && revokes < REVOKES ->               \
		revokes++; rounds = 0; revoke(s, s); check() }

#define WISH(w)                                                                \
	:: d_step { up[0] && running && changes < CHANGES && want != w ->      \
		changes++; rounds = 0; want = w; check() }

/* What an insider, or who has stolen key 1, says to a server of the origin. */
#define LIE(s, is, w, n, N_MAX)                                                \
	:: d_step { up[s] && says[s] != 0 && n < N_MAX ->                      \
		n++; rounds = 0; hear(s, s, is, w); check() }

active proctype world()
{
	byte i, is, w;
	bit rev;
	mtype what = summary;
	/* the same from here on */
end:
	do
	SESSION(0, 1)
	SESSION(0, 2)
	SESSION(1, 2)
	SERVER(0, 1, 2)
	SERVER(1, 0, 2)
	SERVER(2, 0, 1)
	:: d_step { up[0] && !running -> running = 1; check() }
	:: d_step { MAY_SAY && !IS_SAID -> say(); check() }
	WISH(0)
	WISH(2)
	WISH(3)
	/* Rebuilt with a new key, on its disk or on an empty one. */
	:: d_step { !up[0] && rekeys < REKEYS -> rekeys++; key = 2 }
	LIE(1, seq[1] + 1, SAYS(1, PURGE) | UNSIGNED, forged, FORGED)
	LIE(1, seq[1] + 1, SAYS(1, PURGE), stolen, STOLEN)
	LIE(1, seq[1] + COUNTERS, SAYS(1, 3), stolen, STOLEN)
	LIE(1, seq[1], SAYS(1, 3), stolen, STOLEN)
	/* A DIGEST in FULL. */
	:: d_step { QUIET && !AGREED ->
		rounds++;
		if
		:: LINK(0, 1) -> compare(0, 1)
		:: else
		fi;
		if
		:: LINK(0, 2) -> compare(0, 2)
		:: else
		fi;
		if
		:: LINK(1, 2) -> compare(1, 2)
		:: else
		fi }
	od
}
