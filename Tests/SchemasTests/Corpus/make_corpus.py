#!/usr/bin/env python3
"""Writes wire.jsonl: bytes, and what Google's own parsers make of them as a sluice.ads.v1.AdEvent.

Run once, by hand, whenever cases are added; the tests read only the file that it leaves:

    python3 -m venv venv && venv/bin/pip install protobuf==7.36.2 grpcio-tools==1.85.1
    venv/bin/python make_corpus.py > wire.jsonl

Two parsers are asked. `cpp` is the C++ one, inside the protoc that grpcio-tools carries (`protoc --decode`);
`upb` is the C one under the Python package. Both are given the schema with its two strings declared as bytes,
because the contract leaves UTF-8 unchecked. The fields are those of the C++ parser; the script stops if upb
accepts the same bytes and reads something else.
"""

import json
import os
import random
import re
import sys
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf.internal import api_implementation
from grpc_tools import _protoc_compiler

assert api_implementation.Type() == "upb", "the second opinion is that of upb"

HERE = os.path.dirname(os.path.abspath(__file__))
PROTO = os.path.join(HERE, "../../../proto/sluice/ads/v1/ad_event.proto")
GROUP_START, GROUP_END = 3, 4


def schema_text():
    text = open(PROTO, encoding="utf-8").read()
    changed = re.sub(r"^(\s*)string (currency|country)\b", r"\1bytes \2", text, flags=re.M)
    assert changed.count("bytes currency") == 1 and changed.count("bytes country") == 1
    return changed


