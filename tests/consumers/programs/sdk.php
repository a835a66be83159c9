<?php
// Asks AWS who it is: as often as its first argument says.
require "AsyncAws/Core/autoload.php";

$sts = new AsyncAws\Core\Sts\StsClient(["region" => "us-west-2", "endpoint" => getenv("AWS_ENDPOINT_URL")]);
for ($done = 0; $done < (int) $argv[1]; $done++) {
    $arn = $sts->getCallerIdentity()->getArn();
}
echo $arn, "\n";
