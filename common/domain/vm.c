// SPDX-License-Identifier: MIT
#include "domain/vm.h"

#include <stdlib.h>
#include <string.h>

#include "domain/key_hash.h"
#include "domain/sql_value.h"

void as_vm_frame_init(struct as_vm_frame *frame, const struct as_program *program) {
    frame->program = program;
    frame->registers = as_alloc_zero(program->register_count + 1, sizeof *frame->registers);
    frame->cursors = as_alloc_zero(program->cursor_count + 1, sizeof *frame->cursors);
    memcpy(frame->registers + program->parameter_count, program->constants,
           program->constant_count * sizeof *program->constants);
}

void as_vm_frame_free(struct as_vm_frame *frame) {
    free(frame->registers);
    free(frame->cursors);
}

// A key column's value as the index wants it. A value of another type that could be equal is
// converted as a comparison with the column would; one that cannot be equal to any key becomes
// NULL.
static void convert_key(enum as_type type, struct as_value *value, struct as_region *scratch) {
    if (value->type == type || value->type == AS_NULL)
        return;
    if (type == AS_TEXT) {
        *value = as_sql_to_text(value, scratch);
        return;
    }
    as_sql_apply_numeric(value);
    if (value->type == AS_REAL && value->real >= -9223372036854775808.0 &&
        value->real < 9223372036854775808.0 && (double)(int64_t)value->real == value->real)
        *value = as_value_integer((int64_t)value->real);
    if (value->type != AS_INTEGER)
        *value = as_value_null();
}

// SQLite does not take the REAL -9223372036854775808.0 for a rowid, though it is equal to one.
static void convert_rowid(struct as_value *value, struct as_region *scratch) {
    struct as_value given = *value;
    convert_key(AS_INTEGER, value, scratch);
    as_sql_apply_numeric(&given);
    if (given.type == AS_REAL && value->type == AS_INTEGER && value->integer == INT64_MIN)
        *value = as_value_null();
}

static bool find(const struct as_instruction *in, const struct as_vm_frame *frame,
                 struct as_state *state, struct as_region *scratch) {
    struct as_table *table = &state->tables[in->c];
    struct as_value *key = &frame->registers[in->b];
    if (in->flag == AS_VM_CONVERT_ROWID) {
        convert_rowid(key, scratch);
    } else if (in->flag) {
        for (size_t i = 0; i < table->keys[0].column_count; i++)
            convert_key(table->types[table->keys[0].columns[i]], &key[i], scratch);
    }
    uint32_t row = as_table_find(table, 0, key);
    if (row == AS_ROW_NONE)
        return false;
    frame->cursors[in->a] = (struct as_cursor_row){as_table_row(table, row), row};
    return true;
}

// Where nothing is known of the key, or what was supposed is wrong. Not inlined, so that the
// look-ups that go right do not save registers for it.
static __attribute__((noinline)) void search(struct as_vm_key *key, const struct as_table *table,
                                             const struct as_value *value) {
    bool null = value->type == AS_NULL;
    if (key->state == AS_VM_KEY_UNKNOWN && !null)
        key->hash = as_key_hash(value);
    key->number = null ? AS_ROW_NONE : as_table_find_hashed(table, key->hash, value);
    key->row = key->number == AS_ROW_NONE ? NULL : as_table_row(table, key->number);
    key->version = table->version;
}

static inline bool find_key(const struct as_instruction *in, const struct as_vm_frame *frame,
                            const struct as_state *state) {
    struct as_vm_key *key = &frame->keys[in->flag];
    const struct as_table *table = &state->tables[in->c];
    bool current = key->version == table->version;
    if (key->state != AS_VM_KEY_PROVED || !current) {
        const struct as_value *value = &frame->registers[in->b];
        if (key->state != AS_VM_KEY_SUPPOSED || !current ||
            (key->row && !as_table_has_key(table, key->row, value)))
            search(key, table, value);
        key->state = AS_VM_KEY_PROVED;
    }
    frame->cursors[in->a] = (struct as_cursor_row){key->row, key->number};
    return key->row;
}

