// SPDX-License-Identifier: MIT
//
// as-ingest's short cuts for plain records against the parsers that are the judges: the same input
// read with and without them gives the same frames, the same quarantine and the same words. The
// inputs are samples, each of their prefixes, each with a byte changed, and random splices of them.
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../cmd/ingest_csv.h"
#include "../../cmd/ingest_csv_plain.h"
#include "../../cmd/ingest_json.h"
#include "../../cmd/ingest_json_plain.h"
#include "base/io.h"
#include "base/random.h"
#include "domain/load.h"

static const char sql[] =
    "CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER, r REAL) STRICT;"
    "CREATE TABLE pay (src TEXT NOT NULL, amount INTEGER NOT NULL, rate REAL, note TEXT DEFAULT "
    "'none', n INTEGER) STRICT;"
    "CREATE TRIGGER pay_do AFTER INSERT ON pay BEGIN "
    "INSERT INTO t VALUES (NEW.src, NEW.amount, NEW.rate); END;"
    "CREATE TABLE one (id TEXT) STRICT;"
    "CREATE TRIGGER one_do AFTER INSERT ON one BEGIN INSERT INTO t (id) VALUES (NEW.id); END;";

enum { SPLICES = 20000, BATCH = 3 };

static const struct as_program program = {.name = "test_ingest"};
static char directory[] = "test_ingest.XXXXXX";
static struct as_domain *domain;

// How an input is read.
struct reading {
    bool csv;
    const char *command;
    char delimiter;
    bool no_header;
    struct ingest_pair map, decimal; // without a param: none
};

// All that comes of it.
struct outcome {
    struct as_buffer stream, quarantine, reasons;
    struct as_error error;
    uint64_t bad;
};

static void free_outcome(struct outcome *o) {
    as_buffer_free(&o->stream);
    as_buffer_free(&o->quarantine);
    as_buffer_free(&o->reasons);
}

// ---- One reading --------------------------------------------------------------------------------

static void fill_input(int fd, const struct as_buffer *text) {
    struct as_error error;
    CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    CHECK(as_io_write_full(fd, text->data, text->size, "input", &error) == 0);
}

// Frames without the time that is in them.
static void take_stream(int fd, struct as_buffer *out) {
    struct as_frame_reader *reader = as_frame_reader_open(fd, AS_STREAM_ITEMS, "stream", NULL);
    struct as_frame frame = {0};
    struct as_error error;
    enum as_frame_next next;
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    while ((next = as_frame_reader_next(reader, &frame, &error)) == AS_FRAME_READ) {
        as_buffer_printf(out, "[%u %u %llu]", frame.header.type, frame.header.records,
                         (unsigned long long)frame.header.offset);
        as_buffer_append(out, frame.body, frame.header.inflated_size);
    }
    CHECK(next == AS_FRAME_FINISHED);
    as_frame_free(&frame);
    as_frame_reader_close(reader);
}

static void take_file(const char *name, struct as_buffer *out) {
    struct as_error error;
    CHECK(as_io_read_file(name, 1 << 30, out, &error) == 0 && unlink(name) == 0);
}

