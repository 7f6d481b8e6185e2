/*
 * steps.pml - which ways three servers use, while lines are cut, servers die
 * and disks are lost. By spin(1); t/model/check runs it.
 *
 * Each says with whom it is FULL, the others hear of it, and each computes by
 * what it knows. What is modelled, and where the rule stands in src/core:
 *
 *     who is FULL, and when each end notices      node/adjacent.c
 *     what a server says of itself                say_server() of node/origin.c
 *     flooding and the exchange                   node/sessions.c, node/sync.c
 *     a step is used that both its ends announce  view/steps.c
 *     the shortest way by them                    paths/spf.c
 *
 * Left out: mail services, costs, paths of last resort, signatures; numbers
 * are of one kind (flood.pml has epochs, and what is under way), and who hears
 * a number of his own above what he has said goes on above it.
 *
 * When it is quiet (check() below): a server has a way to another exactly if
 * lines and living servers lead there; each hop is one with whom the server
 * before it has a session; no way comes back. -DCUTS, -DRESTARTS, -DDEATHS say
 * how often; -DBROKEN_... takes a rule away, which must be found.
 */

#ifndef CUTS
#define CUTS 1
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#ifndef EARLY
#define EARLY 0
#endif

#define N 3
#define MOST 15
#define AT(s, t) ((s) * N + (t))
#define BIT(s) (1 << (s))
#define LINE(a, b) line[(a) + (b)-1]

/* What s knows of t: a number, 0 if nothing, and whom t has named. */
byte number[N * N], named[N * N];
/* Has s a session with t, as s sees it. */
bit met[N * N];
/* Of whom t is to be told by s. */
byte pending[N * N];

bit line[N] = 1;
bit up[N] = 1;
byte said[N]; /* in this life */
byte cuts, deaths, restarts, early;

inline tell(s, from, whose)
{
	for (i : 0 .. 2) {
		if
		:: i != s && i != from && met[AT(s, i)] ->
			pending[AT(s, i)] = pending[AT(s, i)] | BIT(whose)
		:: else
		fi
	}
}

#define KNOWN(s)                                                               \
	((number[AT(s, 0)] > 0 -> 1 : 0) | (number[AT(s, 1)] > 0 -> 2 : 0) |   \
		(number[AT(s, 2)] > 0 -> 4 : 0))

inline join(a, b)
{
	met[AT(a, b)] = 1;
	met[AT(b, a)] = 1;
	pending[AT(a, b)] = KNOWN(a);
	pending[AT(b, a)] = KNOWN(b)
}

/* s notices that its session with t is over: what waits is lost. */
inline lose(s, t)
{
	met[AT(s, t)] = 0;
	pending[AT(s, t)] = 0
}

#define REACHES(s, t) (LINE(s, t) && up[s] && up[t])
#define IS_OVER(s, t) (met[AT(s, t)] && (!met[AT(t, s)] || !REACHES(s, t)))
#define MAY_JOIN(a, b) (REACHES(a, b) && !met[AT(a, b)] && !met[AT(b, a)])
#define MAY_TELL(s, t) (pending[AT(s, t)] != 0 && REACHES(s, t) && met[AT(t, s)])

#define NEWS(s)                                                                \
	(is > number[AT(s, whose)] ||                                             \
		(is == number[AT(s, whose)] && who > named[AT(s, whose)]))

/* One instance goes from a session's end to the other. */
inline hear(s, from)
{
	do
	:: pending[AT(from, s)] & BIT(whose) -> break
	:: else -> whose++
	od;
	pending[AT(from, s)] = pending[AT(from, s)] & ~BIT(whose);
	is = number[AT(from, whose)];
	who = named[AT(from, whose)];
	if
	:: NEWS(s) ->
		number[AT(s, whose)] = is;
		named[AT(s, whose)] = who;
		tell(s, from, whose)
	:: !NEWS(s) && is == number[AT(s, whose)] && who == named[AT(s, whose)] ->
		pending[AT(s, from)] = pending[AT(s, from)] & ~BIT(whose)
	:: else -> pending[AT(s, from)] = pending[AT(s, from)] | BIT(whose)
	fi;
	whose = 0;
	is = 0;
	who = 0
}

/* Whom s has a session with now. */
#define JOINED(s)                                                              \
	((met[AT(s, 0)] -> 1 : 0) | (met[AT(s, 1)] -> 2 : 0) |               \
		(met[AT(s, 2)] -> 4 : 0))
#ifdef BROKEN_LOSS_UNSAID
/* What is lost is not said as long as something is left. */
#define IS_SAID(s)                                                             \
	(said[s] != 0 && named[AT(s, s)] != 0 && JOINED(s) != 0 &&             \
		(JOINED(s) & ~named[AT(s, s)]) == 0)
#else
#define IS_SAID(s)                                                             \
	(number[AT(s, s)] != 0 && named[AT(s, s)] == JOINED(s))
#endif

