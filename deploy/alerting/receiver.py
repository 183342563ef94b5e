#!/usr/bin/env python3
"""A receiver of alerts, as an example: verifies that a message is from Sluice, and prints one line an alert.

It takes webhooks signed as the Standard Webhooks specification has it (headers webhook-id, webhook-timestamp and
webhook-signature) with a body as Alertmanager sends it. A message whose signature does not hold, whose timestamp is more
than five minutes away or whose id came before changes nothing.

An Alertmanager cannot sign. What it sends is taken where it shows the token of --token-file (http_config, authorization,
credentials_file), which proves less: whoever reads the token can say anything.

Needs Python 3.9 or newer and nothing else. Listens on 127.0.0.1; what is reachable from elsewhere belongs behind a proxy
with TLS.

    receiver.py --secret-file secret --token-file token --port 8085 --out alerts.jsonl
"""

import argparse
import base64
import binascii
import collections
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time

MAXIMUM_BODY_BYTES = 1 << 20
TOLERANCE_SECONDS = 5 * 60
REMEMBERED_IDS = 10_000


class Refused(Exception):
    """A message that is not taken: the status of the answer, and why."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status


def read_secrets(path):
    """The keys of a file of whsec_… secrets: one, or several while a secret is changed."""
    with open(path, encoding="utf-8") as file:
        words = file.read().split()
    keys = []
    for word in words:
        if not word.startswith("whsec_"):
            raise SystemExit(f"receiver.py: {path} holds something that does not begin with whsec_")
        try:
            keys.append(base64.b64decode(word[len("whsec_"):], validate=True))
        except binascii.Error:
            raise SystemExit(f"receiver.py: {path} holds a secret that is no base64") from None
    if not keys or not all(keys):
        raise SystemExit(f"receiver.py: {path} holds no secret")
    return keys


def read_token(path):
    """The one word of a file."""
    with open(path, encoding="utf-8") as file:
        words = file.read().split()
    if len(words) != 1:
        raise SystemExit(f"receiver.py: {path} must hold one token")
    return words[0]


def shows_token(headers, token):
    """Whether a message shows the token, which an Alertmanager sends in the place of a signature."""
    given = headers.get("Authorization", "")
    return token is not None and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def verify(headers, body, keys, now):
    """Gives the id of a message that is genuine and fresh."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "")
    if not message_id or not timestamp or not signatures:
        raise Refused(401, "not signed")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        raise Refused(401, "the timestamp is no number of seconds")
    # Before the signature: it costs nothing, and says nothing to somebody who cannot sign.
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise Refused(401, "the timestamp is too far from now")
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = [
        base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys
    ]
    is_genuine = False
    for word in signatures.split(" ")[:16]:
        version, _, given = word.partition(",")
        if version != "v1":
            continue
        for one in expected:
            # In constant time, and all of them: how long it takes must not say how much was right.
            is_genuine |= hmac.compare_digest(one.encode(), given.encode())
    if not is_genuine:
        raise Refused(401, "the signature does not hold")
    return message_id


class Memory:
    """The ids of the last messages. One that was taken is not taken again; one whose processing failed may come again."""

    def __init__(self, size):
        self.ids = collections.OrderedDict()
        self.size = size
        self.lock = threading.Lock()

    def takes(self, message_id):
        with self.lock:
            if message_id in self.ids:
                return False
            self.ids[message_id] = None
            if len(self.ids) > self.size:
                self.ids.popitem(last=False)
            return True

    def forget(self, message_id):
        with self.lock:
            self.ids.pop(message_id, None)


def printable(text):
    """One line without control characters, whatever was sent."""
    return "".join(character if character.isprintable() else " " for character in str(text))[:500]


def show(message, message_id, out):
    """Prints a line for each alert; appends it to the file as JSON."""
    for alert in message["alerts"]:
        labels, annotations = alert["labels"], alert["annotations"]
        parts = [
            alert["status"],
            labels.get("severity", "-"),
            labels.get("service", "-"),
            labels.get("alertname", "-"),
            annotations.get("summary", ""),
        ]
        if annotations.get("cause"):
            parts.append(f"cause: {annotations['cause']}")
        print(" ".join(printable(part) for part in parts if part), flush=True)
        if out:
            line = {"id": message_id, "received": time.time(), **alert}
            out.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
            out.flush()


def make_handler(keys, token, out):
    memory = Memory(REMEMBERED_IDS)
    output = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        # A sender that says nothing does not keep a thread.
        timeout = 10

        def do_POST(self):
            try:
                status, text = 200, self.take()
            except Refused as error:
                status, text = error.status, str(error)
                print(f"refused: {text}", file=sys.stderr, flush=True)
            answer = (text + "\n").encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def take(self):
            length = self.headers.get("Content-Length", "")
            if not (length.isascii() and length.isdigit()):
                raise Refused(411, "Content-Length is needed")
            if int(length) > MAXIMUM_BODY_BYTES:
                raise Refused(413, "the message is too large")
            body = self.rfile.read(int(length))
            if len(body) < int(length):
                raise Refused(400, "the message broke off")
            if shows_token(self.headers, token):
                # It has no id: an Alertmanager says again what it says until it is told that it was taken.
                message_id = None
            else:
                message_id = verify(self.headers, body, keys, time.time())
            if message_id is not None and not memory.takes(message_id):
                # Not an error: the sender has not heard that we have it, and must stop to send it.
                return "known already"
            try:
                with output:
                    show(json.loads(body), message_id, out)
            except (ValueError, KeyError, TypeError, AttributeError):
                memory.forget(message_id)
                raise Refused(400, "not the JSON of alerts") from None
            except OSError:
                memory.forget(message_id)
                raise Refused(500, "the message could not be kept") from None
            return "taken"

        def log_message(self, *arguments):
            """Nothing for each request: the alerts are the output."""

    return Handler


def main():
    parser = argparse.ArgumentParser(description="Verifies alerts of Sluice and prints one line for each.")
    parser.add_argument("--secret-file", help="file with whsec_… secrets")
    parser.add_argument("--token-file", help="file with the token that an Alertmanager shows")
    parser.add_argument("--address", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8085, help="port to listen on (8085); 0 lets the system choose")
    parser.add_argument("--out", metavar="FILE", help="file that each alert is appended to as a line of JSON")
    options = parser.parse_args()
    if not options.secret_file and not options.token_file:
        parser.error("--secret-file or --token-file: without either, anybody could say anything")
    keys = read_secrets(options.secret_file) if options.secret_file else []
    token = read_token(options.token_file) if options.token_file else None
    out = open(options.out, "a", encoding="utf-8") if options.out else None
    server = http.server.ThreadingHTTPServer((options.address, options.port), make_handler(keys, token, out))
    server.daemon_threads = True
    print(f"listening on port {server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
