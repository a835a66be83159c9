"""Asks AWS who it is: as often as its first argument says, or with 0 until that many sessions have been used as its second says."""
import sys
import time

import boto3

calls, lives = int(sys.argv[1]), int(sys.argv[2])
session, keys, done = boto3.Session(), set(), 0
sts = session.client("sts", region_name="us-west-2")
while done < calls or len(keys) < lives:
    arn = sts.get_caller_identity()["Arn"]
    keys.add(session.get_credentials().get_frozen_credentials().access_key)
    done += 1
    if lives:
        time.sleep(0.2)
print(arn)
