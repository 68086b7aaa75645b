// SPDX-License-Identifier: MIT
//
// The differential fuzz test: random domains and random items, decided by our engine and by plain
// SQLite, compared item by item and row by row.
//
//   referee_fuzz [--seed S] [--cases N] [--items K] [--verbose] [--referee-only] [--print]
//
// Case k of seed S is case 0 of seed S + k. Exit 1 after the first difference, which is cut down to
// the smallest domain and items that still show it.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "case.h"
#include "domain/referee.h"
#include "stream/verdict.h"

enum { REFUSALS_MAX = 200 };

struct options {
    uint64_t seed, cases, items;
    bool verbose, print;
};

struct refusal {
    char text[160];
    uint64_t seed;
    size_t count;
};

struct figures {
    size_t cases, items, rejected[10];
    size_t by_sqlite, by_us;
    struct refusal refusals[REFUSALS_MAX];
    size_t refusal_count;
};

// ---- Generating ---------------------------------------------------------------------------------

static bool loads(const struct fuzz_case *c) {
    struct as_buffer sql = {0};
    struct as_error error = {0};
    node_print(c->domain, &sql);
    int code = as_referee_check("case.sql", (const char *)sql.data, sql.size, &error);
    as_buffer_free(&sql);
    return code == AS_OK;
}

// Initial rows are made blindly: those that SQLite does not take are left out.
static void try_seeds(struct fuzz_case *c) {
    for (size_t i = 0; i < c->seeds->count; i++)
        c->seeds->kids[i]->gone = true;
    for (size_t i = 0; i < c->seeds->count; i++) {
        c->seeds->kids[i]->gone = false;
        c->seeds->kids[i]->gone = !loads(c);
    }
}

static void generate(struct fuzz_case *c, uint64_t seed, uint64_t items) {
    *c = (struct fuzz_case){.aggregate_count = 0};
    as_random_seed(&c->random, seed);
    fuzz_generate_domain(c);
    try_seeds(c);
    fuzz_generate_items(c, items);
}

// ---- Figures ------------------------------------------------------------------------------------

static void count_refusal(struct figures *f, const char *who, const char *text, uint64_t seed) {
    char key[160];
    const char *words = strstr(text, ": "); // behind file and line
    snprintf(key, sizeof key, "%s: %.140s", who, words ? words + 2 : text);
    for (size_t i = 0; i < f->refusal_count; i++) {
        if (strcmp(f->refusals[i].text, key) == 0) {
            f->refusals[i].count++;
            return;
        }
    }
    if (f->refusal_count == REFUSALS_MAX)
        return;
    struct refusal *refusal = &f->refusals[f->refusal_count++];
    *refusal = (struct refusal){.seed = seed, .count = 1};
    memcpy(refusal->text, key, sizeof key);
}

static void count_case(struct figures *f, const struct fuzz_result *r, uint64_t seed) {
    f->cases++;
    f->items += r->items;
    for (int i = 0; i < 10; i++)
        f->rejected[i] += r->rejected[i];
    f->by_sqlite += r->status == FUZZ_REFUSED_BY_SQLITE;
    f->by_us += r->status == FUZZ_REFUSED_BY_US;
    if (r->status == FUZZ_REFUSED_BY_SQLITE)
        count_refusal(f, "SQLite", r->text, seed);
    if (r->status == FUZZ_REFUSED_BY_US)
        count_refusal(f, "we", r->text, seed);
}

static void print_figures(const struct figures *f, const struct options *o) {
    for (size_t i = 0; o->verbose && i < f->refusal_count; i++)
        printf("refused %5zu times, first with seed %llu: %s\n", f->refusals[i].count,
               (unsigned long long)f->refusals[i].seed, f->refusals[i].text);
    printf("%zu cases (refused: %zu by SQLite, %zu by us), %zu items, %zu accepted, rejected:",
           f->cases, f->by_sqlite, f->by_us, f->items, f->rejected[0]);
    for (int i = 1; i < 10; i++)
        printf(" %s %zu", as_reject_kind_name((uint8_t)i), f->rejected[i]);
    printf("\n");
}

// ---- A difference -------------------------------------------------------------------------------

static void print_case(const struct fuzz_case *c) {
    struct as_buffer text = {0};
    fuzz_print_case(c, &text);
    fwrite(text.data, 1, text.size, stdout);
    as_buffer_free(&text);
}

static void report(struct fuzz_case *c, struct fuzz_result *result, uint64_t seed) {
    printf("seed %llu: %s\n", (unsigned long long)seed, result->text);
    fflush(stdout);
    fuzz_shrink(c, result);
    printf("smallest case: %s\n\n", result->text);
    print_case(c);
}

// True while there is no difference.
static bool run_case(const struct options *o, uint64_t seed, struct figures *f) {
    struct fuzz_case c;
    struct fuzz_result result;
    generate(&c, seed, o->items);
    if (o->print)
        print_case(&c);
    fuzz_judge_apart(&c, &result);
    count_case(f, &result, seed);
    bool found = result.status == FUZZ_DIFFERENT || result.status == FUZZ_CRASHED;
    if (found)
        report(&c, &result, seed);
    as_region_free(&c.region);
    return !found;
}

// ---- The program --------------------------------------------------------------------------------

static bool parse(int argc, char **argv, struct options *o) {
    static const struct option longs[] = {{"seed", required_argument, NULL, 's'},
                                          {"cases", required_argument, NULL, 'n'},
                                          {"items", required_argument, NULL, 'k'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"referee-only", no_argument, NULL, 'r'},
                                          {"print", no_argument, NULL, 'p'},
                                          {NULL, 0, NULL, 0}};
    bool fine = true;
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        if (c == 's')
            fine &= as_parse_count(optarg, 0, UINT64_MAX / 2, &o->seed);
        else if (c == 'n')
            fine &= as_parse_count(optarg, 1, UINT64_MAX / 2, &o->cases);
        else if (c == 'k')
            fine &= as_parse_count(optarg, 1, FUZZ_ITEMS_MAX, &o->items);
        else if (c == 'v')
            o->verbose = true;
        else if (c == 'p')
            o->print = true;
        else if (c == 'r')
            fuzz_referee_only = true;
        else
            fine = false;
    }
    return fine && optind == argc;
}

int main(int argc, char **argv) {
    struct options o = {.seed = 1, .cases = 1000, .items = 60};
    if (!parse(argc, argv, &o)) {
        fprintf(stderr, "usage: referee_fuzz [--seed S] [--cases N] [--items K] [--verbose] "
                        "[--referee-only] [--print]\n");
        return AS_USAGE;
    }
    struct figures *f = calloc(1, sizeof *f);
    bool same = true;
    for (uint64_t i = 0; same && i < o.cases; i++)
        same = run_case(&o, o.seed + i, f);
    print_figures(f, &o);
    free(f);
    return same ? AS_OK : AS_NO;
}
