// SPDX-License-Identifier: MIT
//
// rocksdb DIRECTORY < STREAM: bank transfers over RocksDB, one WriteBatch a batch, written with
// sync: the accounts that changed, and the batch itself as a row of a journal. An account is read
// once a batch, into a small table in which the batch's items are decided one after the other: what
// a program over a log-structured store does, and quicker than its indexed batch.
//
// rocksdb --dump DIRECTORY: every account as "id|balance", in the order of ids.
//
// Keys: 'a' + id of an account → balance, int64_t; 'j' + number of a batch, big-endian → its frame.
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "work.h"

static rocksdb_t *db;
static rocksdb_readoptions_t *read_options;
static rocksdb_writeoptions_t *write_options;

static void must(char *error) {
    if (error)
        work_die("%s", error);
}

// RocksDB's own preset for point look-ups (Bloom filters, hashed blocks, half a gigabyte of cache);
// a quarter of a gigabyte of memtable, which measured best; logs used again, so that a sync need
// not grow the file.
static rocksdb_options_t *make_options(void) {
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_optimize_for_point_lookup(options, 512);
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_increase_parallelism(options, 2);
    rocksdb_options_set_write_buffer_size(options, 256 << 20);
    rocksdb_options_set_max_write_buffer_number(options, 4);
    rocksdb_options_set_compression(options, rocksdb_lz4_compression);
    rocksdb_options_set_recycle_log_file_num(options, 4);
    return options;
}

static void open_database(const char *path) {
    char *error = NULL;
    db = rocksdb_open(make_options(), path, &error);
    must(error);
    rocksdb_set_perf_level(rocksdb_disable); // its own counters cost a tenth
    read_options = rocksdb_readoptions_create();
    write_options = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(write_options, 1);
}

// ---- The accounts of a batch --------------------------------------------------------------------

enum { KEY_MAX = 64 };

struct account {
    char key[KEY_MAX]; // 'a' + id
    size_t size;       // 0: the slot is free
    int64_t balance;
    bool exists, changed;
};

static struct account *accounts; // open addressing, at most half full
static size_t slots;

static void clear_accounts(size_t items) {
    size_t wanted = 4;
    while (wanted < items * 4) // two accounts an item, half full
        wanted *= 2;
    if (wanted != slots)
        accounts = as_realloc(accounts, wanted * sizeof *accounts);
    slots = wanted;
    for (size_t i = 0; i < slots; i++)
        accounts[i].size = 0;
}

static void load_account(struct account *account) {
    char *error = NULL;
    size_t size;
    char *value = rocksdb_get(db, read_options, account->key, account->size, &size, &error);
    must(error);
    account->changed = false;
    account->exists = value != NULL;
    if (value && size != sizeof account->balance)
        work_die("an account is damaged");
    if (value)
        memcpy(&account->balance, value, sizeof account->balance);
    rocksdb_free(value);
}

static struct account *find_account(struct work_text id) {
    if (id.size + 1 > KEY_MAX)
        work_die("an id is too long");
    for (size_t slot = as_hash64(id.data, id.size);; slot++) {
        struct account *account = &accounts[slot & (slots - 1)];
        if (account->size == id.size + 1 && memcmp(account->key + 1, id.data, id.size) == 0)
            return account;
        if (account->size)
            continue;
        account->size = id.size + 1;
        account->key[0] = 'a';
        memcpy(account->key + 1, id.data, id.size);
        load_account(account);
        return account;
    }
}

static void set_balance(struct account *account, int64_t balance) {
    account->balance = balance;
    account->exists = account->changed = true;
}

// ---- Batches ------------------------------------------------------------------------------------

static bool decide(const struct work_item *item) {
    if (!work_plausible(item))
        return false;
    struct account *src = find_account(item->src);
    if (item->command == WORK_OPEN) {
        if (!src->exists)
            set_balance(src, item->amount);
        return src->changed;
    }
    struct account *dst = find_account(item->dst);
    if (!src->exists || !dst->exists || src->balance < item->amount)
        return false;
    set_balance(src, src->balance - item->amount);
    set_balance(dst, dst->balance + item->amount);
    return true;
}

static void put_journal(rocksdb_writebatch_t *batch, const struct work *work) {
    char key[9] = {'j'};
    for (int i = 0; i < 8; i++)
        key[1 + i] = (char)(work->batch >> (56 - 8 * i));
    rocksdb_writebatch_put(batch, key, sizeof key, (const char *)work->frame.stored.data,
                           work->frame.stored.size);
}

static void write_batch(rocksdb_writebatch_t *batch, const struct work *work) {
    char *error = NULL;
    rocksdb_writebatch_clear(batch);
    for (size_t i = 0; i < slots; i++)
        if (accounts[i].size && accounts[i].changed)
            rocksdb_writebatch_put(batch, accounts[i].key, accounts[i].size,
                                   (const char *)&accounts[i].balance, sizeof accounts[i].balance);
    put_journal(batch, work);
    rocksdb_write(db, write_options, batch, &error);
    must(error);
}

static void run(bool loaded) {
    struct work work;
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    for (work_open(&work, loaded); work_next(&work);) {
        uint64_t rejected = 0;
        clear_accounts(work.count);
        for (size_t i = 0; i < work.count; i++)
            rejected += !decide(&work.items[i]);
        write_batch(batch, &work);
        work_done(&work, rejected);
    }
    rocksdb_writebatch_destroy(batch);
    work_close(&work);
}

static void dump(void) {
    rocksdb_iterator_t *at = rocksdb_create_iterator(db, read_options);
    for (rocksdb_iter_seek(at, "a", 1); rocksdb_iter_valid(at); rocksdb_iter_next(at)) {
        size_t size, value_size;
        const char *key = rocksdb_iter_key(at, &size);
        const char *value = rocksdb_iter_value(at, &value_size);
        int64_t balance;
        if (key[0] != 'a')
            break;
        memcpy(&balance, value, sizeof balance);
        printf("%.*s|%lld\n", (int)size - 1, key + 1, (long long)balance);
    }
    rocksdb_iter_destroy(at);
}

int main(int argc, char **argv) {
    bool dumps = argc == 3 && strcmp(argv[1], "--dump") == 0;
    if (argc != 2 && !dumps)
        work_die("usage: rocksdb [--dump] DIRECTORY < STREAM");
    bool loaded = access(argv[argc - 1], F_OK) == 0;
    open_database(argv[argc - 1]);
    if (dumps)
        dump();
    else
        run(loaded);
    rocksdb_close(db);
    return 0;
}
