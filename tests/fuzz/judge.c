// SPDX-License-Identifier: MIT
#include <assert.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "derived.h"
#include "domain/engine.h"
#include "domain/referee.h"
#include "mirror.h"
#include "stream/verdict.h"

enum { CASE_SECONDS_MAX = 60 };

bool fuzz_referee_only;

// What one side says about one item.
struct opinion {
    uint8_t kind; // 0: accepted
    bool named;
    char name[512];
    int64_t culprit; // of kind GROUP: index in the frame
};

struct trial {
    const struct fuzz_case *c;
    struct fuzz_result *result;
    struct as_buffer sql;
    struct as_domain *domain;
    struct as_engine *engine;
    struct as_referee *referee;
    int numbers[FUZZ_TABLES_MAX]; // the domain's number of a command of the case
    struct as_value live[FUZZ_ITEMS_MAX][FUZZ_COLUMNS_MAX]; // the batch, without cut columns
    const struct fuzz_item *items[FUZZ_ITEMS_MAX];
    size_t count;
    struct opinion ours[FUZZ_ITEMS_MAX];
    uint16_t commands[FUZZ_ITEMS_MAX]; // a group as the referee wants it
    const struct as_value *values[FUZZ_ITEMS_MAX];
    struct mirror mirror;
};

// ---- Findings -----------------------------------------------------------------------------------

static bool differ(struct trial *t, enum fuzz_difference difference, int ours, int theirs,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));

// Always false, so that a comparison can return it.
static bool differ(struct trial *t, enum fuzz_difference difference, int ours, int theirs,
                   const char *format, ...) {
    t->result->status = FUZZ_DIFFERENT;
    t->result->difference = difference;
    t->result->ours = ours;
    t->result->theirs = theirs;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(t->result->text, sizeof t->result->text, format, arguments);
    va_end(arguments);
    return false;
}

static bool refuse(struct trial *t, enum fuzz_status status, const struct as_error *error) {
    t->result->status = status;
    snprintf(t->result->text, sizeof t->result->text, "%s", error->text);
    return false;
}

static bool broken(struct trial *t, const char *where, const struct as_error *error) {
    return differ(t, DIFF_FAILED, error->code, 0, "%s: %s", where, error->text);
}

static void describe(const struct opinion *o, char *text, size_t size) {
    if (o->kind == 0)
        snprintf(text, size, "accepted");
    else
        snprintf(text, size, "%s \"%s\"", as_reject_kind_name(o->kind), o->name);
}

// ---- Opening ------------------------------------------------------------------------------------

static bool number_commands(struct trial *t) {
    for (size_t i = 0; i < t->c->command_count; i++) {
        const char *name = t->c->commands[i].bare;
        t->numbers[i] = as_domain_find_command(t->domain, name, strlen(name));
        bool gone = t->c->commands[i].node->gone;
        if (t->numbers[i] < 0 && !gone)
            return differ(t, DIFF_FAILED, 0, 0, "command %s is not found", name);
    }
    return true;
}

static bool open_trial(struct trial *t) {
    struct as_error error = {0};
    const char *sql = (const char *)t->sql.data;
    if (as_referee_open("case.sql", sql, t->sql.size, &t->referee, &error) != AS_OK)
        return refuse(t, FUZZ_REFUSED_BY_SQLITE, &error);
    if (as_domain_compile("case.sql", sql, t->sql.size, &t->domain, &error) != AS_OK)
        return refuse(t, FUZZ_REFUSED_BY_US, &error);
    if (!fuzz_referee_only && as_engine_create(t->domain, &t->engine, &error) != AS_OK)
        return refuse(t, FUZZ_REFUSED_BY_US, &error);
    if (!fuzz_referee_only && derived_check(t->domain, &error) != AS_OK)
        return broken(t, "for readers", &error);
    as_referee_use_domain(t->referee, t->domain);
    return number_commands(t);
}

static void close_trial(struct trial *t) {
    as_engine_free(t->engine);
    as_referee_close(t->referee);
    as_domain_free(t->domain);
    mirror_free(&t->mirror);
    as_buffer_free(&t->sql);
}

