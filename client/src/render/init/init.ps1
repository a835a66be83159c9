# What changes your AWS files gets your own.
function global:aws {
    if ($MyInvocation.ExpectingInput) { $input | & AWSD_PROGRAM with-own-files --if-it-writes aws @args }
    else { & AWSD_PROGRAM with-own-files --if-it-writes aws @args }
}
# Before each prompt, the files that awsd has made follow yours.
if (-not $global:__awsd_prompt) {
    $global:__awsd_prompt = $function:prompt
    function global:prompt {
        $code = $global:LASTEXITCODE
        if (Test-Path -LiteralPath AWSD_PROGRAM) { & AWSD_PROGRAM renew }
        $global:LASTEXITCODE = $code
        & $global:__awsd_prompt
    }
}
