"""Settings of idgen in files as PostgreSQL reads them, and what their values mean."""

import os
import re
import urllib.parse
from collections import namedtuple

from .layouts import Invalid

INT_MAX = 2**31 - 1

# ---------------------------------------------------------------------------------------------------- files
LETTER = r"[A-Za-z_\x80-\U0010ffff]"
NAME = rf"{LETTER}(?:{LETTER}|[0-9])*"
LINE = re.compile(
    rf"[ \t\r]*(?P<name>{NAME}(?:\.{NAME})?)(?![-./:\w])[ \t\r]*=?[ \t\r]*"
    rf"(?:'(?P<quoted>(?:[^'\\]|\\.|'')*)'|(?P<word>(?!{NAME}\.{NAME}(?![-:./\w])){LETTER}(?:{LETTER}|[-0-9._:/])*"
    r"|[-+]?(?:0x[0-9a-fA-F]+[A-Za-z]*|[0-9]+[A-Za-z]*|[0-9]*\.[0-9]*(?:[eE][-+]?[0-9]+)?)))"
    r"[ \t\r]*(?:#.*)?")
ESCAPE = re.compile(r"''|\\([0-7]{1,3}|.)")
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
DEEPEST = 10


class NestedTooDeep(Exception):
    """Files include each other too deep.  The server, too, stops reading there."""


def unescape(match):
    character = match[1]
    if character is None:
        return "'"
    return chr(int(character, 8) & 255) if character[0] in "01234567" else ESCAPES.get(character, character)


def included_files(name, path):
    """The files that a directive of a postgresql.conf stands for."""
    if name != "include_dir":
        return [] if name == "include_if_exists" and not os.path.exists(path) else [path]
    if not os.path.isdir(path):
        raise Invalid(f"there is no directory {path}")
    return [os.path.join(path, file) for file in sorted(os.listdir(path)) if re.fullmatch(r"[^.].*\.conf", file)]


def read_file(path, settings, problems, depth=0):
    """Adds what a file sets of idgen to settings, as PostgreSQL reads it, and sentences to problems."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            lines = file.read().split("\n")
    except OSError as error:
        problems.append(f"{path}: {error.strerror}, so the server would not start.")
        return
    for number, line in enumerate(lines, 1):
        if re.fullmatch(r"[ \t\r]*(#.*)?", line):
            continue
        match = LINE.fullmatch(line)
        if match is None:
            problems.append(f"{path}: Line {number} has a syntax error, so the server would not start.")
            continue
        name = match["name"].lower()
        value = ESCAPE.sub(unescape, match["quoted"]) if match["quoted"] is not None else match["word"]
        if name.startswith("idgen."):
            settings[name] = value
        elif name in ("include", "include_if_exists", "include_dir"):
            include(name, os.path.join(os.path.dirname(path), value), settings, problems, depth + 1)


def include(name, path, settings, problems, depth):
    if depth > DEEPEST:
        raise NestedTooDeep(f"{path}: Files include each other more than {DEEPEST} deep, so the server would not start.")
    try:
        for file in included_files(name, path):
            read_file(file, settings, problems, depth)
    except Invalid as problem:
        problems.append(f"{path}: {problem}, so the server would not start.")


def files_of(path):
    """A directory is that of a server."""
    if not os.path.isdir(path):
        return [path]
    auto = os.path.join(path, "postgresql.auto.conf")
    return [os.path.join(path, "postgresql.conf")] + ([auto] if os.path.exists(auto) else [])


# ---------------------------------------------------------------------------------------------------- values
def read_number(text):
    """A whole number as PostgreSQL reads one."""
    number = None
    if re.fullmatch(r"\s*[-+]?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\s*", text, re.ASCII):
        octal = re.sub(r"^(\s*[-+]?)0([0-7]+)\s*$", r"\g<1>0o\2", text)
        number = int(octal.strip(), 0)
    elif re.fullmatch(r"\s*[-+]?(0[0-7]*|[1-9][0-9]*)(\.[0-9]*([eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)\s*", text, re.ASCII):
        number = round(float(text)) if float(text) <= INT_MAX else None
    if number is None or not 0 <= number <= INT_MAX:
        raise Invalid("It must be a whole number, and not negative.")
    return number


def read_worker(text, host):
    """A worker; None if it is the ordinal of a host whose name is not known."""
    ordinal = re.fullmatch(r"ordinal(?:\+([0-9]+))?", text, re.IGNORECASE)
    if ordinal is None:
        return read_number(text)
    if host is None:
        return None
    digits = re.search(r"[0-9]*$", host.split(".")[0])[0]
    if not digits or int(digits) > INT_MAX - int(ordinal[1] or 0):
        raise Invalid(f'The host name "{host}" does not end in a number that can be one.')
    return int(digits) + int(ordinal[1] or 0)


# ---------------------------------------------------------------------------------------------------- stores
PORTS = {"etcd": "2379", "etcds": "2379", "postgresql": "5432", "postgres": "5432", "zookeeper": "2181", "redis": "6379",
         "rediss": "6379"}

# Two addresses are of one store if they agree in kind and path, and have a host in common.
Store = namedtuple("Store", "kind path hosts")


def read_store(address):
    match = re.fullmatch(r"(\w+)://(?:[^/?]*@)?([^/?]*)/?([^?]*)(?:\?(.*))?", address)
    if match is None or match[1] not in PORTS or match[2].count("[") != match[2].count("]"):
        raise Invalid("It is no address of a store.")
    parameters = dict(urllib.parse.parse_qsl(match[4] or ""))
    port = parameters.get("port", PORTS[match[1]])
    hosts = (match[2] or parameters.get("host", "")).lower().split(",")
    hosts = frozenset(host if re.search(r":\d+$", host) else f"{host}:{port}" for host in hosts)
    kind = {"etcds": "etcd", "rediss": "redis", "postgres": "postgresql"}.get(match[1], match[1])
    return Store(kind, (match[3], parameters.get("prefix")), hosts)


def same_store(one, other):
    return one[:2] == other[:2] and bool(one.hosts & other.hosts)
