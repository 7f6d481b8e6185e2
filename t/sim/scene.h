/*
 * scene.h - a scene is a text: who is linked, what breaks when, and what
 * must hold. One line is one sentence; `#` begins a comment. The first
 * comment line is the title. t/sim/scenes/ has them.
 *
 * Who is there (a set of hosts is a host, `@group`, or `all`; several are
 * joined with commas):
 *
 *     host NAME GROUP [by=HOST]         (nobody's configuration has it, and
 *                                       its own has that peer alone)
 *     connector OWNER NAME GROUP COST BRIDGEHEAD... [no-peer]
 *     connector OWNER NAME GROUP COST any       (bridgehead = any)
 *     peer HOST HOST
 *     space HOST PATTERN [cost=N] [local] [fallback] [no-relay] [way=TEXT]
 *         [count=N]                     (so many, below the pattern)
 *         [listed]                      (of a file: no certificate allows it)
 *
 * What happens:
 *
 *     start SET [lost|old|epoch-only|copy-lost|image-old]    (world_disk)
 *     clone HOST HOST                   (its disk is made of the other's)
 *     clock SET back|ahead TIME         (of the world's)
 *     stop SET                          kill SET     crash SET
 *     hang SET                          resume SET   mail SET up|down
 *     six HOST first|last               (its mail service has IPv6, too,)
 *     six HOST up|down                  (and others reach it there)
 *     families SET ipv4|ipv6|all        (of its MTA)
 *     denies SET yes|no                 (it does not relay for us)
 *     certified SET                     (whose address nobody knows may come)
 *     busy SET yes|no                   (its mail service answers 421)
 *     greets SET TIME                   (its mail service, so late)
 *     short SET REASON|of-nothing       (no probe can begin there)
 *     probe-interval SET TIME           digest-interval SET TIME
 *     cut SET SET [peer|mail [one-way]] [silent]
 *     heal SET SET [peer|mail]
 *     line SET SET [rate=N] [fits=N] [older] [well]
 *         (octets a second; the largest packet; version 1 alone at its ends)
 *     publisher SET stuck|copies|works  age-disks
 *         (copies: and hangs before it writes the MTA's table)
 *     confirm-above SET PERCENT         (of its routes, by a configuration)
 *     disk SET full|no-room|ok          queue SET idle|waits|unread
 *     mta SET asks|silent|unknown|hangs|no-default  (its tables, or `*` alone)
 *     drain HOST yes|no                 unspace HOST PATTERN
 *     names HOST HOST                   (the other's mail service as its own)
 *     cost HOST CONNECTOR N             rekey HOST
 *     limit HOST CONNECTOR [size=N] [times=TIMES] [urgent]
 *         [large=N by=TIMES] [deny=PATTERN] [allow=PATTERN]
 *                                       (none of these: it takes all)
 *     remark SET                        (another mark key)
 *     forget HOST at HOST               revoke HOST at HOST
 *     grant HOST at HOST PATTERN N      (its list, so many below the pattern)
 *     regrant HOST stranger|old by HOST to HOST  (forged, of seized.example)
 *     reads SET yes|no                  (lists, as it says of itself)
 *     may SET GROUP                     enforce yes|no at HOST
 *                                       (connectors by certificate)
 *     forge KIND HOST by HOST to HOST   (kinds: plan.h)
 *     ask HOST WORDS...
 *     run TIME                          quiet [TIME [soon]]
 *     flap SET PERIOD TIME              (mail services, half of it down)
 *
 * `schedule HOST CONNECTOR TIMES`: when it is open, `|` for a blank.
 *
 * Faults (fault.c):
 *
 *     mute SET SET yes|no               (what the first send to the others
 *                                       vanishes, and not what comes back)
 *     delay SET SET TIME                flip HOST HOST N  (octets on its way)
 *     drift SET PPM                     (of its clock)
 *     spoil SET flip|cut                (its state on the disk)
 *     file HOST N full|ok               (enum file_what of engine.h)
 *     held HOST PATTERN|none TIME       (a message waits so long)
 *     twin NAME HOST                    (a second one of its identity)
 *     try SET                           (what would another configuration move?)
 *     insider HOST N                    (it means ill, so often: insider.h)
 *     times SET KEEPALIVE DEAD          mend  (all that is broken, and all
 *                                       start that may)
 *
 * `seed N` is where chance begins; after `loose` a sentence that cannot be done
 * now is left out: so swarm.c can take lines out of a scene.
 *
 * Letters (post.h): `post HOST N PATTERN,... [size=N] [from=ADDRESS]` begins so
 * many, and `settled TIME` waits until all are where they go.
 *
 * `quiet` runs until nothing moves and then asks truth.h; `soon`: after a third of
 * a minute, then a minute, and so on, until all of it holds.
 *
 * Mail (traffic.h), for which `traffic` lets time pass:
 *
 *     flow HOST PATTERN N               (messages a second from now on)
 *     takes SET N|all|none              traffic TIME
 *     reporter SET works|dead           tell HOST about HOST WORDS...
 *
 * What must hold:
 *
 *     route SET PATTERN remote|last-resort|here|way|hold|none
 *         [via=HOST,...] [cost=N] [hops=N] [reason=WORD]
 *     hops SET PATTERN DIGITS           (families of its addresses, in order)
 *     flows SET PATTERN                 stuck SET PATTERN
 *     status SET KEY TEXT               db SET HOST TYPE live|purged|none
 *     leads HOST CONNECTOR N            (its LSA names so many bridgeheads)
 *     away SET SET-OR-none              marks SET HOST N...|none
 *                                       (its mark keys, by number)
 *     event SET WORD yes|no|N           (since the last mark; N at most)
 *     mark                              signed SET N  (at most, since mark)
 *     asked SET N                       (whether it relays, since looked at)
 *     probed SET [N] N                  (its mail service, since mark)
 *     waiting SET N                     arrived PATTERN N
 *     retried SET N|any                 (patterns, since it was looked at)
 *     watch holds | flows | views       unwatch
 *
 * `watch holds`: from now on no table that is published has a hold;
 * `watch flows`: from now on mail from every host for every pattern gets
 * through by the tables of each moment; `watch views`: to the end the view that
 * follows changes is compared with a whole one after every step (rule.h).
 */