// ---- A batch ------------------------------------------------------------------------------------

static size_t copy_live_values(const struct fuzz_table *command, const struct fuzz_item *item,
                               struct as_value *live) {
    size_t count = 0;
    for (size_t i = 0; i < command->count; i++)
        if (!command->columns[i].node->gone)
            live[count++] = item->values[i];
    return count;
}

static void encode_item(struct trial *t, const struct fuzz_item *item, bool group,
                        struct as_buffer *body) {
    struct as_value *live = t->live[t->count];
    size_t values = copy_live_values(&t->c->commands[item->command], item, live);
    struct as_item_head head = {(uint16_t)t->numbers[item->command], group ? AS_ITEM_FLAG_GROUP : 0,
                                (uint8_t)values};
    as_item_encode_head(body, &head);
    for (size_t i = 0; i < values; i++)
        as_value_encode(body, &live[i]);
    t->items[t->count++] = item;
}

static size_t next_live(const struct fuzz_case *c, size_t at) {
    while (at < c->item_count && c->items[at].gone)
        at++;
    return at;
}

// Collects items up to the end of a batch; returns where the next one starts.
static size_t collect_batch(struct trial *t, size_t at, struct as_buffer *body) {
    t->count = 0;
    body->size = 0;
    for (;;) {
        const struct fuzz_item *item = &t->c->items[at];
        at = next_live(t->c, at + 1);
        bool last = at >= t->c->item_count;
        encode_item(t, item, item->group && !last, body);
        if (last || (item->batch_end && !item->group))
            return at;
    }
}

// ---- What the engine says -----------------------------------------------------------------------

static void read_rejection(const struct as_rejection_view *rejection, struct opinion *o) {
    o->kind = rejection->reason->kind;
    o->named = true;
    snprintf(o->name, sizeof o->name, "%.*s", (int)rejection->reason->name.size,
             rejection->reason->name.data);
    if (o->kind == AS_REJECT_GROUP)
        o->culprit = rejection->values[rejection->reason->keys].integer;
}

static bool read_outcome(struct trial *t, const struct as_buffer *outcome) {
    struct as_outcome_reader reader;
    struct as_rejection_view rejection;
    memset(t->ours, 0, t->count * sizeof *t->ours);
    if (!as_outcome_open(&reader, outcome->data, outcome->size))
        return differ(t, DIFF_FAILED, 0, 0, "the outcome is malformed");
    int more;
    while ((more = as_outcome_next(&reader, &rejection)) == 1 && rejection.item < t->count)
        read_rejection(&rejection, &t->ours[rejection.item]);
    as_outcome_close(&reader);
    return more == 0 ? true : differ(t, DIFF_FAILED, 0, 0, "the outcome is malformed");
}

static bool ask_engine(struct trial *t, const struct as_buffer *body) {
    struct as_decision decision = {.items = 0};
    struct as_error error = {0};
    int code = as_engine_decide(t->engine, body->data, body->size, (uint32_t)t->count, 0, &decision,
                                &error);
    bool fine =
        code == AS_OK ? read_outcome(t, &decision.outcome) : broken(t, "as_engine_decide", &error);
    size_t accepted = 0;
    for (size_t i = 0; fine && i < t->count; i++)
        accepted += t->ours[i].kind == 0;
    if (fine && (decision.items != t->count || decision.accepted != accepted ||
                 decision.rejected != t->count - accepted))
        fine = differ(t, DIFF_FAILED, 0, 0, "the decision's counts do not add up");
    as_buffer_free(&decision.outcome);
    return fine;
}

// ---- What SQLite says ---------------------------------------------------------------------------

