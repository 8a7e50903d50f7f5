"""Serves S3, STS and IAM (moto) to whoever signs with the right key; unsigned and wrongly signed requests are refused.

    aws_server.py BUCKET      prints one line of JSON: port, key, secret, role
"""
import json
import logging
import signal
import sys

import boto3
import requests
from moto.server import ThreadedMotoServer

bucket = sys.argv[1]
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
endpoint = f"http://{host}:{port}"


def client(name):
    return boto3.client(name, endpoint_url=endpoint, region_name="us-east-1",
                        aws_access_key_id="setup", aws_secret_access_key="setup")


ANY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]})
iam = client("iam")
iam.create_user(UserName="deployer")
iam.put_user_policy(UserName="deployer", PolicyName="any", PolicyDocument=ANY)
key = iam.create_access_key(UserName="deployer")["AccessKey"]
role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
iam.put_role_policy(RoleName="deploy", PolicyName="any", PolicyDocument=ANY)
client("s3").create_bucket(Bucket=bucket)
# From now on every signature and every policy is checked.
requests.post(f"{endpoint}/moto-api/reset-auth", data="0", timeout=10).raise_for_status()

print(json.dumps({"port": port, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"], "role": role}), flush=True)
# Until whoever started it ends it.
signal.pause()
