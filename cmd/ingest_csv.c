// SPDX-License-Identifier: MIT
#include "ingest_csv.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "ingest_csv_plain.h"
#include "ingest_row.h"

enum { FIELD_BLOCK_SIZE = 16 << 10 }; // bytes by which libcsv's buffer of one field grows

struct ingest_csv {
    struct ingest_session *session;
    const struct ingest_command *command;
    struct csv_parser parser;
    char delimiter;
    bool header; // inputs start with one
    struct ingest_columns columns;

    // The row at hand.
    bool ended;
    size_t fields;
    bool malformed;
    struct as_error error;  // of its first bad field
    struct as_buffer names; // a header's
    struct ingest_row row;
};

// libcsv would cut blanks off around a field; RFC 4180 says they belong to it.
static int no_blank(unsigned char c) {
    (void)c;
    return 0;
}

struct ingest_csv *ingest_csv_create(struct ingest_session *session, char delimiter, bool header) {
    struct ingest_csv *csv = as_alloc_zero(1, sizeof *csv);
    csv->session = session;
    csv->command = session->schema.only;
    csv->delimiter = delimiter;
    csv->header = header;
    csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_EMPTY_IS_NULL);
    csv_set_delim(&csv->parser, (unsigned char)delimiter);
    csv_set_space_func(&csv->parser, no_blank);
    csv_set_blk_size(&csv->parser, FIELD_BLOCK_SIZE);
    session->input.cr_ends = true;
    return csv;
}

void ingest_csv_free(struct ingest_csv *csv) {
    if (!csv)
        return;
    csv_free(&csv->parser);
    ingest_columns_free(&csv->columns);
    as_buffer_free(&csv->names);
    ingest_row_free(&csv->row);
    free(csv);
}

// ---- What libcsv calls --------------------------------------------------------------------------

typedef void (*on_field)(void *text, size_t size, void *context);

static void count_field(void *text, size_t size, void *context) {
    (void)text, (void)size;
    ((struct ingest_csv *)context)->fields++;
}

static void take_name(void *text, size_t size, void *context) {
    struct ingest_csv *csv = context;
    as_buffer_append(&csv->names, text ? text : "", strnlen(text ? text : "", size));
    as_buffer_u8(&csv->names, 0);
    csv->fields++;
}

static void take_field(void *text, size_t size, void *context) {
    struct ingest_csv *csv = context;
    size_t column = csv->fields++;
    if (column >= csv->columns.count || csv->columns.params[column] < 0 || csv->error.code)
        return;
    int param = csv->columns.params[column];
    ingest_row_start(&csv->row, (size_t)param);
    if (text)
        ingest_param_encode_text(&csv->command->params[param], text, size, &csv->row.values,
                                 &csv->error);
    else
        as_buffer_u8(&csv->row.values, 0); // NULL's tag
    ingest_row_end(&csv->row, (size_t)param);
}

static void end_row(int terminator, void *context) {
    (void)terminator;
    ((struct ingest_csv *)context)->ended = true;
}

// ---- Rows ---------------------------------------------------------------------------------------

// libcsv forgets an open field only when it finishes without being strict about it.
static void reset_parser(struct csv_parser *parser) {
    unsigned char options = (unsigned char)csv_get_opts(parser);
    csv_set_opts(parser, 0);
    csv_fini(parser, NULL, NULL, NULL);
    csv_set_opts(parser, options);
}

static void start_row(struct ingest_csv *csv) {
    csv->ended = false;
    csv->fields = 0;
    csv->malformed = false;
    csv->error.code = 0;
    csv->row.values.size = 0;
}

static void feed(struct ingest_csv *csv, size_t from, size_t size, on_field field) {
    const char *line = ingest_input_at(&csv->session->input, from);
    if (csv_parse(&csv->parser, line, size, field, end_row, csv) == size)
        return;
    as_error_set(&csv->error, AS_DATA, "a quote within a field, or text behind a closing one");
    csv->malformed = true;
    reset_parser(&csv->parser);
    csv->ended = true;
}

static void feed_end(struct ingest_csv *csv, on_field field) {
    if (csv_fini(&csv->parser, field, end_row, csv) == 0)
        return;
    as_error_set(&csv->error, AS_DATA, "a quote is still open at the end of the input");
    csv->malformed = true;
    reset_parser(&csv->parser);
}

static bool is_blank(const struct ingest_input *input, size_t size) {
    const char *line = ingest_input_at(input, 0);
    return size <= 2 && (line[0] == '\n' || line[0] == '\r');
}

// INGEST_MORE: the row is the *size bytes in *lines lines at the input's begin, and csv->error
// tells whether it is one.
static enum ingest_next next_row(struct ingest_csv *csv, on_field field, size_t *size,
                                 uint64_t *lines, struct as_error *error) {
    struct ingest_input *input = &csv->session->input;
    start_row(csv);
    *size = *lines = 0;
    while (!csv->ended) {
        size_t line;
        enum ingest_next next = ingest_input_line(input, *size, &line, error);
        if (next == INGEST_END && *size > 0) {
            feed_end(csv, field);
            return INGEST_MORE;
        }
        if (next != INGEST_MORE)
            return next;
        if (*size == 0 && is_blank(input, line)) {
            ingest_input_consume(input, line, 1);
            continue;
        }
        feed(csv, *size, line, field);
        *size += line;
        ++*lines;
    }
    return INGEST_MORE;
}

