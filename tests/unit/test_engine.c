// SPDX-License-Identifier: MIT
//
// The engine decides a frame a window of items at a time (domain/window.h), with keys looked up
// ahead. Whatever it looks up, the outcome must be that of the items offered one frame each, and
// that must be what SQLite says.
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "domain/engine.h"
#include "domain/key_hash.h"
#include "domain/referee.h"
#include "domain/window.h"
#include "stream/item.h"

static const char sql[] =
    "CREATE TABLE account (\n"
    "  id TEXT PRIMARY KEY, kind TEXT NOT NULL, n INTEGER NOT NULL DEFAULT 0,\n"
    "  CONSTRAINT no_overdraft CHECK (n >= 0)) STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE open (id TEXT NOT NULL, kind TEXT NOT NULL) STRICT;\n"
    "CREATE TRIGGER open_apply AFTER INSERT ON open BEGIN\n"
    "  INSERT INTO account (id, kind) VALUES (NEW.id, NEW.kind);\n"
    "END;\n"
    "CREATE TABLE add_to (\n"
    "  id TEXT NOT NULL REFERENCES account ON DELETE CASCADE, by INTEGER NOT NULL) STRICT;\n"
    "CREATE TRIGGER add_to_apply AFTER INSERT ON add_to BEGIN\n"
    "  UPDATE account SET n = n + NEW.by WHERE id = NEW.id;\n"
    "END;\n"
    "CREATE TABLE shut (id TEXT NOT NULL) STRICT;\n"
    "CREATE TRIGGER shut_apply AFTER INSERT ON shut BEGIN\n"
    "  SELECT RAISE(ABORT, 'not empty') FROM account a WHERE a.id = NEW.id AND a.n > 5;\n"
    "  DELETE FROM account WHERE id = NEW.id;\n"
    "END;\n"
    "CREATE TABLE again (id TEXT NOT NULL, kind TEXT NOT NULL) STRICT;\n"
    "CREATE TRIGGER again_apply AFTER INSERT ON again BEGIN\n"
    "  DELETE FROM account WHERE id = NEW.id;\n"
    "  INSERT INTO account (id, kind) VALUES (NEW.id, NEW.kind);\n"
    "  UPDATE account SET n = n + 1, kind = kind || '!' WHERE id = NEW.id;\n"
    "END;\n"
    "CREATE TABLE move (id TEXT NOT NULL, kind TEXT NOT NULL) STRICT;\n"
    "CREATE TRIGGER move_apply AFTER INSERT ON move BEGIN\n"
    "  UPDATE account SET kind = NEW.kind WHERE id = NEW.id;\n"
    "END;\n"
    "CREATE TABLE number (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;\n"
    "CREATE TABLE new_number (id INTEGER NOT NULL, n INTEGER NOT NULL) STRICT;\n"
    "CREATE TRIGGER new_number_apply AFTER INSERT ON new_number BEGIN\n"
    "  INSERT INTO number VALUES (NEW.id, NEW.n);\n"
    "END;\n"
    "CREATE TABLE set_number (id INTEGER NOT NULL REFERENCES number, n INTEGER NOT NULL) STRICT;\n"
    "CREATE TRIGGER set_number_apply AFTER INSERT ON set_number BEGIN\n"
    "  UPDATE number SET n = NEW.n WHERE id = NEW.id;\n"
    "END;\n"
    "CREATE VIEW capped AS SELECT sum(n) <= 200 AND count(*) <= 60 AS holds FROM account;\n"
    "CREATE VIEW numbers_capped AS SELECT sum(n) <= 100 AS holds FROM number;\n"
    "CREATE VIEW kind_capped AS SELECT kind, sum(n) <= 90 AS holds FROM account GROUP BY kind;\n";

enum { OPEN, ADD_TO, SHUT, AGAIN, MOVE, NEW_NUMBER, SET_NUMBER, COMMANDS };
enum { ACCOUNT, NUMBER };
enum { KEYS = 82, TEXT_MAX = 41 };

struct item {
    uint16_t command;
    bool group;
    struct as_value key;
    int64_t number;
};

struct story { // what became of the items, for comparison
    struct as_buffer verdicts, changes;
};

static struct as_domain *domain;

