// SPDX-License-Identifier: MIT
#include "domain/load.h"

#include "base/io.h"
#include "domain/referee.h"
#include "stream/frame.h"

int as_domain_load(const char *name, const char *sql, size_t size, struct as_domain **domain,
                   struct as_error *error) {
    int code = as_referee_check(name, sql, size, error);
    return code ? code : as_domain_compile(name, sql, size, domain, error);
}

int as_domain_load_file(const char *path, struct as_domain **domain, struct as_error *error) {
    struct as_buffer sql = {0};
    int code = as_io_read_file(path, AS_DOMAIN_TEXT_MAX, &sql, error);
    if (!code)
        code =
            as_domain_load(path, sql.size ? (const char *)sql.data : "", sql.size, domain, error);
    as_buffer_free(&sql);
    return code;
}