static bool compare_item(struct trial *t, size_t i, const struct opinion *theirs) {
    const struct opinion *ours = &t->ours[i];
    char a[600], b[600];
    describe(ours, a, sizeof a);
    describe(theirs, b, sizeof b);
    size_t number = (size_t)(t->items[i] - t->c->items);
    if (ours->kind != theirs->kind)
        return differ(t, DIFF_VERDICT, ours->kind, theirs->kind, "item %zu: ours: %s; SQLite: %s",
                      number, a, b);
    if (theirs->named && strcmp(ours->name, theirs->name) != 0)
        return differ(t, DIFF_NAME, ours->kind, theirs->kind, "item %zu: ours: %s; SQLite: %s",
                      number, a, b);
    if (ours->culprit != theirs->culprit)
        return differ(t, DIFF_CULPRIT, (int)ours->culprit, (int)theirs->culprit,
                      "item %zu: culprit: ours: %d; SQLite: %d", number, (int)ours->culprit,
                      (int)theirs->culprit);
    return true;
}

// Members of a rejected group other than its culprit are rejected with it.
static struct opinion opinion_of(const struct as_referee_verdict *v, size_t first, size_t i) {
    struct opinion o = {.kind = 0};
    if (v->accepted)
        return o;
    bool culprit = i == v->culprit;
    o.kind = culprit ? v->kind : AS_REJECT_GROUP;
    o.named = v->named;
    o.culprit = culprit ? 0 : (int64_t)(first + v->culprit);
    snprintf(o.name, sizeof o.name, "%s", v->name);
    return o;
}

static bool ask_referee(struct trial *t, size_t first, size_t count) {
    struct as_referee_verdict verdict;
    struct as_error error = {0};
    for (size_t i = 0; i < count; i++) {
        t->commands[i] = (uint16_t)t->numbers[t->items[first + i]->command];
        t->values[i] = t->live[first + i];
    }
    if (as_referee_decide(t->referee, t->commands, t->values, count, &verdict, &error) != AS_OK)
        return broken(t, "as_referee_decide", &error);
    for (size_t i = 0; i < count; i++) {
        struct opinion theirs = opinion_of(&verdict, first, i);
        t->result->rejected[theirs.kind]++;
        t->result->items++;
        if (!fuzz_referee_only && !compare_item(t, first + i, &theirs))
            return false;
    }
    return true;
}

static bool ask_referee_by_group(struct trial *t) {
    for (size_t first = 0; first < t->count;) {
        size_t count = 1;
        while (t->items[first + count - 1]->group && first + count < t->count)
            count++;
        if (!ask_referee(t, first, count))
            return false;
        first += count;
    }
    return true;
}

// ---- State --------------------------------------------------------------------------------------

struct comparison {
    struct trial *t;
    size_t rows;
};

static void print_row(const struct as_table_info *table, const struct as_value *values,
                      struct as_buffer *out) {
    for (size_t i = 0; i < table->column_count; i++) {
        as_buffer_printf(out, "%s", i ? ", " : "");
        as_value_print(out, &values[i]);
    }
    as_buffer_printf(out, "%s", ""); // its NUL
}

static bool differ_in_row(struct trial *t, const struct as_table_info *table,
                          const struct as_value *ours, const struct as_value *theirs) {
    struct as_buffer a = {0}, b = {0};
    as_buffer_printf(&a, "%s", ours ? "" : "no such row");
    as_buffer_printf(&b, "%s", "");
    if (ours)
        print_row(table, ours, &a);
    print_row(table, theirs, &b);
    differ(t, DIFF_STATE, 0, 0, "row of %s: ours: %s; SQLite: %s", table->name, (char *)a.data,
           (char *)b.data);
    as_buffer_free(&a);
    as_buffer_free(&b);
    return false;
}

static int compare_row(void *context, size_t table, const struct as_value *theirs) {
    struct comparison *comparison = context;
    struct trial *t = comparison->t;
    const struct as_table_info *info = as_domain_table(t->domain, table);
    struct as_value key[AS_ITEM_VALUES_MAX], ours[AS_ITEM_VALUES_MAX];
    comparison->rows++;
    for (size_t i = 0; i < info->key_count; i++)
        key[i] = theirs[info->key[i]];
    if (!as_engine_find_row(t->engine, table, key, ours))
        return !differ_in_row(t, info, NULL, theirs);
    for (size_t i = 0; i < info->column_count; i++)
        if (!as_value_same(&ours[i], &theirs[i]))
            return !differ_in_row(t, info, ours, theirs);
    return 0;
}

