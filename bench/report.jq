# SPDX-License-Identifier: MIT
#
# bench/RESULTS.md from all lines of results (jq -rs), in the order in which they were measured.

def median: sort | if length == 0 then null else .[length / 2 | floor] end;

# ---- Numbers for a person -----------------------------------------------------------------------

def commas: round | tostring | [while(length > 0; .[:-3]) | .[-3:]] | reverse | join(",");
# About three digits.
def short:
    if . == null then "–"
    elif . == 0 then "0"
    elif . < 1 then . * 1000 | round / 1000 | tostring
    elif . < 10 then . * 100 | round / 100 | tostring
    elif . < 100 then . * 10 | round / 10 | tostring
    else commas end;
def bytes:
    if . >= 1e9 then (. / 1e9 | short) + " GB"
    elif . >= 1e6 then (. / 1e6 | short) + " MB"
    else (. / 1e3 | short) + " kB" end;

# The median of a field over a case's runs, and its range.
def spread(field; format):
    [field] | "**\(median | format)** (\(min | format) – \(max | format))";
def rate: spread(.runs[].items_per_second; commas);
def mid(field): [field] | median;

# ---- Tables -------------------------------------------------------------------------------------

def row: "| " + (map(tostring) | join(" | ")) + " |";
def table(columns; rows):
    (columns | row), (columns | map("---") | row), (rows | row), "";

# A case's runs together, in order of appearance.
def cases(theme):
    [to_entries[] | .value + {at: .key} | select(.theme == theme)]
    | group_by([.case, .x]) | map({case: .[0].case, x: .[0].x, at: .[0].at, runs: .}) | sort_by(.at);

def section(theme; title; body):
    cases(theme) | if length > 0 then "## \(title)", "", body else empty end;

def plot(name; alt): if $plots == "1" then "![\(alt)](plots/\(name).svg)", "" else empty end;

# ---- Parts --------------------------------------------------------------------------------------

