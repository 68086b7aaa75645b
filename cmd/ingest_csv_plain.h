// SPDX-License-Identifier: MIT
//
// The plain rows of CSV, past libcsv: those without a quote. Such a row is one line, and its fields
// are what lies between its delimiters.
//
// Why not libcsv alone: it takes each byte through a state machine, copies it and calls back for
// each field. as-ingest spends 2,400 instructions (0.25 us) on a row of three columns through it
// and 900 (0.10 us) through here, and most rows are plain.
//
// This reader never says that a row is wrong: what it does not take it declines, and libcsv and
// ingest_csv.c are the one judge of it and of the words for it. tests/unit/test_ingest.c holds the
// two against each other.
#ifndef AS_INGEST_CSV_PLAIN_H
#define AS_INGEST_CSV_PLAIN_H

#include "ingest_columns.h"

// A line as ingest_input_line gives it. True, with a record appended to `out`; or false, with `out`
// as it comes.
bool ingest_csv_plain(const struct ingest_columns *columns, const struct ingest_command *command,
                      char delimiter, const char *line, size_t size, struct as_buffer *out);

#endif