static bool unique(const struct as_instruction *in, const struct as_vm_frame *frame,
                   struct as_state *state) {
    struct as_table *table = &state->tables[in->c];
    uint32_t row = as_table_find(table, in->flag, &frame->registers[in->b]);
    if (in->op == AS_VM_UNIQUE_SELF)
        return row != AS_ROW_NONE && row != frame->cursors[in->a].number;
    if (row == AS_ROW_NONE)
        return false;
    frame->cursors[in->a] = (struct as_cursor_row){as_table_row(table, row), row};
    return true;
}

static struct as_value logic(enum as_opcode op, const struct as_value *a,
                             const struct as_value *b) {
    enum as_truth x = as_sql_truth(a), y = as_sql_truth(b);
    enum as_truth decisive = op == AS_VM_AND ? AS_FALSE : AS_TRUE;
    if (x == decisive || y == decisive)
        return as_value_integer(decisive);
    return as_sql_from_truth(x == AS_UNKNOWN || y == AS_UNKNOWN ? AS_UNKNOWN : !decisive);
}

static struct as_value negate_truth(const struct as_value *a) {
    enum as_truth t = as_sql_truth(a);
    return as_sql_from_truth(t == AS_UNKNOWN ? t : !t);
}

// Instructions that leave the straight path seldom; keeps the loop below small.
static const char *compute(const struct as_instruction *in, struct as_value *r,
                           struct as_region *scratch) {
    struct as_value *a = &r[in->a];
    const struct as_value *b = &r[in->b], *c = &r[in->c];
    switch (in->op) {
    case AS_VM_ARITHMETIC:
        *a = as_sql_arithmetic((enum as_operator)in->flag, b, c);
        return NULL;
    case AS_VM_AND:
    case AS_VM_OR:
        *a = logic((enum as_opcode)in->op, b, c);
        return NULL;
    case AS_VM_MIN:
        *a = as_sql_min(b, c);
        return NULL;
    case AS_VM_MAX:
        *a = as_sql_max(b, c);
        return NULL;
    case AS_VM_SUBSTR:
        *a = as_sql_substr(b, c, in->d < 0 ? NULL : &r[in->d], scratch);
        return NULL;
    case AS_VM_CONCAT:
        return as_sql_concat(b, c, scratch, a);
    case AS_VM_LIKE:
        return as_sql_like(in->flag, b, c, scratch, a);
    case AS_VM_NOT:
        *a = negate_truth(b);
        return NULL;
    case AS_VM_BIT_NOT:
        *a = as_sql_bit_not(b);
        return NULL;
    case AS_VM_TRUTH:
        *a = as_value_integer((as_sql_truth(b) == (in->flag & 1)) != (in->flag >> 1));
        return NULL;
    case AS_VM_IS_NULL:
        *a = as_value_integer((b->type == AS_NULL) != in->flag);
        return NULL;
    case AS_VM_ABS:
        return as_sql_abs(b, a);
    case AS_VM_LENGTH:
        *a = as_sql_length(b, scratch);
        return NULL;
    case AS_VM_FOLD_CASE:
        *a = as_sql_fold_case(in->flag, b, scratch);
        return NULL;
    default: // AS_VM_CAST
        *a = as_sql_cast((enum as_affinity)in->flag, b, scratch);
        return NULL;
    }
}

static bool wanted(enum as_truth truth, uint8_t flag, bool sense) {
    return truth == AS_UNKNOWN ? flag & AS_VM_NULL_JUMPS : (truth == AS_TRUE) == sense;
}

// Which orders satisfy an operator: bit 0 less, bit 1 equal, bit 2 greater.
static const uint8_t satisfying[] = {
    [AS_OP_EQ] = 2, [AS_OP_IS] = 2, [AS_OP_NE] = 5, [AS_OP_IS_NOT] = 5,
    [AS_OP_LT] = 1, [AS_OP_LE] = 3, [AS_OP_GT] = 4, [AS_OP_GE] = 6};