class Parsers:
    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "ad_event.proto"), "w", encoding="utf-8") as file:
            file.write(schema_text())
        out = os.path.join(folder, "set.bin")
        if self.protoc(["--descriptor_set_out=" + out, "ad_event.proto"], b"")[0] != 0:
            sys.exit("protoc does not compile the schema")
        files = descriptor_pb2.FileDescriptorSet.FromString(open(out, "rb").read())
        pool = descriptor_pool.DescriptorPool()
        pool.Add(files.file[0])
        self.message = message_factory.GetMessageClass(pool.FindMessageTypeByName("sluice.ads.v1.AdEvent"))

    def protoc(self, arguments, data):
        """Runs protoc in a forked child: it reads its standard input, and it is not made to be called twice."""
        source, sink = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        source.write(data)
        source.flush()
        child = os.fork()
        if child == 0:
            os.lseek(source.fileno(), 0, os.SEEK_SET)
            os.dup2(source.fileno(), 0)
            os.dup2(sink.fileno(), 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            line = ["protoc", "--proto_path=" + self.folder] + arguments
            os._exit(1 if _protoc_compiler.run_main([word.encode() for word in line]) else 0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sink.seek(0)
        return status, sink.read()

    def cpp(self, data):
        status, text = self.protoc(["--decode=sluice.ads.v1.AdEvent", "ad_event.proto"], data)
        if status != 0:
            return None
        known = [line for line in text.decode().split("\n") if re.match(r"[a-z_]+: ", line)]
        return fields(text_format.Parse("\n".join(known), self.message()))

    def upb(self, data):
        message = self.message()
        try:
            message.MergeFromString(data)
        except Exception as error:  # DecodeError, whose class differs between versions
            assert "DecodeError" in type(error).__name__, error
            return None
        return fields(message)


def fields(message):
    answer = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if value:
            answer[field.name] = value.hex() if isinstance(value, bytes) else value
    return answer


# The wire format, spelled out by hand so that it can be spelled wrongly.


def varint(value, length=0):
    value &= (1 << 70) - 1
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if value or len(out) + 1 < length:
            out.append(byte | 0x80)
        else:
            out.append(byte)
            return bytes(out)


def tag(number, wire, length=0):
    return varint(number << 3 | wire, length)


def delimited(number, data):
    return tag(number, 2) + varint(len(data)) + data


def int64(number, value):
    return tag(number, 0) + varint(value & (1 << 64) - 1)


def group(number, inside=b"", end=None):
    return tag(number, GROUP_START) + inside + tag(number if end is None else end, GROUP_END)


def nested(depth, numbers=(15,), inside=b""):
    for level in range(depth):
        inside = group(numbers[level % len(numbers)], inside)
    return inside


BODIES = {0: varint(7), 1: bytes(range(1, 9)), 2: varint(3) + b"abc", 5: b"\x01\x02\x03\x04"}
VARINT_FIELDS = [2, 3, 4, 5, 6, 7, 8, 9, 11, 14]
MARK = int64(6, 99)  # follows a case, to show where reading went on


def event_parts(rng, full):
    parts = [
        delimited(1, bytes(rng.randrange(256) for _ in range(16))),
        int64(2, 1760000000000 + rng.randrange(10**9)),
        int64(3, rng.randrange(1, 10**4)),
        int64(4, rng.choice([rng.randrange(1, 10**6), rng.randrange(2**63), -rng.randrange(1, 2**63)])),
        int64(5, rng.randrange(1, 10**6)),
        int64(6, rng.randrange(1, 10**6)),
        int64(7, rng.choice([1, 2, 3, 4, 5, -1, 2**31])),
        int64(8, rng.choice([1, 2, 3, 4, 0, 9])),
        int64(9, rng.choice([0, 1, 999, 10**6, 10**12, 10**12 + 1, -1, -(2**63), 2**63 - 1])),
        delimited(10, rng.choice([b"USD", b"EUR", b"JPY", b"usd", b"", b"EURO", b"\xff\xfeA"])),
        int64(11, rng.choice([0, 1, 70, 300, -1, 2**31 - 1, 2**40])),
        delimited(12, rng.choice([b"DE", b"US", b"d", b"", b"\xc3\x28"])),
        tag(13, 1) + bytes(rng.randrange(256) for _ in range(8)),
        int64(14, rng.choice([0, 0, 1, 17, -5])),
    ]
    return parts if full else [part for part in parts if rng.random() < 0.7]


def tags():
    for number in [1, 2, 7, 10, 13, 14, 15, 16, 2047, 2048, 262143, 33554431, 33554432, 2**29 - 1]:
        for wire, body in BODIES.items():
            yield "tag", tag(number, wire) + body + MARK
    for length in range(1, 12):
        for number, wire in [(2, 0), (1, 2), (13, 1), (15, 0), (15, 2), (15, 5)]:
            yield "tag_overlong", tag(number, wire, length) + BODIES[wire] + MARK
    for high in range(0x08, 0x80, 0x08):
        for number, wire in [(2, 0), (15, 0), (0, 0), (10, 2)]:
            first = tag(number, wire)[0] | 0x80
            yield "tag_beyond_32_bits", bytes([first, 0x80, 0x80, 0x80, high]) + BODIES[wire] + MARK
            yield "tag_beyond_32_bits", bytes([first, 0x80, 0x80, 0x80, high | 7]) + BODIES[wire] + MARK
    yield "tag_beyond_32_bits", bytes([0x90, 0x80, 0x80, 0x80, 0x80, 0x01]) + varint(7) + MARK
    for number in [0, 1, 2, 10, 13, 15, 2**29 - 1]:
        for wire in [6, 7]:
            yield "wire_type_6_7", tag(number, wire) + MARK
            yield "wire_type_6_7", group(15, tag(number, wire) + MARK)
    for wire in range(8):
        for length in [1, 2, 5]:
            yield "field_0", tag(0, wire, length) + BODIES.get(wire, b"") + MARK
            yield "field_0", MARK + tag(0, wire, length) + BODIES.get(wire, b"")
            yield "field_0", MARK + tag(0, wire, length)
            yield "field_0", group(15, tag(0, wire, length) + BODIES.get(wire, b"")) + MARK
    yield "field_0", group(0) + MARK


def wrong_wire_types():
    for number in range(1, 16):
        for wire, body in BODIES.items():
            yield "wire_type", tag(number, wire) + body + MARK
            yield "wire_type", int64(number, 5) + tag(number, wire) + body + int64(3, 8)
        yield "wire_type", group(number, int64(3, 8)) + MARK
        yield "wire_type", delimited(number, varint(1) + varint(300) + varint(2)) + MARK


def varints():
    for number in VARINT_FIELDS + [15, 3000]:
        for value in [0, 1, 127, 128, 16383, 16384, 2**21, 2**28, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**35 - 1,
                      2**42, 2**49, 2**56 - 1, 2**56, 2**63 - 1, 2**63, 2**64 - 1]:
            yield "varint", tag(number, 0) + varint(value) + MARK
            yield "varint_at_end", MARK + tag(number, 0) + varint(value)
        for length in range(1, 12):
            yield "varint_overlong", tag(number, 0) + varint(5, length) + MARK
            yield "varint_overlong", MARK + tag(number, 0) + varint(5, length)
            yield "varint_endless", tag(number, 0) + b"\xff" * length
            yield "varint_endless", tag(number, 0) + b"\x80" * length
        for last in [0, 1, 2, 3, 0x40, 0x7E, 0x7F, 0x80, 0xFF]:
            for fill in [0x80, 0xFF, 0xA5]:
                yield "varint_tenth_byte", tag(number, 0) + bytes([fill] * 9 + [last]) + MARK
                yield "varint_tenth_byte", tag(number, 0) + bytes([fill] * 9 + [last])


def lengths():
    for number in [1, 10, 12, 13, 15, 2]:
        for size in [0, 1, 2, 3, 4, 15, 16, 17, 40, 127, 128, 300]:
            body = bytes(65 + index % 26 for index in range(size))
            yield "length", delimited(number, body) + MARK
            yield "length_at_end", MARK + delimited(number, body)
            yield "length_one_beyond", MARK + tag(number, 2) + varint(size + 1) + body
        for length in range(1, 12):
            yield "length_overlong", tag(number, 2) + varint(3, length) + b"ABC" + MARK
            yield "length_overlong", tag(number, 2) + varint(0, length) + MARK
        for value in [2**28, 2**31 - 17, 2**31 - 16, 2**31 - 15, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**32 + 3,
                      2**35 - 1, 2**35, 2**63, 2**64 - 1, 2**64 - 3]:
            yield "length_huge", tag(number, 2) + varint(value) + b"ABC" + MARK
        for high in [0x08, 0x10, 0x18, 0x70, 0x78]:
            yield "length_beyond_32_bits", tag(number, 2) + bytes([0x83, 0x80, 0x80, 0x80, high]) + b"ABC" + MARK
        yield "length_missing", MARK + tag(number, 2)
    for text in [b"USD", b"usd", b"US", b"USDX", b"US1", b"@SD", b"[SD", b"UZ[", b"AAA", b"ZZZ", b"A\x00A", b"\xc3\x84B",
                 b"\xff\xff\xff", b"\x00\x00\x00", b"\xc1SD", b" USD"]:
        yield "currency", delimited(10, text) + MARK
        yield "country", delimited(12, text[:2]) + MARK
    for number, body in [(13, bytes(8)), (15, bytes(8))]:
        for size in range(8):
            yield "fixed64_short", MARK + tag(number, 1) + body[:size]
    for size in range(4):
        yield "fixed32_short", MARK + tag(15, 5) + bytes(size)
        yield "fixed32_short", MARK + tag(2, 5) + bytes(size)


def groups():
    inside = [b"", MARK, int64(2, 9), delimited(1, bytes(16)), delimited(900, b"x" * 200), tag(13, 1) + bytes(8),
              tag(7, 5) + bytes(4), delimited(15, tag(15, GROUP_END)), group(1), group(15) + group(16, group(3))]
    for number in [1, 2, 10, 13, 14, 15, 16, 5000, 2**29 - 1]:
        for body in inside:
            yield "group", group(number, body) + int64(3, 4)
            yield "group_open", int64(3, 4) + tag(number, GROUP_START) + body
            yield "group_truncated", group(number, body)[:-1]
            yield "group_mismatched", group(number, body, end=number ^ 1) + int64(3, 4)
        yield "group_end_alone", tag(number, GROUP_END) + MARK
        yield "group_end_alone", MARK + tag(number, GROUP_END)
        yield "group_end_alone", group(number) + tag(number, GROUP_END)
        yield "group_end_overlong", tag(number, GROUP_START, 5) + tag(number, GROUP_END) + MARK
        yield "group_end_overlong", tag(number, GROUP_START) + tag(number, GROUP_END, 5) + MARK
        yield "group_end_overlong", tag(number, GROUP_START) + tag(number, GROUP_END, 6) + MARK
    for depth in [1, 2, 3, 10, 50, 98, 99, 100, 101, 102, 150, 2000]:
        yield "group_depth", nested(depth) + MARK
        yield "group_depth", nested(depth, (15, 2, 700), int64(4, 4)) + MARK
        yield "group_depth", tag(15, GROUP_START) * depth
        yield "group_depth", tag(15, GROUP_START) * depth + tag(15, GROUP_END) * (depth - 1)
        yield "group_depth", tag(15, GROUP_START) * depth + tag(15, GROUP_END) * (depth + 1)
    yield "group_depth", nested(100) * 3 + MARK
    yield "group_crossed", tag(15, 3) + tag(16, 3) + tag(15, 4) + tag(16, 4)


def whole_events(rng):
    yield "empty", b""
    for _ in range(120):
        yield "event", b"".join(event_parts(rng, True))
        yield "event_sparse", b"".join(event_parts(rng, False))
        parts = event_parts(rng, False) + event_parts(rng, False)
        rng.shuffle(parts)
        yield "event_repeated", b"".join(parts)
        extra = [int64(15, rng.randrange(2**64)), delimited(1000, b"later"), group(77, int64(1, 1)), tag(20, 5) + bytes(4)]
        parts = event_parts(rng, True) + extra
        rng.shuffle(parts)
        yield "event_unknown", b"".join(parts)
    event = b"".join(event_parts(rng, True)) + group(20, int64(1, 300))
    for size in range(len(event)):
        yield "event_truncated", event[:size]


def mutated(rng, seeds, count):
    for _ in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 5)):
            kind = rng.randrange(6)
            at = rng.randrange(len(data) + 1)
            if kind == 0 and data:
                data[at % len(data)] = rng.randrange(256)
            elif kind == 1 and data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            elif kind == 2:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 6)))
            elif kind == 3:
                del data[at : at + rng.randrange(1, 6)]
            elif kind == 4:
                other = rng.choice(seeds)
                cut = rng.randrange(len(other) + 1)
                data[at:] = other[cut : cut + 100]
            elif data:
                data[at:at] = rng.choice([b"\x80", b"\xff", b"\x00", b"\x7b", b"\x7c", b"\x0b", b"\x0c"]) * rng.randrange(1, 4)
        yield "mutated", bytes(data)


def main():
    rng = random.Random(20260)
    cases = [case for part in (tags(), wrong_wire_types(), varints(), lengths(), groups(), whole_events(rng)) for case in part]
    seeds = [data for _, data in cases if len(data) <= 160]
    events = [data for name, data in cases if name.startswith("event")]
    cases += mutated(rng, seeds, 900)
    cases += mutated(rng, events, 900)
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        parsers = Parsers(folder)
        for name, data in cases:
            if data in seen:
                continue
            seen.add(data)
            cpp, upb = parsers.cpp(data), parsers.upb(data)
            assert cpp is None or upb is None or cpp == upb, (name, data.hex(), cpp, upb)
            line = {"name": name, "hex": data.hex(), "cpp": cpp is not None, "upb": upb is not None}
            accepted = cpp if cpp is not None else upb
            if accepted is not None:
                line["fields"] = accepted
            print(json.dumps(line, separators=(",", ":")))


if __name__ == "__main__":
    main()
