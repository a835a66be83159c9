load-env (^AWSD_PROGRAM init json | from json)
# What changes your AWS files gets your own.
def --wrapped aws [...arguments] { ^AWSD_PROGRAM with-own-files --if-it-writes aws ...$arguments }
# Before each command, the files that awsd has made follow yours.
$env.config.hooks.pre_execution = ($env.config.hooks?.pre_execution? | default [] | append {|| ^AWSD_PROGRAM renew })