static inline bool integers_compare(uint8_t op, int64_t a, int64_t b) {
    return satisfying[op] >> ((a >= b) + (a > b)) & 1;
}

// What is not of two integers.
static bool jump_compare(const struct as_instruction *in, const struct as_value *r,
                         struct as_region *scratch) {
    enum as_operator op = (enum as_operator)(in->flag & AS_VM_OPERATOR_MASK);
    enum as_truth truth = as_sql_compare(op, (enum as_affinity)in->a, r[in->b], r[in->c], scratch);
    return wanted(truth, in->flag, true);
}

static inline bool compares(const struct as_instruction *in, const struct as_value *r,
                            struct as_region *scratch) {
    const struct as_value *a = &r[in->b], *b = &r[in->c];
    if (a->type == AS_INTEGER && b->type == AS_INTEGER)
        return integers_compare(in->flag & AS_VM_OPERATOR_MASK, a->integer, b->integer);
    return jump_compare(in, r, scratch);
}

static inline bool same_text(const struct as_value *a, const struct as_value *b) {
    return as_text_equal(a->text, a->size, b->text, b->size);
}

struct as_value as_vm_read(const struct as_vm_frame *frame, struct as_value_source source) {
    if (source.cursor == AS_NO_CURSOR)
        return frame->registers[source.at];
    return as_row_value(frame->cursors[source.cursor].row, source.at, source.type);
}

static inline void set_integer(struct as_value *value, int64_t integer) {
    value->type = AS_INTEGER;
    value->integer = integer;
}

static inline bool both_integers(const struct as_value *a, const struct as_value *b) {
    return a->type == AS_INTEGER && b->type == AS_INTEGER;
}

int32_t as_vm_run(const struct as_vm_frame *frame, struct as_state *state,
                  struct as_region *scratch) {
    return as_vm_run_from(frame, 0, state, scratch);
}

