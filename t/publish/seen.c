#include "t/publish/seen.h"

#include <lmdb.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "t/tap.h"

struct rib *
seen_table(uint64_t generation, size_t n, size_t moved)
{
	struct rib *rib = mem_new(sizeof(*rib), 0, 0);

	rib->generation = generation;
	rib->n = n;
	rib->routes = mem_new(0, n + 1, sizeof(rib->routes[0]));
	for (size_t i = 0; i < n; i++) {
		struct route *r = &rib->routes[i];
		char pattern[32];

		snprintf(pattern, sizeof(pattern), "d%05zu.example", i);
		r->pattern = mem_str(pattern);
		r->kind = ROUTE_REMOTE;
		r->relay = true;
		r->server = mem_str("mx.example.org");
		r->nhops = 1;
		r->hop[0].name = "mx.example.org";
		r->hop[0].addr = (struct addr){
			.family = 4,
			.ip = { 198, 51, 100, i >= moved ? 2 : 1 },
			.port = 25,
		};
	}
	return rib;
}

static MDB_env *
seen_open(const char *directory, const char *name)
{
	char path[128];
	MDB_env *env;

	snprintf(path, sizeof(path), "%s/%s.lmdb", directory, name);
	ck_assert_int_eq(mdb_env_create(&env), 0);
	ck_assert_int_eq(
	    mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0),
	    0);
	return env;
}

size_t
seen_keys(const char *directory, const char *name)
{
	MDB_env *env = seen_open(directory, name);
	MDB_stat st;

	ck_assert_int_eq(mdb_env_stat(env, &st), 0);
	mdb_env_close(env);
	return st.ms_entries;
}

bool
seen_says(const char *directory, const struct rib *rib, size_t moved)
{
	MDB_env *env = seen_open(directory, "transport");
	MDB_txn *txn;
	MDB_dbi dbi;
	bool says = true;

	ck_assert_int_eq(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
	ck_assert_int_eq(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
	for (size_t i = 0; i < rib->n; i++) {
		const char *pattern = rib->routes[i].pattern;
		MDB_val key = { strlen(pattern) + 1,
			(void *)(uintptr_t)pattern },
			value;

		says &= mdb_get(txn, dbi, &key, &value) == 0 &&
		        strstr(value.mv_data,
			    i >= moved ? "100.2]" : "100.1]") != NULL;
	}
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return says && seen_keys(directory, "transport") == rib->n;
}
