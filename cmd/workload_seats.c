// SPDX-License-Identifier: MIT
//
// seats: creates organisations with their teams, then adds and removes seats and changes plans.
// More is added than removed, so that teams and organisations soon live at their limits. Rejects
// break, in turn, the limit of a team, that of the free plan, and that of an organisation; where no
// team can break the one whose turn it is, another's.
#include "workload.h"

#include <stdlib.h>

extern const char workload_sql_seats[];

enum {
    COMMAND_CREATE_ORGANISATION,
    COMMAND_CREATE_TEAM,
    COMMAND_ADD_SEATS,
    COMMAND_REMOVE_SEATS,
    COMMAND_CHANGE_PLAN,
};

enum { TEAM_MAX = 10, FREE_MAX = 4, ORGANISATION_MAX = 100 }; // the domain's limits
enum { TEAMS_PER_ORGANISATION = 25, STEP_MAX = 3, PROBES_MAX = 250 };

struct team {
    uint8_t seats;
    bool is_free;
};

struct seats {
    struct workload_draw draw;
    uint32_t created_organisations;
    uint32_t created_teams;
    uint32_t rejects;
    struct team *teams;
    uint8_t *totals; // seats of each organisation
};

static void *prepare(const struct workload_options *options) {
    struct seats *seats = as_alloc_zero(1, sizeof *seats);
    workload_draw_prepare(&seats->draw, options);
    seats->teams = as_alloc_zero(options->keys, sizeof *seats->teams);
    seats->totals = as_alloc_zero(options->keys / TEAMS_PER_ORGANISATION + 1, 1);
    return seats;
}

static void release(void *state) {
    struct seats *seats = state;
    workload_draw_release(&seats->draw);
    free(seats->teams);
    free(seats->totals);
    free(seats);
}

// ---- Items --------------------------------------------------------------------------------------

static const char *plan_name(bool is_free) {
    return is_free ? "free" : "pro";
}

static void put_organisation(struct seats *seats, struct as_buffer *out) {
    workload_begin(out, COMMAND_CREATE_ORGANISATION, 2);
    workload_put_key(out, "org-", seats->created_organisations++);
    workload_put_note(out, &seats->draw);
}

static void put_team(struct seats *seats, struct as_buffer *out) {
    uint32_t id = seats->created_teams++;
    seats->teams[id].is_free = id % 2;
    workload_begin(out, COMMAND_CREATE_TEAM, 4);
    workload_put_key(out, "team-", id);
    workload_put_key(out, "org-", id / TEAMS_PER_ORGANISATION);
    workload_put_text(out, plan_name(seats->teams[id].is_free));
    workload_put_note(out, &seats->draw);
}

static void put_seats(struct seats *seats, struct as_buffer *out, uint16_t command, uint32_t id,
                      int count) {
    workload_begin(out, command, 3);
    workload_put_key(out, "team-", id);
    workload_put_integer(out, count);
    workload_put_note(out, &seats->draw);
}

static void put_plan(struct seats *seats, struct as_buffer *out, uint32_t id, bool is_free) {
    workload_begin(out, COMMAND_CHANGE_PLAN, 3);
    workload_put_key(out, "team-", id);
    workload_put_text(out, plan_name(is_free));
    workload_put_note(out, &seats->draw);
}

// ---- What is accepted ---------------------------------------------------------------------------

static uint8_t *total_of(struct seats *seats, uint32_t id) {
    return &seats->totals[id / TEAMS_PER_ORGANISATION];
}

static int at_most(int a, int b) {
    return a < b ? a : b;
}

// How many seats the team can still take.
static int room_of(struct seats *seats, uint32_t id) {
    const struct team *team = &seats->teams[id];
    return at_most((team->is_free ? FREE_MAX : TEAM_MAX) - team->seats,
                   ORGANISATION_MAX - *total_of(seats, id));
}

static void add(struct seats *seats, struct as_buffer *out, uint32_t id, int count) {
    seats->teams[id].seats = (uint8_t)(seats->teams[id].seats + count);
    *total_of(seats, id) = (uint8_t)(*total_of(seats, id) + count);
    put_seats(seats, out, COMMAND_ADD_SEATS, id, count);
}