static int count_row(void *context, size_t table, const struct as_value *values) {
    (void)table, (void)values;
    ++*(size_t *)context;
    return 0;
}

static bool compare_state(struct trial *t) {
    struct comparison comparison = {t, 0};
    struct as_error error = {0};
    for (size_t i = 0; i < as_domain_table_count(t->domain); i++) {
        int code = as_referee_each_row(t->referee, i, compare_row, &comparison, &error);
        if (t->result->status == FUZZ_DIFFERENT)
            return false;
        if (code != AS_OK)
            return broken(t, "as_referee_each_row", &error);
    }
    size_t visited = 0, counted = as_engine_row_count(t->engine);
    as_engine_each_row(t->engine, count_row, &visited);
    if (visited != comparison.rows || counted != comparison.rows)
        return differ(t, DIFF_STATE, 0, 0, "rows: ours: %zu (counted %zu); SQLite: %zu", visited,
                      counted, comparison.rows);
    return true;
}

struct loading {
    struct as_engine *engine;
    struct as_error error;
};

static int load_row(void *context, size_t table, const struct as_value *values) {
    struct loading *loading = context;
    return as_engine_load_row(loading->engine, table, values, &loading->error);
}

// As after a restart: a new engine from the rows of the old one.
static bool reload(struct trial *t) {
    struct loading loading = {.engine = as_engine_create_empty(t->domain)};
    int code = as_engine_each_row(t->engine, load_row, &loading);
    if (code == AS_OK)
        code = as_engine_load_done(loading.engine, &loading.error);
    as_engine_free(t->engine);
    t->engine = loading.engine;
    return code == AS_OK ? true : broken(t, "as_engine_load_row", &loading.error);
}

// ---- A case -------------------------------------------------------------------------------------

// Every few batches: what a fold is told must lead to the same rows.
static bool fold(struct trial *t) {
    const char *wrong = mirror_follow(&t->mirror, t->engine, t->domain);
    return wrong ? differ(t, DIFF_FAILED, 1, 1, "%s", wrong) : true;
}

static bool judge_batch(struct trial *t, const struct as_buffer *body) {
    if (fuzz_referee_only)
        return ask_referee_by_group(t);
    if (!ask_engine(t, body) || !ask_referee_by_group(t) || !compare_state(t))
        return false;
    const struct fuzz_item *last = t->items[t->count - 1];
    if ((last->fold || last->reload) && !fold(t))
        return false;
    return last->reload ? reload(t) : true;
}

void fuzz_judge(const struct fuzz_case *c, struct fuzz_result *result) {
    struct trial *t = as_alloc_zero(1, sizeof *t);
    struct as_buffer body = {0};
    *result = (struct fuzz_result){.status = FUZZ_SAME};
    t->c = c;
    t->result = result;
    node_print(c->domain, &t->sql);
    as_buffer_printf(&t->sql, "\n");
    bool fine = open_trial(t);
    size_t at = next_live(c, 0);
    while (fine && at < c->item_count) {
        at = collect_batch(t, at, &body);
        fine = judge_batch(t, &body);
    }
    as_buffer_free(&body);
    close_trial(t);
    free(t);
}

static void judge_child(const struct fuzz_case *c, struct fuzz_result *result) {
    alarm(CASE_SECONDS_MAX);
    fuzz_judge(c, result);
    exit(0); // not _exit: leaks are looked for
}

void fuzz_judge_apart(const struct fuzz_case *c, struct fuzz_result *result) {
    static struct fuzz_result *shared;
    if (!shared)
        shared =
            mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(shared != MAP_FAILED);
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        judge_child(c, shared);
    assert(child > 0);
    waitpid(child, &status, 0);
    *result = *shared;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    result->status = FUZZ_CRASHED;
    snprintf(result->text, sizeof result->text, "%s",
             WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "ended early");
}
