"""botocore as somebody else's client: one JSON request a line in, one JSON answer a line out.

Parameters are not checked here, so that it is the server that has to refuse them; nothing is ever retried.
"""

import json
import sys

import botocore.config
import botocore.exceptions
import botocore.session

CONFIG = botocore.config.Config(
    parameter_validation=False, read_timeout=2, retries={"total_max_attempts": 1}
)

# One session: it reads the service models once.
SESSION = botocore.session.Session()


def call(request):
    client = SESSION.create_client(
        request["service"],
        region_name="us-west-2",
        endpoint_url=request["endpoint"],
        verify=request["ca"],
        aws_access_key_id=request["key"],
        aws_secret_access_key=request["secret"],
        aws_session_token=request["token"],
        config=CONFIG,
    )
    try:
        answer = client._make_api_call(request["operation"], request["parameters"])
        return {"answer": answer}
    except botocore.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return {"error": {**error.response["Error"], "Status": status}}
    # A KeyError is how botocore meets XML that is well-formed but not an answer.
    except (botocore.exceptions.BotoCoreError, botocore.parsers.ResponseParserError, KeyError) as error:
        return {"broken": type(error).__name__}


for line in sys.stdin:
    print(json.dumps(call(json.loads(line)), default=str), flush=True)
