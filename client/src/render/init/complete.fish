function __awsd_complete
    set --local words (commandline --tokenize --cut-at-cursor --current-process)
    AWSD_PROGRAM complete (count $words) $words (commandline --current-token --cut-at-cursor) 2>/dev/null
end
complete --command awsd --erase
complete --command awsd --no-files --arguments '(__awsd_complete)'
