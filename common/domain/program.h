// SPDX-License-Identifier: MIT
//
// Programs for the virtual machine (domain/vm.h): a flat array of small instructions over
// registers. A register holds a value; a cursor holds the row that a FIND or UNIQUE came upon.
// Registers are, in this order, the parameters (a command's NEW row), the constants, and
// temporaries.
#ifndef AS_DOMAIN_PROGRAM_H
#define AS_DOMAIN_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "stream/value.h"

enum as_opcode {
    // a ← b op c
    AS_VM_ARITHMETIC, // flag: enum as_operator
    AS_VM_ADD,        // the common ones have an instruction of their own
    AS_VM_SUBTRACT,
    AS_VM_COMPARE, // flag: enum as_operator, d: affinity
    AS_VM_AND,
    AS_VM_OR,
    AS_VM_MIN,
    AS_VM_MAX,
    AS_VM_SUBSTR, // a ← substr(b, c, register d), d < 0: to the end
    AS_VM_CONCAT, // d: reason of failure
    AS_VM_LIKE,   // flag: is GLOB; d: reason of failure
    // a ← op b
    AS_VM_MOVE,
    AS_VM_NOT,
    AS_VM_BIT_NOT,
    AS_VM_TRUTH,   // flag: bit 0 wanted truth (IS TRUE, IS FALSE), bit 1 negated
    AS_VM_IS_NULL, // flag: negated
    AS_VM_ABS,     // d: reason of failure
    AS_VM_LENGTH,
    AS_VM_FOLD_CASE,      // flag: upper
    AS_VM_CAST,           // flag: enum as_affinity
    AS_VM_COLUMN,         // a ← column c, of type `flag`, of the row in cursor b
    AS_VM_COLUMN_INTEGER, // the same of an INTEGER NOT NULL
    AS_VM_COLUMN_ADD,     // COLUMN_INTEGER; and where an ADD of it follows and a TYPE that wants an
                          // INTEGER, does both at once if that is what comes out
    AS_VM_COLUMN_SUBTRACT,
    // jumps to d
    AS_VM_JUMP,
    AS_VM_JUMP_IF,      // by the truth of b; flag: AS_VM_SENSE, AS_VM_NULL_JUMPS
    AS_VM_JUMP_NULL,    // where b is NULL; flag: where it is not
    AS_VM_JUMP_COMPARE, // where b op c; flag: operator | AS_VM_NULL_JUMPS, a: affinity
    AS_VM_JUMP_LESS,    // where b < c, two INTEGERs
    AS_VM_JUMP_LESS_OR_EQUAL,
    AS_VM_JUMP_EQUAL,
    AS_VM_JUMP_NOT_EQUAL,
    AS_VM_JUMP_SAME_TEXT, // where b = c, two TEXTs
    AS_VM_JUMP_OTHER_TEXT,
    AS_VM_FIND,      // cursor a ← row of table c with the primary key at b …; jumps where none;
                     // flag: enum as_vm_conversion of the key
    AS_VM_FIND_KEY,  // the same by key `flag` of the program, whose parameter is b: looked up once
                     // an item, unless rows of the table have come or gone since
    AS_VM_REFER_KEY, // the same, but jumps where there is one, and else passes by what follows
    AS_VM_UNIQUE,    // cursor a ← another row of table c with the values at b … in key `flag`;
                     // jumps where none
    AS_VM_UNIQUE_SELF, // the same, but the row in cursor a itself does not count (and a stays)
    // checks; d: reason
    AS_VM_NOT_NULL, // b
    AS_VM_TYPE,     // b becomes what a column of type `flag` stores
    AS_VM_FAIL,
    // effects
    AS_VM_INSERT, // into table c the row at b …; cursor a
    AS_VM_UPDATE, // the row in cursor a of table c by set list d
    AS_VM_DELETE, // the row in cursor a of table c
    AS_VM_END,
};

// A cursor that a value is not read from, since it is in a register.
enum { AS_NO_CURSOR = 0xFFFF };

// Of a key whose values may not have the columns' types. A rowid is looked up a little differently.
enum as_vm_conversion { AS_VM_TYPED_KEY, AS_VM_CONVERT_KEY, AS_VM_CONVERT_ROWID };

enum { AS_VM_SENSE = 0x40, AS_VM_NULL_JUMPS = 0x80, AS_VM_OPERATOR_MASK = 0x3F };

struct as_instruction {
    uint8_t op;
    uint8_t flag;
    uint16_t a, b, c;
    int32_t d;
};

enum { AS_REGISTERS_MAX = 60000, AS_CURSORS_MAX = 4096, AS_PROGRAM_MAX = 1 << 20 };

static inline bool as_instruction_jumps(const struct as_instruction *in) {
    return in->op >= AS_VM_JUMP && in->op <= AS_VM_UNIQUE_SELF;
}

// A parameter that is, as it is given, the whole primary key of a row that the program looks up.
// Such keys are hashed, and their rows fetched from memory, before the program runs
// (domain/window.h).
struct as_parameter_key {
    uint16_t parameter;
    uint16_t table;
    uint8_t type; // enum as_type: of the key; a parameter of another type is converted first
};

enum { AS_PROGRAM_KEYS_MAX = 16 };

// Which columns an UPDATE sets, and from which registers.
struct as_set_list {
    size_t count;
    uint16_t *columns;
    uint16_t *registers;
    uint64_t mask;     // bit i: column i
    uint64_t key_mask; // bit i: keys[i] of the table contains one of them (UNIQUEs only)
    bool texts;        // one of them is of TEXT
    bool integer;      // it is one INTEGER NOT NULL column, in no UNIQUE:
    uint16_t first_column, first_register;
};

struct as_program {
    struct as_instruction *code; // ends in AS_VM_END
    size_t count;
    size_t parameter_count;
    // A command's: which types each parameter may have (1 << enum as_type), and where a run starts
    // whose parameters all do: behind the checks that tell what is wrong.
    const uint8_t *parameter_may;
    size_t typed_start;
    size_t constant_count; // constants follow the parameters
    struct as_value *constants;
    size_t register_count;
    size_t cursor_count;
    size_t set_list_count;
    struct as_set_list *set_lists;
    size_t key_count;
    struct as_parameter_key keys[AS_PROGRAM_KEYS_MAX];
};

// Where a reason's value is when the program fails: in register `at`, or in column `at`, of type
// `type`, of the row in a cursor.
struct as_value_source {
    uint16_t cursor; // or AS_NO_CURSOR
    uint16_t at;
    uint8_t type;
};

// Why an item is rejected, and where the row's key and the values that broke it are.
struct as_reason {
    uint8_t kind; // enum as_reject_kind
    const char *name;
    uint8_t keys, values;
    struct as_value_source *sources; // keys, then values
    struct as_buffer encoded;        // stream/verdict.h
};

#endif
