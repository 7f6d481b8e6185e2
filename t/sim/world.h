/*
 * world.h - a network of real engines in virtual time.
 *
 * Each node is one host: an engine (lsrd), a mail service, a disk, and a
 * published table that outlives lsrd. Between hosts run ordered byte streams
 * (port 691), cut into segments at random, and mail connections (port 25),
 * of which only whether they would succeed is modelled. Everything random
 * comes from the seed; two runs of one seed are equal to the last octet,
 * and `trace` is the hash that shows it.
 *
 *     scene.c, chance.c      what is done to the world
 *     world.c                hosts: start, stop, inputs and effects
 *     disk.c                 what they keep
 *     cable.c                streams: dial, segments, cuts
 *     rule.c                 what must hold after every step
 *     truth.c                what must hold once the world is quiet
 */

#ifndef T_SIM_WORLD_H
#define T_SIM_WORLD_H

#include "base/rng.h"
#include "base/vec.h"
#include "core/node/engine.h"
#include "core/trace/mtable.h"
#include "t/sim/agenda.h"
#include "t/sim/cheap_seal.h"

#define WORLD_NODES 208 /* the largest drawn, and some to spare */
#define WORLD_DISKS (SAVE_OVERRIDES + 1)
#define WORLD_ZONE ".sim" /* l1 is the server l1.sim */
#define WORLD_WALL 1700000000u

enum path {
	PATH_OPEN,
	PATH_REFUSED, /* as by a firewall that rejects, or a reset */
	PATH_SILENT   /* packets vanish */
};

/* What a path carries of streams. */
struct line {
	uint32_t rate; /* octets a second; 0: any */
	uint32_t fits; /* a packet of more octets vanishes; 0: none */
	bool older;    /* who is at its ends speaks version 1 alone */
};

struct blob {
	uint8_t *p; /* NULL: nothing is saved */
	size_t n;
};

/* The table that the MTA reads. */
struct mta_table {
	uint64_t serial; /* order in which tables were given out */
	uint64_t epoch;  /* of the lsrd that made it */
	uint64_t generation;
	struct route *routes; /* mta_table_room() */
	size_t n;
	uint32_t *holders; /* so many tables have these routes */
};

/* The newest probe of each number; an older one is given up. */
struct probe {
	uint32_t who;
	uint64_t serial;
	uint64_t ended; /* what was late until then is given up, too */
};

struct happening;

struct node {
	struct world *world;
	char *name;
	struct addr addr; /* ports: 25 mail, 691 peers */
	struct addr six;  /* of its mail service too; family 0: it has none */
	bool six_up;      /* others reach it there */
	struct setup conf;
	struct setup *in_force; /* lent to the engine */
	bool held;              /* FX_WAITING: it did not come into force */
	struct claims may;      /* what its certificate is to say */
	uint32_t key; /* number of its key: another disk, another key */
	struct cheap_seal cheap;
	struct crypto crypto;

	struct engine *engine; /* NULL: lsrd does not run */
	uint32_t life;         /* rises with each start and stop of lsrd */
	uint32_t sessions;     /* numbers given so far */
	bool host_up, mail_up;
	bool takes_none;   /* its mail service answers, and refuses all mail */
	bool hung;         /* lsrd is stopped, the kernel is not */
	int64_t ahead_s;   /* its clock, before the world's, */
	int64_t drift_ppm; /* and gains so much from then on */
	struct mono drifts_since;

	bool denies;        /* it does not relay to whom a RCPT of ours names */
	uint64_t asked;     /* so often did one ask it */
	bool busy;          /* its mail service answers 421 */
	uint64_t greets_ms; /* its mail service takes so long to greet */
	const char *shortage; /* why no probe can begin here; NULL: they can */
	struct mono short_since;
	bool mta_down;   /* by the last that it said of its own */
	uint64_t probed; /* so often was its mail service probed */
	VEC(struct happening *) backlog;
	struct mono wake;
	struct mono ticked;
	uint64_t spins; /* ticks in the same millisecond */
	VEC(struct probe) probes;