int32_t as_vm_run_from(const struct as_vm_frame *frame, size_t start, struct as_state *state,
                       struct as_region *scratch) {
    struct as_value *r = frame->registers;
    struct as_cursor_row *cursors = frame->cursors;
    const struct as_instruction *code = frame->program->code, *in = code + start;
    int64_t v;
    for (;; in++) {
        switch (in->op) {
        case AS_VM_ADD:
            if (both_integers(&r[in->b], &r[in->c]) &&
                !__builtin_add_overflow(r[in->b].integer, r[in->c].integer, &v))
                set_integer(&r[in->a], v);
            else
                r[in->a] = as_sql_arithmetic(AS_OP_ADD, &r[in->b], &r[in->c]);
            break;
        case AS_VM_SUBTRACT:
            if (both_integers(&r[in->b], &r[in->c]) &&
                !__builtin_sub_overflow(r[in->b].integer, r[in->c].integer, &v))
                set_integer(&r[in->a], v);
            else
                r[in->a] = as_sql_arithmetic(AS_OP_SUBTRACT, &r[in->b], &r[in->c]);
            break;
        case AS_VM_COMPARE:
            r[in->a] = as_sql_from_truth(as_sql_compare(
                (enum as_operator)in->flag, (enum as_affinity)in->d, r[in->b], r[in->c], scratch));
            break;
        case AS_VM_MOVE:
            r[in->a] = r[in->b];
            break;
        case AS_VM_COLUMN:
            r[in->a] = as_row_value(cursors[in->b].row, in->c, in->flag);
            break;
        case AS_VM_COLUMN_INTEGER:
            set_integer(&r[in->a], cursors[in->b].row->cells[in->c].integer);
            break;
        case AS_VM_COLUMN_ADD:
            v = cursors[in->b].row->cells[in->c].integer;
            set_integer(&r[in->a], v);
            if (r[in[1].c].type == AS_INTEGER &&
                !__builtin_add_overflow(v, r[in[1].c].integer, &v)) {
                set_integer(&r[in[1].a], v);
                in += 2;
            }
            break;
        case AS_VM_COLUMN_SUBTRACT:
            v = cursors[in->b].row->cells[in->c].integer;
            set_integer(&r[in->a], v);
            if (r[in[1].c].type == AS_INTEGER &&
                !__builtin_sub_overflow(v, r[in[1].c].integer, &v)) {
                set_integer(&r[in[1].a], v);
                in += 2;
            }
            break;
        case AS_VM_JUMP:
            in = code + in->d - 1;
            break;
        case AS_VM_JUMP_IF:
            if (wanted(as_sql_truth(&r[in->b]), in->flag, in->flag & AS_VM_SENSE))
                in = code + in->d - 1;
            break;
        case AS_VM_JUMP_NULL:
            if ((r[in->b].type == AS_NULL) != in->flag)
                in = code + in->d - 1;
            break;
        case AS_VM_JUMP_COMPARE:
            if (compares(in, r, scratch))
                in = code + in->d - 1;
            break;
        case AS_VM_JUMP_LESS:
            if (r[in->b].integer < r[in->c].integer)
                in = code + in->d - 1;
            break;
        case AS_VM_JUMP_LESS_OR_EQUAL:
            if (r[in->b].integer <= r[in->c].integer)
                in = code + in->d - 1;
            break;
        case AS_VM_JUMP_EQUAL:
            if (r[in->b].integer == r[in->c].integer)
                in = code + in->d - 1;
            break;
        case AS_VM_JUMP_NOT_EQUAL:
            if (r[in->b].integer != r[in->c].integer)
                in = code + in->d - 1;
            break;
        case AS_VM_JUMP_SAME_TEXT:
            if (same_text(&r[in->b], &r[in->c]))
                in = code + in->d - 1;
            break;
        case AS_VM_JUMP_OTHER_TEXT:
            if (!same_text(&r[in->b], &r[in->c]))
                in = code + in->d - 1;
            break;
        case AS_VM_FIND:
            if (!find(in, frame, state, scratch))
                in = code + in->d - 1;
            break;
        case AS_VM_FIND_KEY:
            if (!find_key(in, frame, state))
                in = code + in->d - 1;
            break;
        case AS_VM_REFER_KEY:
            in = find_key(in, frame, state) ? code + in->d - 1 : in + 1;
            break;
        case AS_VM_UNIQUE:
        case AS_VM_UNIQUE_SELF:
            if (!unique(in, frame, state))
                in = code + in->d - 1;
            break;
        case AS_VM_NOT_NULL:
            if (r[in->b].type == AS_NULL)
                return in->d;
            break;
        case AS_VM_TYPE:
            if ((r[in->b].type != in->flag || in->flag == AS_REAL) &&
                !as_sql_store((enum as_type)in->flag, &r[in->b], scratch))
                return in->d;
            break;
        case AS_VM_FAIL:
            return in->d;
        case AS_VM_INSERT: {
            uint32_t row = as_state_insert(state, in->c, &r[in->b]);
            cursors[in->a] = (struct as_cursor_row){as_table_row(&state->tables[in->c], row), row};
            break;
        }
        case AS_VM_UPDATE:
            as_state_update(state, in->c, &cursors[in->a], &frame->program->set_lists[in->d], r);
            break;
        case AS_VM_DELETE:
            as_state_delete(state, in->c, cursors[in->a].number);
            break;
        case AS_VM_END:
            return AS_VM_ACCEPTED;
        case AS_VM_ARITHMETIC:
        case AS_VM_AND:
        case AS_VM_OR:
        case AS_VM_MIN:
        case AS_VM_MAX:
        case AS_VM_SUBSTR:
        case AS_VM_CONCAT:
        case AS_VM_LIKE:
        case AS_VM_NOT:
        case AS_VM_BIT_NOT:
        case AS_VM_TRUTH:
        case AS_VM_IS_NULL:
        case AS_VM_ABS:
        case AS_VM_LENGTH:
        case AS_VM_FOLD_CASE:
        case AS_VM_CAST:
            if (compute(in, r, scratch))
                return in->d;
            break;
        default: // there are no others, which saves a test for each instruction
            __builtin_unreachable();
        }
    }
}