// A row of the wrong width is that, whatever its shifted fields look like.
static void check_field_count(struct ingest_csv *csv) {
    if (csv->fields != csv->columns.count && !csv->malformed)
        as_error_set(&csv->error, AS_DATA, "columns: %zu instead of %zu", csv->fields,
                     csv->columns.count);
}

static void put_row(struct ingest_csv *csv) {
    ingest_row_put(&csv->row, csv->command, 0, &csv->session->batch.out);
    if (!ingest_batch_fits(&csv->session->batch, 1))
        as_error_set(&csv->error, AS_DATA, "larger than a frame (%d bytes)", AS_FRAME_BODY_MAX);
}

static int take_row(struct ingest_csv *csv, size_t size, struct as_error *error) {
    struct ingest_session *session = csv->session;
    check_field_count(csv);
    if (csv->error.code == 0)
        put_row(csv);
    if (csv->error.code == 0)
        return ingest_batch_take(&session->batch, 1, error);
    ingest_batch_drop(&session->batch);
    int rc = ingest_errors_bad_record(&session->errors, &session->input, size, &csv->error);
    if (rc)
        *error = csv->error;
    return rc;
}

// ---- Inputs -------------------------------------------------------------------------------------

// A header that cannot be used fails the run whatever --on-error says: no row could be understood.
static enum ingest_next read_header(struct ingest_csv *csv, struct as_error *error) {
    struct ingest_session *session = csv->session;
    size_t size;
    uint64_t lines;
    csv->names.size = 0;
    enum ingest_next next = next_row(csv, take_name, &size, &lines, error);
    if (next == INGEST_END) {
        as_error_set(error, AS_DATA, "%s: empty, not even a header", session->input.name);
        return INGEST_FAILED;
    }
    if (next != INGEST_MORE)
        return next;
    if (csv->error.code == 0)
        ingest_columns_by_name(&csv->columns, csv->command, &csv->names, csv->fields, &csv->error);
    if (csv->error.code) {
        ingest_errors_place(&session->input, &csv->error);
        *error = csv->error;
        return INGEST_FAILED;
    }
    ingest_errors_set_header(&session->errors, ingest_input_at(&session->input, 0), size);
    ingest_input_consume(&session->input, size, lines);
    return INGEST_MORE;
}

// Without a header the first row's width is every row's. It is counted, and then read again as
// data.
static enum ingest_next measure_columns(struct ingest_csv *csv, struct as_error *error) {
    size_t size;
    uint64_t lines;
    enum ingest_next next = next_row(csv, count_field, &size, &lines, error);
    if (next != INGEST_MORE)
        return next;
    if (csv->error.code == 0)
        ingest_columns_by_number(&csv->columns, csv->command, csv->fields, &csv->error);
    if (csv->error.code) {
        ingest_errors_place(&csv->session->input, &csv->error);
        *error = csv->error;
        return INGEST_FAILED;
    }
    return INGEST_MORE;
}

// The next row, if it is a plain one.
static bool take_plain(struct ingest_csv *csv, size_t size) {
    struct ingest_batch *batch = &csv->session->batch;
    const char *line = ingest_input_at(&csv->session->input, 0);
    if (csv->session->plain &&
        ingest_csv_plain(&csv->columns, csv->command, csv->delimiter, line, size, &batch->out) &&
        ingest_batch_fits(batch, 1))
        return true;
    ingest_batch_drop(batch);
    return false;
}

static enum ingest_next read_row(struct ingest_csv *csv, struct as_error *error) {
    struct ingest_session *session = csv->session;
    size_t size;
    uint64_t lines = 1;
    int rc;
    enum ingest_next next = ingest_input_line(&session->input, 0, &size, error);
    if (next != INGEST_MORE)
        return next;
    if (take_plain(csv, size)) {
        rc = ingest_batch_take(&session->batch, 1, error);
    } else {
        next = next_row(csv, take_field, &size, &lines, error);
        if (next != INGEST_MORE)
            return next;
        rc = take_row(csv, size, error);
    }
    ingest_input_consume(&session->input, size, lines);
    return rc ? INGEST_FAILED : INGEST_MORE;
}

enum ingest_next ingest_csv_read(struct ingest_csv *csv, struct as_error *error) {
    ingest_errors_set_header(&csv->session->errors, "", 0);
    ingest_row_clear(&csv->row); // what is absent is so in every row
    reset_parser(&csv->parser);
    enum ingest_next next = csv->header ? read_header(csv, error) : measure_columns(csv, error);
    while (next == INGEST_MORE)
        next = read_row(csv, error);
    return next;
}
