"""Function URLs answer on loopback, as a template makes them."""

import base64
import json
import urllib.error
import urllib.request

import pytest

PUBLIC = {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}
BY_ADDRESS = {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}


def template(*permissions):
    made = {"Address": {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": {"Ref": "Function"}}}}
    made["Address"]["Properties"]["AuthType"] = "NONE"
    for i, permission in enumerate(permissions):
        properties = {"FunctionName": {"Ref": "Function"}, "Principal": "*", **permission}
        made[f"May{i}"] = {"Type": "AWS::Lambda::Permission", "Properties": properties}
    outputs = {"Url": {"Value": {"Fn::GetAtt": ["Address", "FunctionUrl"]}}}
    return json.dumps({"Parameters": {"Function": {"Type": "String"}}, "Resources": made, "Outputs": outputs})


@pytest.fixture
def address(client, function, unique):
    """Makes a stack of a function's address and gives that."""
    stacks = client("cloudformation")
    made = []

    def make(*permissions, **options):
        arn = client("lambda").get_function(FunctionName=function(**options))["Configuration"]["FunctionArn"]
        made.append(f"{unique}-{len(made)}")
        given = [{"ParameterKey": "Function", "ParameterValue": arn}]
        stacks.create_stack(StackName=made[-1], TemplateBody=template(*permissions), Parameters=given)
        (stack,) = stacks.describe_stacks(StackName=made[-1])["Stacks"]
        return stack["Outputs"][0]["OutputValue"], arn

    yield make
    for name in made:
        stacks.delete_stack(StackName=name)


def ask(url, body=b"{}", **headers):
    request = urllib.request.Request(url, data=body, headers={name.replace("_", "-"): v for name, v in headers.items()})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_a_request_becomes_an_event(address):
    url, _ = address(PUBLIC, BY_ADDRESS)
    status, answer = ask(f"{url}v1/a%20b?x=1", b'{"a":1}', content_type="application/json", user_agent="Firefox")
    event = answer["event"]
    assert status == 200
    assert (event["rawPath"], event["rawQueryString"]) == ("/v1/a%20b", "x=1")
    assert (event["body"], event["isBase64Encoded"]) == ('{"a":1}', False)
    assert event["headers"]["user-agent"] == "Firefox"
    http = event["requestContext"]["http"]
    assert (http["method"], http["sourceIp"]) == ("POST", "127.0.0.1")
    _, answer = ask(url, b"\x1f\x8b", content_type="application/json", content_encoding="gzip")
    assert answer["event"]["isBase64Encoded"] and base64.b64decode(answer["event"]["body"]) == b"\x1f\x8b"


@pytest.mark.parametrize("given", [(), (PUBLIC,), (BY_ADDRESS,)], ids=["none", "the address only", "the function only"])
def test_both_permissions_are_needed(address, given):
    url, _ = address(*given)
    assert ask(url)[0] == 403


def test_what_a_permission_says_of_addresses_is_a_condition(address, client):
    _, arn = address(PUBLIC, BY_ADDRESS)
    policy = json.loads(client("lambda").get_policy(FunctionName=arn)["Policy"])
    assert [statement["Condition"] for statement in policy["Statement"]] == [
        {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    ]


def test_what_lambda_answers_itself(address, client):
    url, arn = address(PUBLIC, BY_ADDRESS)
    assert ask(url, b"x" * 6_300_000, content_type="text/plain")[0] == 413
    client("lambda").put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    assert ask(url)[0] == 429
    client("lambda").delete_function_url_config(FunctionName=arn)
    assert ask(url)[0] == 403