def machine:
    (map(select(.theme == "machine"))[-1] // empty)
    | "## Machine", "",
      table(["what", ""];
        ["machine", "\(.cpu), \(.cores) cores, \(.memory) of memory"],
        ["system", "\(.system), \(.kernel)"],
        ["disk", "\(.disk); 4 KiB and fdatasync: median \(.sync_ms.p50) ms, p99 \(.sync_ms.p99) ms"],
        ["load when it began", .load],
        ["versions", "\(.atomic_state); SQLite \(.sqlite); RocksDB \(.rocksdb); PostgreSQL \(.postgresql); \(.compiler)"],
        ["measured", "\(.date), bench/run, \(.mode) sizes; \(.comparisons) runs of each scenario and peer, \(.repeats) of all else"]);

def article:
    {"broker": "33,091 items/s, p99 71 ms", "dense": "5,992 items/s"}[.case | sub(",.*"; "")] // "–";

def scenarios:
    section("scenarios"; "The article's scenarios";
        "`broker` is 1,000 accounts and batches of 1,000 at full speed; `ceiling` doubles the batch; `dense`",
        "brings the same load as 64 sources with batches of 100, interleaved. Then the same three with each",
        "fsync and fdatasync made to last 2.05 ms, as on the article's disk. A round trip is from the making of",
        "a batch to its verdict; at full speed most of it is waiting in the pipe behind other batches.",
        "",
        table(["scenario", "items/s: median (range)", "round trip p50, ms", "p99, ms", "batches a commit", "syncs of the journal", "the article"];
            .[] | [.case, rate, (mid(.runs[].round_trip_ms.p50) | short), (mid(.runs[].round_trip_ms.p99) | short),
                (mid(.runs[] | .batches / .commits) | short), (mid(.runs[].sync_journal) | commas), article]),
        plot("scenarios"; "Items a second by scenario and disk"));

def sustained:
    section("sustained"; "For longer";
        table(["run", "items", "items/s", "round trip p50, ms", "p99, ms", "max, ms", "journal", "memory", "audit"];
            .[] | .runs[] | [.case, (.items | commas), (.items_per_second | commas), (.round_trip_ms.p50 | short),
                (.round_trip_ms.p99 | short), (.round_trip_ms.max | short), (.journal_bytes | bytes),
                (.rss_bytes | bytes), (.audit | sub(" .*"; ""))]));

def openloop:
    section("openloop"; "Latency under a load that does not wait";
        "Batches of 1,000 are due at fixed times, at a share of `broker`'s median rate; a round trip counts from",
        "when its batch was due, whether the writer had time for it or not.",
        "",
        table(["of the peak", "items/s", "p50, ms", "p90, ms", "p99, ms", "p99.9, ms", "max, ms"];
            .[] | ["\(.x) %", rate] + [.runs[].round_trip_ms | {p50, p90, p99, p99_9, max}]
                | .[:2] + [(.[2:] | (map(.p50), map(.p90), map(.p99), map(.p99_9), map(.max)) | median | short)]),
        plot("openloop"; "Round trip against load"));

def curve(name; column; extra_columns; extra):
    [.[] | select(.case | startswith(name))]
    | table([column, "items/s: median (range)", "round trip p99, ms"] + extra_columns;
        .[] | [(.x | if . < 1 then tostring else commas end) + (.case | sub("^[a-z]+(, )?"; " ")), rate,
            (mid(.runs[].round_trip_ms.p99) | short)] + extra),
      plot(name; "Items a second by \(column)");

# From the fewest accounts to the most.
def memory_an_aggregate:
    map(select(.case == "aggregates, uniform")) | select(length > 1) | [.[0], .[-1]]
    | map({x, rss: mid(.runs[].rss_bytes)}) | (.[1].rss - .[0].rss) / (.[1].x - .[0].x)
    | "Between the fewest accounts and the most, an account takes **\(short) bytes** of memory.", "",
      plot("memory"; "Memory against accounts");

def per_item(field): mid(.runs[] | field / .journal_items);
def curves:
    section("curves"; "Curves";
        "One variable at a time; all else is as in `broker`, at full speed: a round trip is mostly waiting in the pipe.", "",
        "### Batch size", "",
        curve("batch"; "items a batch"; ["batches a commit"]; [mid(.runs[] | .batches / .commits) | short]),
        "### Aggregates", "",
        "Opening the accounts does not count. Memory is the largest resident set of as-commit.", "",
        curve("aggregates"; "accounts"; ["memory"]; [mid(.runs[].rss_bytes) | bytes]),
        memory_an_aggregate,
        "### Payload", "",
        curve("payload"; "bytes of note an item"; ["journal, bytes an item"]; [per_item(.journal_bytes) | short]),
        "### Share of rejects", "",
        curve("rejects"; "rejects, %"; ["journal, bytes an item"]; [per_item(.journal_bytes) | short]),
        "### Invariants", "",
        "CHECKs on an account, decided for both accounts of each transfer.", "",
        curve("invariants"; "invariants"; []; []));

def startup:
    section("startup"; "Start-up";
        "A writer's whole life for one item, start and clean end included: against the accounts that it loads",
        "from `state.db`, and against the items of the journal that `state.db` has not seen, which are decided again.",
        "",
        table(["what", "how many", "seconds: median (range)", "memory"];
            .[] | [(if .case == "state" then "accounts in state.db" else "items behind it" end), (.x | commas),
                spread(.runs[].start_seconds; short), (mid(.runs[].rss_bytes) | bytes)]),
        plot("startup"; "Start-up time"));

def formats:
    section("formats"; "Text, end to end";
        "Transfers in a file, through as-ingest and as-commit to the verdicts.", "",
        table(["format", "items/s: median (range)", "round trip p99, ms"];
            .[] | [.case, rate, (mid(.runs[].round_trip_ms.p99) | short)]));

# as-commit's rate over a peer's, round by round.
def ratio($all; $x):
    [.runs[] | . as $run | $all[] | select(.case == "as-commit" and .x == $x) | .runs[]
        | select(.repeat == $run.repeat) | .items_per_second / $run.items_per_second]
    | median | short;

def peers:
    section("peers"; "Peers";
        "The same transfers in batches of 1,000, durable, each decided on its own and rejected alone; the contestants",
        "took turns in each round, so that the ratio, the median over the rounds, is worth more than the figures.",
        "`bare` writes as-commit's journal once more, in pieces of what as-commit wrote between two syncs:",
        "the limit. The slower ones get the first part of as-commit's transfers; a run counts",
        "where rejects and the state of every account equal as-commit's after as many. PostgreSQL gets batches in a",
        "PL/pgSQL function that decides each transfer, and one by one: each a SERIALIZABLE transaction, by pgbench,",
        "which draws transfers itself; there the sum of all balances is checked. bench/peers has how each is tuned.", "",
        (. as $all | table(["accounts", "contestant", "items", "items/s: median (range)", "as-commit is faster by", "syncs a run"];
            .[] | [(.x | commas), .case, (mid(.runs[].items) | commas), rate,
                (if .case == "as-commit" then "" else ratio($all; .x) end),
                (mid(.runs[] | .fsync + .fdatasync) | commas)])),
        plot("peers"; "Items a second by contestant"));

def every_run:
    "## Every run", "",
    "<details><summary>items, syncs, pragmas and the audit's verdict of each run</summary>", "",
    table(["run", "items", "rejected", "items/s", "commits", "fsync", "fdatasync", "of the journal", "pragmas read back", "verdict"];
        .[] | select(.theme != "machine") | ["\(.theme): \(.case)\(if .x then " \(.x)" else "" end) #\(.repeat)",
            (.items | commas), (.rejected | commas), (.items_per_second | commas), (.commits // "–"), .fsync, .fdatasync,
            .sync_journal, (.pragmas // "–"), (.audit // "–")]),
    "</details>";

"# Results",
"",
"Written by `make bench` (or `make bench-full`); every figure is from one run of bench/run, the lines of which are in",
"[results.json](results.json). Compare figures within a table; absolute ones are of this machine.",
"",
machine,
"## What counts",
"",
"- Something was rejected: the invariants were at work.",
"- `journal_mode` and `synchronous` of every connection that wrote the journal were read back when it was closed,",
"  from outside of the program (bench/probe.c): `synchronous` was 2, which is FULL, and `journal_mode` was `wal`",
"  (`delete` for a segment that had been sealed). as-commit reads them back by itself before it begins, and refuses.",
"- fsync and fdatasync calls on files of the journal were counted: at least one for each commit that the journal has.",
"- `as-audit` said INTEGRITY_OK about the store afterwards: every item decided again, hash chain and state compared.",
"",
"Had one of these failed for any run, there would be no report.",
"",
scenarios, sustained, openloop, curves, startup, formats, peers, every_run