#ifndef T_SIM_SCENE_H
#define T_SIM_SCENE_H

#include <stdio.h>

#include "t/sim/traffic.h"
#include "t/sim/world.h"

#define SCENE_WORDS 24
#define SCENE_LINE 8192
#define SCENE_QUIET_MS 120000u

struct scene {
	struct world *world;
	unsigned line;
	char *word[SCENE_WORDS];
	size_t n;
	bool watch_holds, watch_flows;
	uint64_t marked[WORLD_NODES];
	uint64_t probed[WORLD_NODES];
	uint64_t events[WORLD_NODES][EVENT_KINDS];
	struct traffic
	    *traffic; /* by scene_traffic(); NULL: none was asked for */
};

struct scene_verb {
	const char *word;
	size_t min, max; /* words after it */
	void (*act)(struct scene *scene);
};

/* Tables that end with a NULL word. */
extern const struct scene_verb scene_actions[], scene_host_actions[],
    scene_faults[], scene_claims[];

/* Some of them: order.c. */
void authority_forget(struct scene *scene);
void authority_revoke(struct scene *scene);

/* list.c */
void list_grant(struct scene *scene);
void list_regrant(struct scene *scene);
void list_reads_set(struct scene *scene);
void authority_enforce(struct scene *scene);
void order_may(struct scene *scene);
void order_forge(struct scene *scene);

/* The scene fails with the line it has come to. */
__attribute__((format(printf, 2, 3))) void scene_fail(
    struct scene *scene, const char *fmt, ...);

/* It cannot be done now: fails, or goes on where it is `loose`. */
__attribute__((format(printf, 2, 3))) void scene_skip(
    struct scene *scene, const char *fmt, ...);

/* A host, or NULL and the scene fails. */
struct node *scene_host(struct scene *scene, const char *name);

/* Calls `act` for each host of a set. */
void scene_each(struct scene *scene, const char *set,
    void (*act)(struct scene *scene, struct node *node));

/* Whether the host is in the set. */
bool scene_in(const struct node *node, const char *set);

/* The value of the word `key=value`, or NULL. */
const char *scene_option(const struct scene *scene, const char *key);
bool scene_has(const struct scene *scene, const char *word);

/* The mail of traffic.h, from the first sentence about it on. */
struct traffic *scene_traffic(struct scene *scene);

/* "90s", "500ms", "2m", "1h" to milliseconds; 0 when it is none. */
uint64_t scene_time(const char *text);

/* A scene that is played, and what came of it. */
struct scene_run {
	FILE *in;      /* NULL: cannot be read */
	uint64_t seed; /* where chance begins, unless the scene says it */
	enum world_how how;
	char title[128];
	char *failed;  /* NULL, or why; the caller's, for mem_free */
	unsigned line; /* the last that was played */
	uint64_t ms;   /* the world's time then */
	uint64_t trace, steps, letters;
};

void scene_run(struct scene_run *run);

/*
 * Plays a scene from its file. Returns NULL, or why it failed (to be freed
 * with mem_free). The trace's hash goes to *trace.
 */
char *scene_play(const char *file, uint64_t seed, enum world_how how,
    char title[128], uint64_t *trace);

#endif