static struct as_engine *new_engine(void) {
    struct as_engine *engine = NULL;
    struct as_error error = {0};
    CHECK(as_engine_create(domain, &engine, &error) == AS_OK);
    return engine;
}

// Every length from 0 to 40, twice: alike but for the last byte, and so in the first eight.
static struct as_value key_text(size_t key) {
    static char texts[KEYS][TEXT_MAX];
    size_t size = key / 2;
    memset(texts[key], 'k', TEXT_MAX);
    if (size)
        texts[key][size - 1] = (char)('0' + key % 2);
    return as_value_text(texts[key], (uint32_t)size);
}

// Its values; returns how many.
static uint8_t item_values(const struct item *item, struct as_value values[2]) {
    bool kind = item->command == OPEN || item->command == AGAIN || item->command == MOVE;
    values[0] = item->key;
    values[1] = as_value_integer(item->number);
    if (kind)
        values[1] = item->number % 2 ? as_value_text("odd", 3) : as_value_text("even", 4);
    return item->command == SHUT ? 1 : 2;
}

static void encode(struct as_buffer *body, const struct item *item, bool group) {
    struct as_value values[2];
    uint8_t count = item_values(item, values);
    as_item_encode_head(
        body, &(struct as_item_head){item->command, group ? AS_ITEM_FLAG_GROUP : 0, count});
    for (size_t i = 0; i < count; i++)
        as_value_encode(body, &values[i]);
}

// Appends the rejections of a frame whose first item is number `first` of the story.
static void tell(struct as_buffer *verdicts, const struct as_decision *decision, size_t first) {
    struct as_outcome_reader reader;
    struct as_rejection_view r;
    CHECK(as_outcome_open(&reader, decision->outcome.data, decision->outcome.size));
    while (as_outcome_next(&reader, &r) == 1) {
        as_buffer_printf(verdicts, "%zu %s %.*s", first + r.item,
                         as_reject_kind_name(r.reason->kind), r.reason->name.size,
                         r.reason->name.data);
        if (r.reason->kind == AS_REJECT_GROUP)
            r.values[0].integer += (int64_t)first;
        for (int i = 0; i < r.reason->keys + r.reason->values; i++) {
            as_buffer_u8(verdicts, ' ');
            as_value_print(verdicts, &r.values[i]);
        }
        as_buffer_printf(verdicts, "\n");
    }
    as_outcome_close(&reader);
}

// Decides the items [from, to) as one frame, of which the first `skip` were decided before.
static void decide(struct as_engine *engine, const struct item *items, size_t from, size_t to,
                   size_t skip, struct story *story) {
    struct as_buffer body = {0};
    struct as_decision decision = {.items = 0};
    struct as_error error = {0};
    for (size_t i = from; i < to; i++)
        encode(&body, &items[i], items[i].group);
    CHECK(as_engine_decide(engine, body.data, body.size, (uint32_t)(to - from), (uint32_t)skip,
                           &decision, &error) == AS_OK);
    CHECK(decision.items == to - from - skip);
    tell(&story->verdicts, &decision, from);
    as_buffer_free(&decision.outcome);
    as_buffer_free(&body);
}

static size_t group_end(const struct item *items, size_t at) {
    while (items[at].group)
        at++;
    return at + 1;
}

static void end_story(struct as_engine *engine, struct story *story) {
    as_engine_take_changes(engine, &story->changes);
    as_buffer_printf(&story->verdicts, "%zu rows\n", (size_t)as_engine_row_count(engine));
    as_engine_free(engine);
}

static void free_story(struct story *story) {
    as_buffer_free(&story->verdicts);
    as_buffer_free(&story->changes);
}

static void check_same(struct story *a, struct story *b) {
    CHECK(a->verdicts.size == b->verdicts.size &&
          memcmp(a->verdicts.data, b->verdicts.data, a->verdicts.size) == 0);
    CHECK(a->changes.size == b->changes.size &&
          (a->changes.size == 0 || memcmp(a->changes.data, b->changes.data, a->changes.size) == 0));
    free_story(a);
    free_story(b);
}

