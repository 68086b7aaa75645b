// SPDX-License-Identifier: MIT
//
// The figures of the moment on stderr: a view of several lines that is drawn anew in place, or a
// line an interval where there is no cursor to move.
//
// The view is drawn by one write, over itself, so that it does not flicker; the cursor rests on the
// line below it, where the other programs of a pipeline may write their own. Nothing about the
// terminal is changed, so that there is nothing to restore, however this program ends.
#ifndef AS_STATS_LIVE_H
#define AS_STATS_LIVE_H

#include "stats_options.h"
#include "stats_screen.h"

enum stats_live_mode { STATS_LIVE_OFF, STATS_LIVE_LINES, STATS_LIVE_VIEW };

struct stats_live {
    enum stats_live_mode mode;
    bool utf8, bold;
    size_t lines;         // of the view as it stands
    size_t columns, rows; // of the terminal when it was drawn
    struct stats_sample sample;
    double rates[STATS_SCREEN_RATES_MAX];
    size_t rate_count;
};

// A view on a terminal, lines on a dumb one, or where stderr is none and text with an interval is
// asked for; nothing with --no-progress.
void stats_live_start(struct stats_live *live, const struct stats_options *options);
// A sample of a second, for the view.
void stats_live_tick(struct stats_live *live, const struct stats_sample *sample,
                     const struct stats_summary *summary);
// Draws the view again, the terminal having another size.
void stats_live_redraw(struct stats_live *live, const struct stats_summary *summary);
// A sample of the interval, as a line.
void stats_live_line(const struct stats_live *live, const struct stats_sample *sample);
// Leaves the last view where it is: what other programs said meanwhile may stand below.
void stats_live_end(struct stats_live *live);

#endif
