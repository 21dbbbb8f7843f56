"""Servers, by their files or by what they answer, and what is wrong with each alone."""

import json
import os
import subprocess
from collections import namedtuple

from .configuration import NestedTooDeep, files_of, read_file, read_number, read_store, read_worker
from .layouts import Invalid, most, read_layout

Finding = namedtuple("Finding", "severity servers finding hint")


class Server:
    """What is known of a server: its settings, or what it answered."""

    def __init__(self, name, is_named):
        self.name = name
        self.host = name if is_named else None
        self.files = []
        self.settings = {}
        self.connection = None
        self.findings = []
        self.layout = self.datacenter = self.worker = None
        self.is_leased = False
        self.store = self.pool = None
        self.generators = []

    def put(self, severity, finding, hint):
        self.findings.append(Finding(severity, [self.name], finding, hint))

    def read(self, setting, default, reader):
        """The value of a setting; None, and a finding, if it is invalid."""
        text = self.settings.get("idgen." + setting, default)
        try:
            return reader(text)
        except Invalid as problem:
            # An address can hold a password.
            shown = "The value" if setting == "lease_store" else f'The value "{text}"'
            self.put("error", f"{shown} of idgen.{setting} is invalid. {problem}", "Correct it.")
            return None

    def read_files(self):
        problems = []
        for path in self.files:
            for file in files_of(path):
                try:
                    read_file(file, self.settings, problems)
                except NestedTooDeep as problem:
                    problems.append(str(problem))
        for problem in problems:
            self.put("error", problem, self.hint_at_files(problem))

    def hint_at_files(self, problem):
        """What to do about a problem: Debian keeps postgresql.conf elsewhere than the data directory."""
        for path in self.files:
            if os.path.isdir(path) and problem.startswith(os.path.join(path, "postgresql.conf") + ": "):
                return (
                    f"If it is elsewhere, name the files instead, as in {self.name}=/etc/postgresql/17/main/postgresql.conf,"
                    f"{os.path.join(path, 'postgresql.auto.conf')}."
                )
        return "Correct the file."

    def interpret(self, presets):
        """Gives settings their meaning."""
        self.layout = self.read("layout", "default", lambda text: read_layout(text, presets))
        self.datacenter = self.read("datacenter_id", "0", read_number)
        self.is_leased = bool(self.settings.get("idgen.lease_store"))
        if self.is_leased:
            self.store = self.read("lease_store", "", read_store)
            self.pool = self.settings.get("idgen.lease_pool", "default")
            if self.settings.get("idgen.worker_id", "0") != "0":
                self.put("warning", "idgen.worker_id is set, and does not count, as idgen.lease_store is set, too.",
                         "Remove one of them.")
            return
        self.worker = self.read("worker_id", "0", lambda text: read_worker(text, self.host))
        if self.worker is None and self.host is None and not self.findings:
            self.put("warning", "The worker is the number at the end of the host name, which is not in the files.",
                     "Write HOST=FILE, as in db-{0..2}=statefulset.conf.")

    def check_fit(self):
        """Is there room for the node in the layout?"""
        for field in ("datacenter", "worker"):
            value = getattr(self, field)
            if self.layout and value is not None and value > most(self.layout, field):
                room = f"goes from 0 to {most(self.layout, field)}" if self.layout.bits[field] else "does not exist"
                self.put("error", f"idgen.{field}_id is {value}, and the layout's {field} {room}.",
                         "Choose a value that the layout has room for, or another layout.")
                setattr(self, field, None)
                self.layout = None


# ---------------------------------------------------------------------------------------------------- asking servers
def ask(connection, sql):
    """What the last of some statements returned; Invalid if they fail."""
    schema = ("SELECT set_config('search_path', quote_ident(nspname) || ', pg_catalog', false) FROM pg_extension e "
              "JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'idgen' \\gset\n")
    environment = {"PGCONNECT_TIMEOUT": "10", **os.environ}
    try:
        psql = subprocess.run(["psql", "-XAtq", "-w", "-v", "ON_ERROR_STOP=1", "-d", connection], text=True,
                              input=schema + sql, env=environment, capture_output=True, check=False)
    except OSError as error:
        raise Invalid(f"psql: {error.strerror}") from error
    if psql.returncode != 0:
        raise Invalid(psql.stderr.strip() or "psql has failed")
    return psql.stdout


NODE = """
SELECT FROM idgen_status();
SELECT row_to_json(r) FROM (
  SELECT coalesce((SELECT specification FROM snowflake_layouts WHERE name = s.layout), s.layout) AS layout,
    s.datacenter_id AS datacenter, s.worker_id AS worker, l.store, l.pool,
    (SELECT json_agg(g) FROM (SELECT generator,
        coalesce((SELECT specification FROM snowflake_layouts n WHERE n.layout = o.layout), layout::text) AS layout,
        coalesce(worker_id, s.worker_id, 0) AS worker,
        coalesce(datacenter_id, s.datacenter_id, 0) AS datacenter, worker_id IS NULL AS follows
      FROM snowflake_generators o WHERE layout IS NOT NULL AND shard_id IS NULL AND slab_id IS NULL) g) AS generators,
    (SELECT json_agg(c) FROM idgen_check() c WHERE severity = 'error') AS findings
  FROM idgen_status() s, idgen_lease() l) r;
"""

POOL = "SELECT min(worker_id), max(worker_id) FROM idgen_lease_workers();"
NAMES = "SELECT name || ' ' || specification FROM snowflake_layouts;"
CHECK = "SELECT row_to_json(c) FROM idgen_check_configuration(E'%s') c WHERE severity <> 'notice';"


def ask_server(server, presets, ranges):
    """Fills in what a server that runs says of itself, and the workers of its pool."""
    try:
        answer = json.loads(ask(server.connection, NODE))
        server.layout = read_layout(answer["layout"] or "", presets)
    except Invalid as problem:
        server.put("error", f"The server could not be asked. {problem}", "It needs idgen, and a member of pg_monitor.")
        return
    server.datacenter, server.worker = answer["datacenter"], answer["worker"]
    server.generators = answer["generators"] or []
    for finding in answer["findings"] or []:
        server.put(finding["severity"], f'{finding["subject"]}: {finding["finding"]}', finding["hint"])
    server.is_leased = answer["store"] is not None
    if server.is_leased:
        server.store, server.pool = read_store(answer["store"]), answer["pool"]
        try:
            first, last = ask(server.connection, POOL).split("|")
            ranges.append((server.store, server.pool, range(int(first), int(last) + 1)))
        except (Invalid, ValueError):
            pass


def check_with(connection, server):
    """What a server finds about the lines of one that is read from files, apart from what concerns that server itself."""
    lines = "\n".join(f"{name} = '" + value.replace("\\", "\\\\").replace("'", "''") + "'"
                      for name, value in server.settings.items())
    is_ordinal = server.settings.get("idgen.worker_id", "").lower().startswith("ordinal")
    # Not as an argument, which all users of the machine could read.
    literal = lines.replace("\\", "\\\\").replace("'", "''")
    for line in ask(connection, CHECK % literal).splitlines():
        finding = json.loads(line)
        known = any(finding["subject"] in earlier.finding for earlier in server.findings)
        if known or finding["finding"].startswith("This server") or is_ordinal and finding["subject"] == "idgen.worker_id":
            continue
        server.put(finding["severity"], f'{finding["subject"]}: {finding["finding"]}', finding["hint"])