// Commands that leave no account for long, over few keys, so that rows come and go in a window.
static void make_items(struct as_random *random, struct item *items, size_t count, size_t keys,
                       unsigned groups) {
    static const uint16_t commands[] = {OPEN,  OPEN, ADD_TO,     ADD_TO,     ADD_TO,    SHUT,
                                        AGAIN, MOVE, NEW_NUMBER, SET_NUMBER, SET_NUMBER};
    for (size_t i = 0; i < count; i++) {
        uint16_t command = commands[as_random_below(random, sizeof commands / sizeof *commands)];
        size_t key = as_random_below(random, keys);
        items[i] = (struct item){.command = command,
                                 .group = i + 1 < count && as_random_below(random, 100) < groups,
                                 .key = command >= NEW_NUMBER ? as_value_integer((int64_t)key)
                                                              : key_text(key),
                                 .number = (int64_t)as_random_below(random, 30) - 9};
    }
}

// The verdicts that the story has from `mark` on are those of SQLite for the group at `at`.
static void ask_referee(struct as_referee *referee, const struct item *items, size_t at,
                        const struct story *story, size_t mark) {
    static struct as_value values[500][2];
    static const struct as_value *rows[500];
    static uint16_t commands[500];
    size_t count = group_end(items, at) - at;
    struct as_referee_verdict v;
    struct as_error error = {0};
    for (size_t i = 0; i < count; i++) {
        commands[i] = items[at + i].command;
        item_values(&items[at + i], values[i]);
        rows[i] = values[i];
    }
    CHECK(as_referee_decide(referee, commands, rows, count, &v, &error) == AS_OK);
    CHECK(v.accepted == (story->verdicts.size == mark));
    struct as_buffer line = {0};
    as_buffer_printf(&line, "%zu %s %s", at + v.culprit, as_reject_kind_name(v.kind), v.name);
    CHECK(v.accepted || strstr((char *)story->verdicts.data + mark, (char *)line.data));
    as_buffer_free(&line);
}

static int compare_row(void *context, size_t table, const struct as_value *theirs) {
    struct as_value ours[3];
    CHECK(as_engine_find_row(context, table, theirs, ours));
    for (size_t i = 0; i < (table == ACCOUNT ? 3 : 2); i++)
        CHECK(as_value_same(&ours[i], &theirs[i]));
    return 0;
}

static void tell_by_group(const struct item *items, size_t count, struct story *story) {
    struct as_engine *engine = new_engine();
    struct as_referee *referee = NULL;
    struct as_error error = {0};
    CHECK(as_referee_open("e.sql", sql, sizeof sql - 1, &referee, &error) == AS_OK);
    as_referee_use_domain(referee, domain);
    for (size_t at = 0; at < count; at = group_end(items, at)) {
        size_t mark = story->verdicts.size;
        decide(engine, items, at, group_end(items, at), 0, story);
        ask_referee(referee, items, at, story, mark);
    }
    for (size_t i = 0; i < 2; i++)
        CHECK(as_referee_each_row(referee, i, compare_row, engine, &error) == AS_OK);
    as_referee_close(referee);
    end_story(engine, story);
}

// ---- Tests --------------------------------------------------------------------------------------

static void test_frame_sizes(void) {
    static const size_t counts[] = {1,
                                    AS_WINDOW_ITEMS - 1,
                                    AS_WINDOW_ITEMS,
                                    AS_WINDOW_ITEMS + 1,
                                    2 * AS_WINDOW_ITEMS,
                                    2 * AS_WINDOW_ITEMS + 1,
                                    500};
    struct as_random random;
    struct item items[500];
    as_random_seed(&random, 1);
    for (size_t i = 0; i < 350; i++) {
        size_t count = counts[i % 7];
        struct story whole = {.verdicts = {0}}, parts = {.verdicts = {0}};
        make_items(&random, items, count, i % 3 ? KEYS : 5, i % 2 ? 0 : i % 5 ? 30 : 96);
        struct as_engine *engine = new_engine();
        decide(engine, items, 0, count, 0, &whole);
        end_story(engine, &whole);
        tell_by_group(items, count, &parts);
        check_same(&whole, &parts);
    }
}