inline say(s)
{
	if
	:: number[AT(s, s)] > said[s] -> said[s] = number[AT(s, s)]
	:: else
	fi;
	said[s]++;
	assert(said[s] < MOST); /* of the model: too small */
	number[AT(s, s)] = said[s];
	named[AT(s, s)] = JOINED(s);
	tell(s, s, s)
}

inline forget_disk(s)
{
	number[AT(s, 0)] = 0;
	number[AT(s, 1)] = 0;
	number[AT(s, 2)] = 0;
	named[AT(s, 0)] = 0;
	named[AT(s, 1)] = 0;
	named[AT(s, 2)] = 0
}

/* --- what holds ------------------------------------------------------------------ */

/* As s knows it. */
#ifdef BROKEN_ONE_WORD_SUFFICES
#define STEP(s, a, b) ((named[AT(s, a)] & BIT(b)) || (named[AT(s, b)] & BIT(a)))
#elif defined(BROKEN_FAR_END_DECIDES)
#define STEP(s, a, b) (named[AT(s, b)] & BIT(a))
#else
#define STEP(s, a, b) ((named[AT(s, a)] & BIT(b)) && (named[AT(s, b)] & BIT(a)))
#endif
/* Where s sends what is for d, m being the third; s: nowhere. */
#define HOP(s, d, m) (STEP(s, s, d) -> d : (STEP(s, s, m) && STEP(s, m, d) -> m : s))

#define TRUE_STEP(a, b) (met[AT(a, b)] && met[AT(b, a)])
#define TRUE_WAY(s, d, m)                                                      \
	(TRUE_STEP(s, d) || (TRUE_STEP(s, m) && TRUE_STEP(m, d)))

#define NO_NEWS(a, b)                                                          \
	(pending[AT(a, b)] == 0 && pending[AT(b, a)] == 0 &&                   \
		!MAY_JOIN(a, b) && !IS_OVER(a, b) && !IS_OVER(b, a))
#define QUIET                                                                  \
	(NO_NEWS(0, 1) && NO_NEWS(0, 2) && NO_NEWS(1, 2) &&                    \
		(!up[0] || IS_SAID(0)) && (!up[1] || IS_SAID(1)) &&            \
		(!up[2] || IS_SAID(2)))

inline leads(s, d, m)
{
	if
	:: up[s] ->
		assert((HOP(s, d, m) != s) == TRUE_WAY(s, d, m));
		assert(HOP(s, d, m) != d || TRUE_STEP(s, d));
		assert(HOP(s, d, m) != m ||
			(TRUE_STEP(s, m) && HOP(m, d, s) == d))
	:: else
	fi
}

inline check()
{
	i = 0;
	if
	:: QUIET ->
		leads(0, 1, 2);
		leads(0, 2, 1);
		leads(1, 0, 2);
		leads(1, 2, 0);
		leads(2, 0, 1);
		leads(2, 1, 0)
	:: else
	fi
}

/* --- the world ------------------------------------------------------------------- */

#define ONE_WAY(s, t)                                                          \
	:: d_step { MAY_TELL(t, s) -> hear(s, t); check() }                    \
	:: d_step { IS_OVER(s, t) -> lose(s, t); check() }

#define PAIR(a, b)                                                             \
	ONE_WAY(a, b)                                                          \
	ONE_WAY(b, a)                                                          \
	:: d_step { MAY_JOIN(a, b) -> join(a, b); check() }                    \
	:: d_step { LINE(a, b) && cuts < CUTS ->                               \
		cuts++; LINE(a, b) = 0; check() }                              \
	:: d_step { !LINE(a, b) -> LINE(a, b) = 1; check() }                   \
	/* a reset: the line stays */                                          \
	:: d_step { met[AT(a, b)] && cuts < CUTS ->                           \
		cuts++; lose(a, b); check() }

#define SERVER(s, a, b)                                                        \
	:: d_step { up[s] && !IS_SAID(s) -> say(s); check() }                  \
	:: d_step { up[s] && deaths < DEATHS ->                                \
		deaths++; up[s] = 0; lose(s, a); lose(s, b); check() }         \
	:: d_step { !up[s] && restarts < RESTARTS ->                           \
		restarts++; up[s] = 1; said[s] = 0; check() }                  \
	:: d_step { !up[s] && restarts < RESTARTS -> /* its disk is lost */    \
		restarts++; up[s] = 1; said[s] = 0; forget_disk(s); check() }

active proctype world()
{
	byte i, whose, is, who;
	/* It begins where all know all. */
	d_step {
		for (i : 0 .. 8) {
			number[i] = 1;
			named[i] = 7 - BIT(i % N);
			met[i] = (i % N != i / N)
		};
		said[0] = 1;
		said[1] = 1;
		said[2] = 1;
		i = 0
	}
end:
	do
	PAIR(0, 1)
	PAIR(0, 2)
	PAIR(1, 2)
	SERVER(0, 1, 2)
	SERVER(1, 0, 2)
	SERVER(2, 0, 1)
	od
}