static int read_session(struct ingest_session *s, const struct reading *r, int in,
                        struct as_error *error) {
    char path[64];
    size_t size;
    const char *text = as_domain_sql(domain, &size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", in);
    if (ingest_errors_open(&s->errors, error) || ingest_batch_begin(&s->batch, text, size, error) ||
        ingest_input_open(&s->input, path, error))
        return error->code;
    struct ingest_csv *csv = r->csv ? ingest_csv_create(s, r->delimiter, !r->no_header) : NULL;
    struct ingest_json *json = r->csv ? NULL : ingest_json_create(s);
    enum ingest_next next = r->csv ? ingest_csv_read(csv, error) : ingest_json_read(json, error);
    ingest_csv_free(csv);
    ingest_json_free(json);
    ingest_input_close(&s->input);
    return next == INGEST_FAILED ? error->code : 0;
}

static int init_schema(struct ingest_schema *schema, const struct reading *r) {
    struct ingest_pair map = r->map, decimal = r->decimal;
    struct ingest_pairs maps = {&map, map.param != NULL},
                        decimals = {&decimal, decimal.param != NULL};
    struct as_error error;
    return ingest_schema_init(schema, domain, r->command, r->csv, &maps, &decimals, &error);
}

static void read_input(const struct reading *r, const struct as_buffer *text, bool plain,
                       struct outcome *o) {
    static volatile int never;
    int in = memfd_create("in", 0), out = memfd_create("out", 0);
    struct ingest_session s = {.plain = plain};
    s.batch = (struct ingest_batch){.fd = out,
                                    .records_max = BATCH,
                                    .domain = as_domain_fingerprint(domain),
                                    .progress = &s.progress};
    s.errors = (struct ingest_errors){
        .program = &program, .action = INGEST_QUARANTINE, .path = "bad", .max = UINT64_MAX};
    s.input = (struct ingest_input){.fd = -1, .stop = &never, .wait = &s.batch};
    *o = (struct outcome){0};
    fill_input(in, text);
    CHECK(init_schema(&s.schema, r) == 0);
    read_session(&s, r, in, &o->error);
    struct as_error error;
    CHECK(ingest_batch_end(&s.batch, &error) == 0);
    CHECK(ingest_errors_close(&s.errors, &error) == 0);
    o->bad = s.errors.count;
    take_stream(out, &o->stream);
    take_file("bad", &o->quarantine);
    take_file("bad.reasons", &o->reasons);
    ingest_schema_free(&s.schema);
    ingest_batch_free(&s.batch);
    ingest_input_free(&s.input);
    close(in);
    close(out);
}

// ---- Two readings -------------------------------------------------------------------------------

static bool same_bytes(const struct as_buffer *a, const struct as_buffer *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static bool reads_alike(const struct reading *r, const struct as_buffer *text) {
    struct outcome plain, judged;
    read_input(r, text, true, &plain);
    read_input(r, text, false, &judged);
    bool alike = same_bytes(&plain.stream, &judged.stream) && plain.bad == judged.bad &&
                 same_bytes(&plain.quarantine, &judged.quarantine) &&
                 same_bytes(&plain.reasons, &judged.reasons) &&
                 plain.error.code == judged.error.code &&
                 strcmp(plain.error.text, judged.error.text) == 0;
    free_outcome(&plain);
    free_outcome(&judged);
    return alike;
}

// Records, one a line, behind a header where the reading has one.
struct corpus {
    const struct reading *reading;
    const char *header;
    struct as_buffer text;
};

static void start(struct corpus *c) {
    c->text.size = 0;
    as_buffer_append(&c->text, c->header, strlen(c->header));
}

static void add(struct corpus *c, const void *record, size_t size) {
    as_buffer_append(&c->text, record, size);
    as_buffer_u8(&c->text, '\n');
}

// Says which line makes the difference, where one alone does.
static void tell(const struct corpus *c) {
    struct corpus one = {.reading = c->reading, .header = c->header};
    const char *at = (const char *)c->text.data + strlen(c->header);
    const char *end = (const char *)c->text.data + c->text.size, *next;
    for (; (next = memchr(at, '\n', (size_t)(end - at))); at = next + 1) {
        start(&one);
        add(&one, at, (size_t)(next - at));
        if (!reads_alike(c->reading, &one.text))
            printf("differs: %.*s\n", (int)(next - at), at);
    }
    as_buffer_free(&one.text);
}

static void check(struct corpus *c) {
    bool alike = reads_alike(c->reading, &c->text);
    CHECK(alike);
    if (!alike)
        tell(c);
}

static void check_prefixes(struct corpus *c, const char *sample) {
    start(c);
    for (size_t size = strlen(sample); size > 0; size--)
        add(c, sample, size);
    check(c);
}

// Each prefix as the end of the input, without a line end.
static void check_ends(struct corpus *c, const char *sample) {
    start(c);
    as_buffer_append(&c->text, sample, strlen(sample));
    for (; c->text.size > strlen(c->header); c->text.size--)
        check(c);
}

static void check_flips(struct corpus *c, const char *sample) {
    static const char others[] =
        "\"\\{}[],:;.+-0159eEtfn \t\r\n\x01\x7F\x80\xBF\xC3\xE2\xED\xF0\xFF";
    size_t size = strlen(sample);
    char *record = as_strdup(sample);
    start(c);
    for (size_t i = 0; i < size; i++) {
        for (size_t k = 0; k < sizeof others; k++) { // its NUL, too
            record[i] = others[k];
            add(c, record, size);
        }
        for (int bit = 0; bit < 8; bit++) {
            record[i] = (char)(sample[i] ^ 1 << bit);
            add(c, record, size);
        }
        record[i] = sample[i];
    }
    check(c);
    free(record);
}

static void check_splices(struct corpus *c, const char *const *samples, size_t count,
                          struct as_random *random) {
    start(c);
    for (int i = 0; i < SPLICES; i++) {
        const char *a = samples[as_random_below(random, count)];
        const char *b = samples[as_random_below(random, count)];
        as_buffer_append(&c->text, a, as_random_below(random, strlen(a) + 1));
        b += as_random_below(random, strlen(b) + 1);
        add(c, b, strlen(b));
    }
    check(c);
}

static void check_all(const struct reading *r, const char *header, const char *const *samples,
                      size_t count) {
    struct corpus c = {.reading = r, .header = header};
    struct as_random random;
    as_random_seed(&random, 1);
    start(&c);
    for (size_t i = 0; i < count; i++)
        add(&c, samples[i], strlen(samples[i]));
    check(&c);
    for (size_t i = 0; i < count; i++) {
        check_prefixes(&c, samples[i]);
        check_flips(&c, samples[i]);
    }
    check_splices(&c, samples, count, &random);
    as_buffer_free(&c.text);
}

// ---- NDJSON -------------------------------------------------------------------------------------

static const char *const json_plain[] = {
    "{\"pay\":{\"src\":\"acct-0000042\",\"amount\":70,\"rate\":1.5,\"note\":\"x\",\"n\":1}}",
    " { \"PAY\" : {\t\"Src\" : \"b\" , \"n\":-1, \"amount\" :9999999.99} } \r",
    "[{\"one\":{\"id\":\"gr\xC3\xBC\xC3\x9F\"}},{\"pay\":{\"n\":true,\"rate\":-0.0}}]",
    "[ {\"one\":{\"id\":null}} ]",
    "{\"one\":{\"id\":\"a\"}}",
    "{\"one\":{\"id\":\"\xF0\x9F\x90\x98 \xE2\x82\xAC\"}}",
    "{\"one\":{\"id\":12345678901234567890123456789012345678901234567890123456789012345678901}}",
    "{\"one\":{\"id\":17}}",
    "{\"one\":{\"id\":0}}",
    "{\"pay\":{\"amount\":\"700.00\",\"n\":\"+12\",\"rate\":\"1e3\",\"note\":\"\"}}",
    "{\"pay\":{\"amount\":1.50,\"n\":false,\"rate\":-7}}",
    "{\"pay\":{\"amount\":-0,\"n\":-0,\"rate\":-0}}",
    "{\"pay\":{\"amount\":-0.00,\"n\":-9223372036854775808,\"rate\":0.1}}",
    "{\"pay\":{\"amount\":92233720368547758.07,\"n\":9223372036854775807,\"rate\":999999999999999}"
    "}",
    "{\"pay\":{\"amount\":9999999999999.99,\"n\":null,\"rate\":123456.789012345}}",
    "{\"pay\":{\"amount\":92233720368547758,\"rate\":9999999999999999}}",
    "{\"pay\":{\"note\":5,\"src\":-5}}",
};

static const char *const json_other[] = {
    "{\"pay\":{\"src\":\"\\u0061\\n\\\"\",\"amount\":1}}",
    "{\"pay\":{\"s\\u0072c\":\"a\",\"amount\":1e3,\"rate\":1E-2}}",
    "{\"pay\":{\"src\":\"a\",\"src\":\"b\"}}",
    "{\"pay\":{\"src\":\"a\",\"SRC\":\"b\"}}",
    "{\"pay\":{\"amount\":9223372036854775808}}",
    "{\"pay\":{\"amount\":100000000000000000000000.5}}",
    "{\"pay\":{\"amount\":1.505}}",
    "{\"pay\":{\"amount\":1.500}}",
    "{\"pay\":{\"rate\":1.2345678901234567,\"amount\":1.5}}",
    "{\"pay\":{\"n\":10.0,\"amount\":0.30000000000000004}}",
    "{\"pay\":{\"amount\":true}}",
    "{\"pay\":{\"rate\":true}}",
    "{\"pay\":{\"rate\":1e999}}",
    "{\"pay\":{\"src\":1.5}}",
    "{\"pay\":{\"src\":-0}}",
    "{\"pay\":{\"src\":\"\xED\xA0\x80\"}}",
    "{\"pay\":{\"src\":\"\\ud83d\\ude00\\ud83d\"}}",
    "{\"pay\":{\"src\":[1],\"n\":{}}}",
    "{\"pay\":{\"amount\":01}}",
    "{\"pay\":{\"amount\":-}}",
    "{\"pay\":{\"amount\":1.}}",
    "{\"pay\":{\"amount\":.5}}",
    "{\"pay\":{\"amount\":\"abc\"}}",
    "{\"pay\":{\"stc\":1}}",
    "{\"pay\":{},\"one\":{}}",
    "{\"pay\":{}}",
    "{\"nay\":{}}",
    "{\"pay\":[]}",
    "[]",
    "[[{\"one\":{}}]]",
    "[{\"one\":{\"id\":\"a\"}},]",
    "[{\"one\":{\"id\":\"a\"}}] x",
    "{\"one\":{\"id\":\"a\"}}}",
    "{\"one\":{\"id\":\"a\",}}",
    "{}",
    "true",
    "  \t ",
    "",
};

static const char *const json_bare[] = {
    "{\"src\":\"acct-0000042\",\"id\":70,\"rate\":1.5,\"note\":\"x\",\"n\":1}",
    "{\"pay\":{\"src\":\"a\",\"id\":1}}",
    "{\"ID\":3}",
    "{\"amount\":3}",
    "[{\"n\":1,\"id\":2},{\"id\":3,\"n\":4}]",
    "{\"n\":1,\"\xFF\":2}",
    "{\"src\":\"a\",\"\xFF\":2}",
    "{\"src\":\"a\",\"\\\"\":2}",
};

enum { JSON_PLAIN = sizeof json_plain / sizeof *json_plain };
enum { JSON_OTHER = sizeof json_other / sizeof *json_other };
enum { JSON_BARE = sizeof json_bare / sizeof *json_bare };

// All the samples together, so that they are spliced with each other.
static void check_json(const struct reading *r) {
    const char *samples[JSON_PLAIN + JSON_OTHER + JSON_BARE];
    memcpy(samples, json_plain, sizeof json_plain);
    memcpy(samples + JSON_PLAIN, json_other, sizeof json_other);
    memcpy(samples + JSON_PLAIN + JSON_OTHER, json_bare, sizeof json_bare);
    check_all(r, "", samples, sizeof samples / sizeof *samples);
}

static void check_end_of_input(const struct reading *r, const char *header,
                               const char *const *samples, size_t count) {
    struct corpus c = {.reading = r, .header = header};
    for (size_t i = 0; i < count; i++)
        check_ends(&c, samples[i]);
    as_buffer_free(&c.text);
}

static void test_json(void) {
    struct reading all = {.decimal = {.param = "amount", .scale = 2}};
    struct reading bare = {.command = "pay", .map = {.param = "amount", .value = "id"}};
    struct reading same = {.command = "pay", .map = {.param = "amount", .value = "n"}};
    struct reading odd = {.command = "pay", .map = {.param = "amount", .value = "\xFF"}};
    struct reading escaped = {.command = "pay", .map = {.param = "amount", .value = "\\\""}};
    check_json(&all);
    check_end_of_input(&all, "", json_plain, JSON_PLAIN);
    check_json(&bare);
    check_json(&same); // two parameters want one key
    check_json(&odd);
    check_json(&escaped);
}

// Brackets nested as deep as the line is long; jansson gives up at 2,048.
static void test_json_depth(void) {
    struct reading all = {0};
    struct corpus c = {.reading = &all, .header = ""};
    start(&c);
    for (int i = 0; i < 3000; i++)
        as_buffer_u8(&c.text, '[');
    as_buffer_u8(&c.text, '\n');
    for (int i = 0; i < 3000; i++)
        as_buffer_printf(&c.text, "{\"pay\":");
    check(&c);
    as_buffer_free(&c.text);
}

// What the short cut is for it must take, or the comparison compares nothing.
static void test_json_is_plain(void) {
    struct reading all = {.decimal = {.param = "amount", .scale = 2}};
    struct ingest_schema schema;
    struct as_buffer out = {0};
    uint32_t count;
    CHECK(init_schema(&schema, &all) == 0);
    for (size_t i = 0; i < JSON_PLAIN; i++) {
        const char *line = json_plain[i];
        bool long_number = strstr(line, "\"id\":1234567890") || strstr(line, "9223372036854775") ||
                           strstr(line, "9999999999999999");
        bool plain = ingest_json_plain(&schema, line, strlen(line), &out, &count);
        CHECK(plain || long_number);
        if (!plain && !long_number)
            printf("declined: %s\n", line);
    }
    for (size_t i = 0; i < JSON_OTHER; i++)
        CHECK(!ingest_json_plain(&schema, json_other[i], strlen(json_other[i]), &out, &count));
    ingest_schema_free(&schema);
    as_buffer_free(&out);
}

// ---- CSV ----------------------------------------------------------------------------------------

static const char *const csv_samples[] = {
    "acct-0000042,x,70.25,1.5,more",
    "acct-0000042,x,70.25,1.5,more\r",
    "gr\xC3\xBC\xC3\x9F,,-0,-0.0,\xF0\x9F\x90\x98",
    "a,,1,,",
    ",,,,",
    " a , b, 1,1e3 ,",
    "\"a\",x,1,2,3",
    "\"a,\"\"b\"\"\",x,1,2,\"\"",
    "a,\"\",1,\"\",",
    "a;b,c;d,5,6;7,8",
    "a,b,1,2",
    "a,b,1,2,3,4",
    "a,b,9223372036854775807,1e999,",
    "a,b,1.505,2,c",
    "a,b,+1.5,nan,c",
    "a,b,0001,0x10,c",
    "a\xED\xA0\x80,b,1,2,3",
    "a\"b,c,1,2,3",
    "\"a\"b,c,1,2,3",
    "",
    "x",
    "\"",
};

enum { CSV_SAMPLES = sizeof csv_samples / sizeof *csv_samples };

static void test_csv(void) {
    struct reading r = {.csv = true,
                        .command = "pay",
                        .delimiter = ',',
                        .decimal = {.param = "amount", .scale = 2}};
    check_all(&r, "src,other,amount,rate,note\n", csv_samples, CSV_SAMPLES);
    check_end_of_input(&r, "src,other,amount,rate,note\n", csv_samples, CSV_SAMPLES);
    r.delimiter = ';';
    check_all(&r, "amount;src\n", csv_samples, CSV_SAMPLES);
    struct reading narrow = {.csv = true, .command = "one", .delimiter = ','};
    check_all(&narrow, "id\n", csv_samples, CSV_SAMPLES);
    struct reading bare = {.csv = true, .command = "pay", .delimiter = ',', .no_header = true};
    check_all(&bare, "a,1,2,c,3\n", csv_samples, CSV_SAMPLES);
}

static void test_csv_is_plain(void) {
    static const char row[] = "acct-0000042,70,1.5,x,\r\n";
    struct reading r = {.csv = true, .command = "pay"};
    struct ingest_schema schema;
    struct ingest_columns columns = {0};
    struct as_buffer out = {0};
    struct as_error error;
    CHECK(init_schema(&schema, &r) == 0);
    CHECK(ingest_columns_by_number(&columns, schema.only, 5, &error) == 0);
    CHECK(ingest_csv_plain(&columns, schema.only, ',', row, strlen(row), &out));
    CHECK(out.size == 4 + 13 + 2 + 9 + 2 + 1); // head, text, integer, real, text, NULL
    CHECK(!ingest_csv_plain(&columns, schema.only, ',', "\"a\",1,1,x,", 10, &out));
    ingest_columns_free(&columns);
    ingest_schema_free(&schema);
    as_buffer_free(&out);
}

int main(void) {
    struct as_error error;
    CHECK(mkdtemp(directory) && chdir(directory) == 0);
    CHECK(as_domain_load("test", sql, sizeof sql - 1, &domain, &error) == AS_OK);
    test_json();
    test_json_depth();
    test_json_is_plain();
    test_csv();
    test_csv_is_plain();
    as_domain_free(domain);
    CHECK(chdir("..") == 0 && rmdir(directory) == 0);
    return unit_end();
}
