function __awsd_complete {
    local -a found
    found=("${(@f)$(AWSD_PROGRAM complete $((CURRENT - 1)) "${(@Q)words}" 2>/dev/null)}")
    found=(${found:#})
    if (( $#found )); then compadd -a found; else _default; fi
}
function __awsd_complete_profile {
    local -a found
    found=("${(@f)$(AWSD_PROGRAM complete 2 awsd exec 2>/dev/null)}")
    compadd -- ${found:#}
}
if (( $+functions[compdef] )); then
    compdef __awsd_complete awsd
    compdef __awsd_complete_profile -value-,AWS_PROFILE,-default-
fi
