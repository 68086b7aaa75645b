// SPDX-License-Identifier: MIT
//
// bank: opens every account, then moves money between them. Rejects are, in turn, an overdraft, an
// account that does not exist, an amount that is not positive, and a transfer to oneself.
#include "workload.h"

#include <stdlib.h>

extern const char workload_sql_bank[];

enum { COMMAND_OPEN, COMMAND_TRANSFER };
enum { SUPPLY = 500000000, AMOUNT_MAX = 100 }; // half of what the domain's assertion allows

struct bank {
    struct workload_draw draw;
    uint32_t opened;
    uint32_t rejects;
    int32_t *balances;
    uint32_t src, dst; // of the next transfer, drawn ahead so that their balances are on the way
};

static void draw_ahead(struct bank *bank) {
    bank->src = workload_draw_key(&bank->draw);
    bank->dst = workload_draw_key(&bank->draw);
    __builtin_prefetch(&bank->balances[bank->src]);
    __builtin_prefetch(&bank->balances[bank->dst]);
}

static void *prepare(const struct workload_options *options) {
    struct bank *bank = as_alloc_zero(1, sizeof *bank);
    workload_draw_prepare(&bank->draw, options);
    bank->balances = as_alloc(options->keys * sizeof *bank->balances);
    draw_ahead(bank);
    return bank;
}

static void release(void *state) {
    struct bank *bank = state;
    workload_draw_release(&bank->draw);
    free(bank->balances);
    free(bank);
}

static void put_account(struct as_buffer *out, uint32_t number) {
    workload_put_key(out, "acct-", number);
}

static void put_open(struct bank *bank, struct as_buffer *out) {
    uint32_t id = bank->opened++;
    bank->balances[id] = (int32_t)(SUPPLY / bank->draw.keys);
    workload_begin(out, COMMAND_OPEN, 3);
    put_account(out, id);
    workload_put_integer(out, bank->balances[id]);
    workload_put_note(out, &bank->draw);
}

static void put_transfer_end(struct bank *bank, struct as_buffer *out, int64_t amount) {
    workload_put_integer(out, amount);
    workload_put_note(out, &bank->draw);
}

static uint32_t following(const struct bank *bank, uint32_t id) {
    return id + 1 < bank->draw.keys ? id + 1 : 0;
}

// The account drawn or, where it is empty, the next one that is not. There is one: the supply is
// not zero.
static uint32_t payer(const struct bank *bank) {
    uint32_t id = bank->src;
    while (bank->balances[id] == 0)
        id = following(bank, id);
    return id;
}

static void put_transfer(struct bank *bank, struct as_buffer *out) {
    uint32_t src = payer(bank), dst = bank->dst;
    draw_ahead(bank);
    if (dst == src)
        dst = following(bank, src);
    int32_t amount = (int32_t)workload_draw_between(&bank->draw, 1, AMOUNT_MAX);
    if (amount > bank->balances[src])
        amount = bank->balances[src];
    bank->balances[src] -= amount;
    bank->balances[dst] += amount;
    workload_begin(out, COMMAND_TRANSFER, 4);
    put_account(out, src);
    put_account(out, dst);
    put_transfer_end(bank, out, amount);
}

static void put_reject(struct bank *bank, struct as_buffer *out) {
    enum { OVERDRAFT, UNKNOWN, NOT_POSITIVE, TO_SELF, KINDS };
    uint32_t kind = bank->rejects++ % KINDS;
    uint32_t src = payer(bank);
    draw_ahead(bank);
    int64_t amount = workload_draw_between(&bank->draw, 1, AMOUNT_MAX);
    workload_begin(out, COMMAND_TRANSFER, 4);
    put_account(out, src);
    if (kind == UNKNOWN)
        workload_put_key(out, "lost-", src);
    else
        put_account(out, kind == TO_SELF ? src : following(bank, src));
    if (kind == UNKNOWN)
        amount = 1; // the payer has it: the account alone is wrong
    if (kind == OVERDRAFT)
        amount += bank->balances[src];
    if (kind == NOT_POSITIVE)
        amount = 1 - amount;
    put_transfer_end(bank, out, amount);
}

static void next(void *state, struct as_buffer *out) {
    struct bank *bank = state;
    if (bank->opened < bank->draw.keys)
        put_open(bank, out);
    else if (workload_draw_reject(&bank->draw))
        put_reject(bank, out);
    else
        put_transfer(bank, out);
}

const struct workload workload_bank = {
    .name = "bank",
    .sql = workload_sql_bank,
    .keys_min = 2,
    .prepare = prepare,
    .next = next,
    .release = release,
};
