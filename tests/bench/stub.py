"""What AWS answers when all goes well, over HTTP on 127.0.0.1, in a thread; the table may be a model of one."""

import hashlib
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.bench.table_model import TableModel

SECRET = "a-webhook-secret"
ACCOUNTS = {"accounts": [{"account": "main", "brand": "larkspur", "credentials": {"webhook_secret": SECRET}}]}


SENT_ID = "010001949f3c2a51-6a1f2c3d-4e5f-6071-8293-a4b5c6d7e8f9-000000"


class _Aws(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as AWS does
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        target = self.headers["X-Amz-Target"] or self.path
        answer = json.dumps(_answer(target, asked, self.server.table)).encode()  # type: ignore[attr-defined]
        self.server.calls.append(target)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("x-amzn-RequestId", "00000000-0000-4000-8000-000000000000")
        if target.startswith("DynamoDB"):
            self.send_header("x-amz-crc32", str(zlib.crc32(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Nothing: the bench prints figures."""


def _answer(target: str, asked: dict[str, Any], table: TableModel | None) -> dict[str, Any]:
    if target.startswith("DynamoDB") and table is not None:
        return table.answer(target.rpartition(".")[2], asked)
    if target == "secretsmanager.GetSecretValue":
        stored = {"key": "k" * 32} if asked["SecretId"].endswith("/links") else ACCOUNTS
        return {"Name": asked["SecretId"], "SecretString": json.dumps(stored), "VersionId": "1"}
    if target == "AmazonSSM.GetParameter":
        return {"Parameter": {"Name": asked["Name"], "Value": "https://track.example"}}
    if target in ("/v2/email/outbound-emails", "PinpointSMSVoiceV2.SendTextMessage"):
        return {"MessageId": SENT_ID}
    if target == "AmazonSQS.SendMessage":
        return {"MessageId": "1", "MD5OfMessageBody": hashlib.md5(asked["MessageBody"].encode()).hexdigest()}
    if target in ("DynamoDB_20120810.PutItem", "DynamoDB_20120810.UpdateItem"):
        return {}
    raise ValueError(target)


@contextmanager
def aws(table: TableModel | None = None) -> Iterator[tuple[dict[str, str], list[str]]]:
    """The environment of a function that talks to the stub, and the calls that it has made."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Aws)
    server.table = table  # type: ignore[attr-defined]
    server.calls = []  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    environment = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_LAMBDA_FUNCTION_NAME": "receive_webhook",
        "POWERTOOLS_SERVICE_NAME": "porchlight",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "STAGE": "bench",
        "TABLE_NAME": "porchlight",
        "INBOUND_QUEUE_URL": f"{address}/000000000000/inbound",
        "BODIES_BUCKET": "bodies",
        "CONFIGURATION_SET": "porchlight",
    }
    try:
        yield environment, server.calls  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
