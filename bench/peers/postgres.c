// SPDX-License-Identifier: MIT
//
// postgres CONNECTION < STREAM: bank transfers in PostgreSQL, a batch a call of a PL/pgSQL function
// (bench/peers/postgres.sql), which is a transaction.
#include <postgresql/libpq-fe.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "work.h"

static PGconn *connection;

static PGresult *must(PGresult *result, ExecStatusType expected) {
    if (PQresultStatus(result) != expected)
        work_die("%s", PQresultErrorMessage(result));
    return result;
}

static void connect_to(const char *parameters) {
    connection = PQconnectdb(parameters);
    if (PQstatus(connection) != CONNECTION_OK)
        work_die("%s", PQerrorMessage(connection));
    PQclear(must(PQprepare(connection, "open", "SELECT open_batch($1, $2)", 0, NULL),
                 PGRES_COMMAND_OK));
    PQclear(must(PQprepare(connection, "transfer", "SELECT transfer_batch($1, $2, $3)", 0, NULL),
                 PGRES_COMMAND_OK));
}

// Arrays as PostgreSQL reads them: {acct-0000001,acct-0000002}. These ids need no quotes.
static struct as_buffer srcs, dsts, amounts;

static void start_arrays(void) {
    srcs.size = dsts.size = amounts.size = 0;
}

static void add_text(struct as_buffer *array, struct work_text text) {
    as_buffer_u8(array, array->size ? ',' : '{');
    as_buffer_append(array, text.data, text.size);
}

static void end_array(struct as_buffer *array) {
    as_buffer_append(array, "}", 2);
}

static void fill_arrays(const struct work *work) {
    start_arrays();
    for (size_t i = 0; i < work->count; i++) {
        const struct work_item *item = &work->items[i];
        add_text(&srcs, item->src);
        add_text(&dsts, item->dst);
        as_buffer_printf(&amounts, "%c%" PRId64, i ? ',' : '{', item->amount);
    }
    end_array(&srcs);
    end_array(&dsts);
    end_array(&amounts);
}

static uint64_t call(const char *statement, const struct as_buffer *const *arrays, int count) {
    const char *values[3];
    for (int i = 0; i < count; i++)
        values[i] = (const char *)arrays[i]->data;
    PGresult *result =
        must(PQexecPrepared(connection, statement, count, values, NULL, NULL, 0), PGRES_TUPLES_OK);
    uint64_t rejected = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return rejected;
}

static bool has_accounts(void) {
    PGresult *result = must(PQexec(connection, "SELECT FROM account LIMIT 1"), PGRES_TUPLES_OK);
    bool some = PQntuples(result) > 0;
    PQclear(result);
    return some;
}

int main(int argc, char **argv) {
    struct work work;
    if (argc != 2)
        work_die("usage: postgres CONNECTION < STREAM");
    connect_to(argv[1]);
    for (work_open(&work, has_accounts()); work_next(&work);) {
        bool opens = work.items[0].command == WORK_OPEN;
        fill_arrays(&work);
        work_done(&work, opens ? call("open", (const struct as_buffer *[]){&srcs, &amounts}, 2)
                               : call("transfer",
                                      (const struct as_buffer *[]){&srcs, &dsts, &amounts}, 3));
    }
    PQfinish(connection);
    work_close(&work);
    return 0;
}
