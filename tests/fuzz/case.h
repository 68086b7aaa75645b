// SPDX-License-Identifier: MIT
//
// A case of the differential fuzz test: a domain, and the items offered to it.
#ifndef AS_FUZZ_CASE_H
#define AS_FUZZ_CASE_H

#include "base/random.h"
#include "stream/item.h"
#include "stream/value.h"
#include "tree.h"

enum { FUZZ_COLUMNS_MAX = 12, FUZZ_TABLES_MAX = 4, FUZZ_KEY_MAX = 3, FUZZ_ITEMS_MAX = 4096 };

struct fuzz_column {
    const char *name; // as written in SQL, quoted where it must be
    enum as_type type;
    bool not_null;
    bool bounded; // an INTEGER that a CHECK keeps small, so that sums stay far from 64 bits
    struct node *node;
};

struct fuzz_table {
    const char *name; // as written in SQL
    const char *bare; // without quotes
    size_t count;
    struct fuzz_column columns[FUZZ_COLUMNS_MAX];
    size_t key_count; // aggregates
    size_t key[FUZZ_KEY_MAX];
    bool rowid_alias; // the key is an INTEGER PRIMARY KEY of a rowid table
    bool deletable;   // references to it say ON DELETE CASCADE
    size_t unique_count;
    size_t unique[4][2];  // column sets (a column alone stands there twice) of UNIQUE constraints
    struct node *node;    // CREATE TABLE
    struct node *trigger; // commands
};

struct fuzz_item {
    bool gone;
    bool group;     // the next item belongs to the same group
    bool batch_end; // the engine is given everything up to here at once
    bool fold;      // its changes are then taken
    bool reload;    // and it is rebuilt from its rows
    size_t command;
    struct as_value values[FUZZ_COLUMNS_MAX];
};

struct fuzz_case {
    struct as_region region;
    struct as_random random;
    size_t aggregate_count, command_count;
    struct fuzz_table aggregates[FUZZ_TABLES_MAX];
    struct fuzz_table commands[FUZZ_TABLES_MAX];
    struct node *domain; // a LIST of statements
    bool wide;           // items have many distinct values
    struct node *seeds;  // those that are initial rows, to try out one by one
    struct fuzz_item *items;
    size_t item_count;
};

// gen_domain.c, gen_items.c: fills the case from its seed.
void fuzz_generate_domain(struct fuzz_case *c);
void fuzz_generate_items(struct fuzz_case *c, size_t count);

// What became of a case.
enum fuzz_status {
    FUZZ_SAME,
    FUZZ_REFUSED_BY_SQLITE,
    FUZZ_REFUSED_BY_US,
    FUZZ_DIFFERENT,
    FUZZ_CRASHED, // also: did not end
};

enum fuzz_difference { DIFF_VERDICT = 1, DIFF_NAME, DIFF_CULPRIT, DIFF_STATE, DIFF_FAILED };

struct fuzz_result {
    enum fuzz_status status;
    enum fuzz_difference difference;
    int ours, theirs; // kinds, 0 for accepted: what a smaller case must keep
    size_t items, rejected[10];
    char text[2048]; // both verdicts, or the words of a refusal
};

// judge.c: decides the case by both. In a process of its own, so that a crash is a result too.
void fuzz_judge(const struct fuzz_case *c, struct fuzz_result *result);
void fuzz_judge_apart(const struct fuzz_case *c, struct fuzz_result *result);
extern bool fuzz_referee_only; // no engine: figures about the generator itself

// shrink.c: cuts the case while the result stays the same.
void fuzz_shrink(struct fuzz_case *c, struct fuzz_result *result);

void fuzz_print_case(const struct fuzz_case *c, struct as_buffer *out);

#endif
