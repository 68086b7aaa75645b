// SPDX-License-Identifier: MIT
//
// bare PIECE OUTPUT < DATA: the limit. Appends DATA to a new file OUTPUT in pieces of PIECE bytes,
// each followed by fdatasync, and nothing else. Reading does not count. Prints a line of JSON.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/io.h"
#include "base/number.h"
#include "work.h"

static struct as_histogram pieces_ns;

static size_t read_piece(uint8_t *piece, size_t size) {
    size_t have = 0;
    ssize_t got = 1;
    while (have < size && (got = as_io_read(STDIN_FILENO, piece + have, size - have, NULL)) > 0)
        have += (size_t)got;
    if (got < 0)
        work_die("stdin cannot be read");
    return have;
}

static void write_piece(int fd, const uint8_t *piece, size_t size) {
    struct as_error error;
    uint64_t started_ns = as_clock_monotonic_ns();
    if (as_io_write_full(fd, piece, size, "output", &error) || fdatasync(fd) != 0)
        work_die("the output cannot be written");
    as_histogram_add(&pieces_ns, as_clock_monotonic_ns() - started_ns, 1);
}

static double ms(double quantile) {
    return (double)as_histogram_quantile(&pieces_ns, quantile) / AS_NS_PER_MS;
}

int main(int argc, char **argv) {
    uint64_t size, bytes = 0;
    if (argc != 3 || !as_parse_count(argv[1], 1, 1 << 30, &size))
        work_die("usage: bare PIECE OUTPUT < DATA");
    int fd = open(argv[2], O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd < 0)
        work_die("%s cannot be created", argv[2]);
    uint8_t *piece = as_alloc(size);
    for (size_t got; (got = read_piece(piece, size)) > 0; bytes += got)
        write_piece(fd, piece, got);
    double seconds = pieces_ns.sum / AS_NS_PER_S;
    printf("{\"bytes\":%llu,\"pieces\":%llu,\"piece\":%llu,\"seconds\":%.6f,"
           "\"bytes_per_second\":%.0f,\"piece_ms\":{\"p50\":%.3f,\"p99\":%.3f}}\n",
           (unsigned long long)bytes, (unsigned long long)pieces_ns.count, (unsigned long long)size,
           seconds, seconds > 0 ? (double)bytes / seconds : 0, ms(0.5), ms(0.99));
    free(piece);
    return close(fd);
}