	struct blob disk[WORLD_DISKS], week_old[WORLD_DISKS]; /* by what */
	bool foreign;     /* octets there are no more as it wrote them */
	bool all_saved;   /* its end was one in order */
	bool unknown;     /* nothing on its disk has all that is in its table */
	bool lacks;       /* so its table may lack what it had until then */
	bool rolled_back; /* the MTA's own table is an old one */
	bool refused;     /* it stays, in place of an empty one (disk.h) */
	struct buf unsaved;  /* of the state: waits for the disk, */
	bool unsaved_whole;  /* in place of all that is there */
	uint32_t state_life; /* the state on the disk is of this life */
	uint32_t disk_key;   /* and sealed by that key */
	bool file_of_before; /* it is none of parts (saved.h) */
	bool disk_full;      /* nothing is saved */
	bool disk_no_room;   /* and the copy has no more room to grow, either */
	uint64_t noted;      /* generation of a table without its copy */
	struct mta_table table, table_old;
	struct mta_table copy, copy_old; /* the publisher's; without serial */
	enum { QUEUE_IDLE, QUEUE_WAITS, QUEUE_UNREAD } queue;
	uint32_t queue_life; /* in which the queue is read */
	bool stopping;       /* what it has to save is on the disk at once */
	bool stopped;        /* in order */
	bool gone;           /* forgotten, and not seen since */
	bool stolen;         /* its key was revoked, and it has no other */
	bool twin;           /* another host is the one it says it is */
	bool forged;         /* under a number of it there are two words */
	struct mtable_version annex; /* said last, in its life `annex_life` */
	uint32_t annex_life;
	uint64_t retries;   /* FX_RETRY, since a scene looked */
	struct buf besides; /* the annex itself */
	uint32_t marks;     /* number of its mark key; 0: it has none */
	bool publish_stuck;
	bool publish_copies; /* and hangs then, before the MTA's table */
	struct mta mta;      /* as a reading finds it, every so often */
	bool mta_hangs;      /* no reading comes to an end */
	uint64_t mta_serial; /* of the reading to come */
	VEC(struct addr) allow;
	bool certified; /* it lets in who is at no address of these, too */

	uint64_t signed_; /* LSAs it has signed */
	size_t granted;   /* so many patterns of its list, by the authority */
	struct buf first, last; /* of them: server LSAs, without signature */
	VEC(char *) claimed;    /* patterns that it has ever said to have */
	uint64_t events[EVENT_KINDS];
	uint64_t given_up; /* exchanges that were too slow */
	struct buf reply;  /* to the last query */
	char *more;        /* asks for the rest of it */
	void *ledger;      /* rule.c's memory of its database */
	bool changed;      /* its database, since rule.c looked */
	bool acted;        /* it did more than to send and to ask since then */
};

struct cable;

/* How it is played: flags. */
enum world_how {
	WORLD_VERBOSE = 1, /* each input and event, as comments */
	WORLD_FOLLOWS = 2  /* views are compared with whole ones (rule.h) */
};

struct world {
	uint64_t seed;
	struct rng rng;
	struct mono now;
	uint64_t trace;
	uint64_t steps, serial;
	enum world_how how;
	struct node *insider; /* names addresses at will, and says more than
				 it may: what of that is kept may change */
	bool enforced;        /* connectors count with a claim alone */
	bool large; /* databases are not looked into after each step */
	bool older; /* disks hold what was signed before the world began */
	struct agenda agenda;
	struct node nodes[WORLD_NODES];
	size_t n;
	uint8_t peer_path[WORLD_NODES][WORLD_NODES]; /* enum path; symmetric */
	uint8_t mail_path[WORLD_NODES][WORLD_NODES]; /* from, to */
	/* Streams from, to: octets vanish this way, and come the other. */
	bool mute[WORLD_NODES][WORLD_NODES];
	uint8_t flips[WORLD_NODES][WORLD_NODES]; /* so many octets to come
						    are others there */
	uint32_t delay_ms[WORLD_NODES][WORLD_NODES];
	struct line lines[WORLD_NODES][WORLD_NODES]; /* from, to; but for
					`fits` the same both ways */
	/* The other's life, when the session with it was FULL last. */
	uint32_t met[WORLD_NODES][WORLD_NODES];
	VEC(struct cable *) cables;
	/* A forged word went between them on a session (from, to): it counts
	 * there, so that what the other confirms says less; and who seems to
	 * have sent it does not know it. */
	bool slipped[WORLD_NODES][WORLD_NODES];
	void *book; /* rule.c: what was ever signed */
	/* Is told of every table that an MTA begins to read; may be NULL. */
	void (*on_table)(struct world *world, struct node *node);
	void *ctx;         /* of on_table */
	struct post *post; /* post.h; NULL: no letter is sent */
	bool twins;        /* there are some */
	bool loose;        /* what a scene cannot do now is left out */
	char *failed; /* the first thing that did not hold; NULL: all does */
	VEC(char *) strings; /* of configurations */
};

