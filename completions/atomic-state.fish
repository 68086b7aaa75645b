# SPDX-License-Identifier: MIT
# fish completion for the programs of Atomic State

for program in as-gen as-ingest as-commit as-log as-audit as-stats as-preflight
    complete -c $program -f
    complete -c $program -l help -d 'Print a summary of the options'
    complete -c $program -l version -d 'Print the version'
end
for program in as-gen as-ingest as-commit as-audit as-stats as-preflight
    complete -c $program -l no-progress -d 'No progress on a terminal'
end
for program in as-commit as-log as-audit as-stats as-preflight
    complete -c $program -a '(__fish_complete_directories)'
end

complete -c as-gen -s w -l workload -x -a 'bank seats counter' -d 'What to generate'
complete -c as-gen -s n -l items -x -d 'How many items'
complete -c as-gen -s t -l duration -x -d 'For how long'
complete -c as-gen -s k -l keys -x -d 'How many accounts, teams or counters'
complete -c as-gen -l skew -x -a 'uniform zipf:' -d 'How keys are drawn'
complete -c as-gen -l reject -x -d 'Percentage of items that break a rule'
complete -c as-gen -l payload -x -d 'Bytes of each note'
complete -c as-gen -s b -l batch -x -d 'Items a frame'
complete -c as-gen -s r -l rate -x -d 'Items a second'
complete -c as-gen -s s -l seed -x -d 'Of the random numbers'
complete -c as-gen -l stamp -x -d 'Stamp all frames with this time'
complete -c as-gen -l source -x -d 'Name of the source'
complete -c as-gen -l sources -x -d 'Number of sources'
complete -c as-gen -s z -l compress -d 'Compress the frames'
complete -c as-gen -l print-domain -d 'Print the domain and exit'

complete -c as-ingest -F
complete -c as-ingest -s d -l domain -r -F -d 'The domain'
complete -c as-ingest -s c -l command -x -d 'What the records are for'
complete -c as-ingest -s f -l format -x -a 'csv ndjson' -d 'Of the input'
complete -c as-ingest -l delimiter -x -d 'Between CSV fields'
complete -c as-ingest -l no-header -d 'CSV without a header'
complete -c as-ingest -l map -x -d 'Fill param=column'
complete -c as-ingest -l decimal -x -d 'Digits behind the point, param:N'
complete -c as-ingest -s b -l batch -x -d 'Items a frame'
complete -c as-ingest -l linger -x -d 'How long a batch waits to be full'
complete -c as-ingest -l source -x -d 'Name of the source'
complete -c as-ingest -l compress -d 'Compress the frames'
complete -c as-ingest -l on-error -x -a 'fail skip quarantine:' -d 'What becomes of a bad record'
complete -c as-ingest -l max-errors -x -d 'End after more bad records'

complete -c as-commit -l domain -r -F -d 'The domain of a new store'
complete -c as-commit -l check -r -F -d 'Compile a domain and say what it declares'
complete -c as-commit -l dry-run -d 'Decide, but keep nothing'
complete -c as-commit -l fail-on-reject -d 'Exit 1 if anything was rejected'
complete -c as-commit -l segment-size -x -d 'Of the journal'
complete -c as-commit -l fold-interval -x -d 'How often the state is written'
complete -c as-commit -l telemetry -x -d 'How often figures are sent'

complete -c as-log -l from -x -d 'First item'
complete -c as-log -l to -x -d 'End before this item'
complete -c as-log -l follow -d 'Wait for more'
complete -c as-log -l format -x -a 'frames ndjson csv' -d 'Of the output'
complete -c as-log -l rejected -d 'Rejected items only'

complete -c as-audit -l referee -d 'Replay the journal through plain SQLite'
complete -c as-audit -l since -x -d 'First item to look at'
complete -c as-audit -l rebuild-state -d 'Make the state anew from the journal'
complete -c as-audit -l json -d 'Print one JSON object'

complete -c as-stats -l json -d 'Print one JSON object, or one an interval'
complete -c as-stats -l csv -d 'Print a row an interval'
complete -c as-stats -l prometheus -d 'Print in the text format of Prometheus'
complete -c as-stats -s o -l output -r -F -d 'There instead of to stdout'
complete -c as-stats -l interval -x -d 'How long an interval is'
complete -c as-stats -l listen -x -d 'Serve /metrics and a live page'
complete -c as-stats -l report -r -F -d 'The run as a page of HTML'
complete -c as-stats -l title -x -d 'Of the page'
complete -c as-stats -l preflight -r -F -d 'What as-preflight --json said'
complete -c as-stats -l audit -r -F -d 'What as-audit --json said'
complete -c as-stats -l recorded -d 'Take time from the frames'
complete -c as-stats -l pass -d 'Copy the stream to stdout'

complete -c as-preflight -l max-latency -x -d 'Mean latency that is still fit, in microseconds'
complete -c as-preflight -l max-p99 -x -d '99th percentile that is still fit, in microseconds'
complete -c as-preflight -l runtime -x -d 'Of each measurement'
complete -c as-preflight -l items -x -d 'Of the planned run'
complete -c as-preflight -l json -d 'Print one JSON object'