static void take_away(struct seats *seats, struct as_buffer *out, uint32_t id, int count) {
    seats->teams[id].seats = (uint8_t)(seats->teams[id].seats - count);
    *total_of(seats, id) = (uint8_t)(*total_of(seats, id) - count);
    put_seats(seats, out, COMMAND_REMOVE_SEATS, id, count);
}

static void change_plan(struct seats *seats, struct as_buffer *out, uint32_t id) {
    seats->teams[id].is_free = !seats->teams[id].is_free;
    put_plan(seats, out, id, seats->teams[id].is_free);
}

// Of ten items six add seats, three remove some and one changes the plan, as far as the team can:
// an empty team can always change its plan, any other can give up a seat.
static void put_accepted(struct seats *seats, struct as_buffer *out) {
    uint32_t id = workload_draw_key(&seats->draw);
    const struct team *team = &seats->teams[id];
    int64_t wish = workload_draw_between(&seats->draw, 0, 9);
    int count = (int)workload_draw_between(&seats->draw, 1, STEP_MAX), room = room_of(seats, id);
    bool can_change = team->is_free || team->seats <= FREE_MAX;
    if (wish < 6 && room > 0)
        add(seats, out, id, at_most(count, room));
    else if (can_change && (wish == 9 || team->seats == 0))
        change_plan(seats, out, id);
    else
        take_away(seats, out, id, at_most(count, team->seats));
}

// ---- What is rejected ---------------------------------------------------------------------------

// team_holds_ten: any team can.
static bool break_team(struct seats *seats, struct as_buffer *out, uint32_t id) {
    int room = TEAM_MAX - seats->teams[id].seats;
    int count = room + (int)workload_draw_between(&seats->draw, 1, STEP_MAX);
    put_seats(seats, out, COMMAND_ADD_SEATS, id, count);
    return true;
}

// free_holds_fewer_than_five: a free team that grows, a larger one that turns free.
static bool break_free(struct seats *seats, struct as_buffer *out, uint32_t id) {
    const struct team *team = &seats->teams[id];
    if (team->is_free) {
        int64_t least = FREE_MAX + 1 - team->seats, most = TEAM_MAX - team->seats;
        int count = (int)workload_draw_between(&seats->draw, least, most);
        put_seats(seats, out, COMMAND_ADD_SEATS, id, count);
        return true;
    }
    if (team->seats > FREE_MAX)
        put_plan(seats, out, id, true);
    return team->seats > FREE_MAX;
}

// organisation_holds_hundred: the team itself must have room for what the organisation has not.
static bool break_organisation(struct seats *seats, struct as_buffer *out, uint32_t id) {
    const struct team *team = &seats->teams[id];
    int most = (team->is_free ? FREE_MAX : TEAM_MAX) - team->seats;
    int least = ORGANISATION_MAX + 1 - *total_of(seats, id);
    if (least > most)
        return false;
    put_seats(seats, out, COMMAND_ADD_SEATS, id,
              (int)workload_draw_between(&seats->draw, least, most));
    return true;
}

static void put_reject(struct seats *seats, struct as_buffer *out) {
    static bool (*const breaks[])(struct seats *, struct as_buffer *,
                                  uint32_t) = {break_team, break_free, break_organisation};
    uint32_t kind = seats->rejects++ % 3;
    uint32_t id = workload_draw_key(&seats->draw);
    for (int probe = 0; probe < PROBES_MAX; ++probe) {
        if (breaks[kind](seats, out, id))
            return;
        id = id + 1 < seats->draw.keys ? id + 1 : 0;
    }
    break_team(seats, out, id);
}

static void next(void *state, struct as_buffer *out) {
    struct seats *seats = state;
    if (seats->created_teams == seats->draw.keys) {
        if (workload_draw_reject(&seats->draw))
            put_reject(seats, out);
        else
            put_accepted(seats, out);
    } else if (seats->created_organisations <= seats->created_teams / TEAMS_PER_ORGANISATION) {
        put_organisation(seats, out);
    } else {
        put_team(seats, out);
    }
}

const struct workload workload_seats = {
    .name = "seats",
    .sql = workload_sql_seats,
    .keys_min = 1,
    .prepare = prepare,
    .next = next,
    .release = release,
};