/* How a disk is found at a start. */
enum world_disk {
	DISK_KEPT,
	DISK_LOST, /* lsrd's own files; the publisher's copy is there */
	DISK_WEEK_OLD,
	DISK_EPOCH_ONLY,
	DISK_COPY_LOST, /* the publisher's copy; lsrd's own files are there */
	DISK_ALL_OLD    /* the whole of it, with the MTA's table */
};

struct world *world_new(uint64_t seed);
void world_free(struct world *world);

/* Adds a host; nothing runs on it but its mail service. */
struct node *world_add(
    struct world *world, const char *name, const char *group);

/* The public half of a host's mark key of this number. */
void world_mark(
    const struct node *node, uint32_t number, uint8_t out[CRYPTO_PUBLIC]);

struct node *world_find(struct world *world, const char *name);

void world_start(struct world *world, struct node *node, enum world_disk disk);
void world_kill(struct world *world, struct node *node);
/* In order: what it has to save is saved, what it published is. */
void world_stop(struct world *world, struct node *node);
/* From now on DISK_WEEK_OLD means the disks as they are. */
void world_age_disks(struct world *world);

/* The host goes, with its mail service, without a word; and comes back. */
void world_crash(struct world *world, struct node *node);
void world_hang(struct world *world, struct node *node);
void world_resume(struct world *world, struct node *node);

/* A copy that lives as long as the world. */
char *world_text(struct world *world, const char *text);

/* What `conf` says now is in force. */
void world_configure(struct world *world, struct node *node);

enum path world_peer_path(
    const struct world *world, const struct node *a, const struct node *b);
enum path world_mail_path(
    const struct world *world, const struct node *from, const struct node *to);

/* Whether a mail connection from one host to the other would succeed. */
bool world_mail(
    const struct world *world, const struct node *from, const struct node *to);
bool world_runs(const struct node *node);

/* Its wall clock, in seconds since 1970. */
uint64_t world_wall(const struct world *world, const struct node *node);

/* Lets time pass; stops at once when something does not hold. */
void world_run(struct world *world, uint64_t ms);

/* Asks a running node; the answer is lent until the next question to it. */
const char *world_ask(
    struct world *world, struct node *node, const char *question);

/* A comment in the output, with -v. */
__attribute__((format(printf, 2, 3))) void world_note(
    const struct world *world, const char *fmt, ...);

/* With -v: what every node says of itself. */
void world_dump(struct world *world);

__attribute__((format(printf, 2, 3))) void world_fail(
    struct world *world, const char *fmt, ...);

enum happens {
	HAPPENS_INPUT,
	HAPPENS_DIAL,
	HAPPENS_SEGMENT,
	HAPPENS_DRAINED,
	HAPPENS_PUBLISH,
	HAPPENS_SAVE,
	HAPPENS_QUEUE,
	HAPPENS_LETTER
};

/* What comes to a host later; most of it not if its lsrd has ended. */
struct happening {
	enum happens kind;
	struct node *node;
	uint32_t life; /* of the node; 0: whatever lives there */
	struct input in;
	char *name;
	struct buf bytes;
	struct cable *cable;
	int side;
	uint64_t serial; /* of a probe */
	enum save_what what;
	struct mta_table table;
	struct letter *letter; /* lent by post.c */
	bool copied; /* the publisher has done its part, the MTA not yet */
};

struct happening *happening_new(struct node *node, enum happens kind);
void happening_free(struct happening *happening);
void world_later(struct world *world, uint64_t ms, struct happening *happening);
uint64_t world_delay(
    struct world *world, const struct node *a, const struct node *b);
struct node *world_at(struct world *world, const struct addr *addr);

#endif
