Register-ArgumentCompleter -Native -CommandName awsd -ScriptBlock {
    param($begun, $line, $cursor)
    $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { "$_" })
    & AWSD_PROGRAM complete $words.Count @words $begun 2>$null | ForEach-Object {
        $text = if ($_ -match '^[\w.@/:+=,-]+$') { $_ } else { "'" + ($_ -replace "'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
    }
}