static void test_skip(void) {
    struct as_random random;
    struct item items[100];
    as_random_seed(&random, 2);
    for (size_t skip = 0; skip <= 100; skip++) {
        struct story whole = {.verdicts = {0}}, parts = {.verdicts = {0}};
        make_items(&random, items, 100, 20, 0);
        struct as_engine *engine = new_engine();
        decide(engine, items, 0, skip, 0, &whole);
        decide(engine, items, 0, 100, skip, &whole);
        end_story(engine, &whole);
        tell_by_group(items, 100, &parts);
        check_same(&whole, &parts);
    }
}

// Keys that the index cannot tell apart: part and tag of their hashes are the same.
static void check_alike(uint16_t add, uint16_t set, size_t table, struct as_value a,
                        struct as_value b) {
    struct item items[] = {
        {.command = add, .key = a},
        {.command = set, .key = b, .number = 1},
        {.command = set, .key = a, .number = 2},
        {.command = add, .key = b},
        {.command = set, .key = b, .number = 4},
        {.command = set, .key = a, .number = 5},
    };
    struct story story = {.verdicts = {0}};
    struct as_engine *engine = new_engine();
    struct as_value row[3];
    CHECK((as_key_hash(&a) ^ as_key_hash(&b)) << 24 == 0);
    for (size_t i = 0; i < 6; i++) // each in a window of its own, so that rows are supposed
        decide(engine, items, i, i + 1, 0, &story);
    CHECK(story.verdicts.size && !strncmp((char *)story.verdicts.data, "1 reference", 11) &&
          !strchr((char *)story.verdicts.data, '\n')[1]);
    CHECK(as_engine_find_row(engine, table, &b, row) && as_value_same(&row[0], &b));
    CHECK(row[table == ACCOUNT ? 2 : 1].integer == 4);
    CHECK(as_engine_find_row(engine, table, &a, row) && as_value_same(&row[0], &a));
    CHECK(row[table == ACCOUNT ? 2 : 1].integer == (table == ACCOUNT ? 7 : 5));
    end_story(engine, &story);
    free_story(&story);
}

static void test_alike_keys(void) {
    check_alike(OPEN, ADD_TO, ACCOUNT, as_value_text("key-04137047", 12),
                as_value_text("key-05393411", 12));
    check_alike(NEW_NUMBER, SET_NUMBER, NUMBER, as_value_integer(1392044),
                as_value_integer(4546445));
}

static void check_malformed(const struct as_buffer *body, size_t size, uint32_t records,
                            const char *words) {
    struct as_engine *engine = new_engine();
    struct as_decision decision = {.items = 0};
    struct as_error error = {0};
    CHECK(as_engine_decide(engine, body->data, size, records, 0, &decision, &error) == AS_DATA);
    CHECK(strcmp(error.text, words) == 0);
    as_buffer_free(&decision.outcome);
    as_engine_free(engine);
}

// Wherever in a window it stands, the record that is wrong is named.
static void test_malformed(void) {
    for (uint32_t records = 1; records < 3 * AS_WINDOW_ITEMS; records++) {
        struct as_buffer body = {0};
        char words[80];
        struct item item = {.command = OPEN, .key = key_text(30)};
        for (uint32_t i = 0; i + 1 < records; i++)
            encode(&body, &item, true);
        size_t last = body.size;
        encode(&body, &item, false);
        snprintf(words, sizeof words, "record %u: malformed value", records - 1);
        check_malformed(&body, body.size - 1, records, words);
        snprintf(words, sizeof words, "record %u: malformed head", records);
        check_malformed(&body, body.size, records + 1, words);
        body.data[last + 2] = AS_ITEM_FLAG_GROUP;
        snprintf(words, sizeof words, "record %u: its group goes on behind the frame", records - 1);
        check_malformed(&body, body.size, records, words);
        body.data[last + 3] = 7;
        snprintf(words, sizeof words, "record %u: wrong number of values for its command",
                 records - 1);
        check_malformed(&body, body.size, records, words);
        body.data[last] = COMMANDS;
        snprintf(words, sizeof words, "record %u: unknown command", records - 1);
        check_malformed(&body, body.size, records, words);
        as_buffer_free(&body);
    }
}

int main(void) {
    struct as_error error = {0};
    CHECK(as_domain_compile("e.sql", sql, sizeof sql - 1, &domain, &error) == AS_OK);
    test_frame_sizes();
    test_skip();
    test_alike_keys();
    test_malformed();
    as_domain_free(domain);
    return unit_end();
}
