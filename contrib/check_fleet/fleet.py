"""What is wrong with servers together: who issues the same numbers as another one."""

from .configuration import same_store
from .layouts import frame, may_be_equal, most, node_numbers, read_words, same_layout, same_pace
from .servers import Finding

class Issuer:
    """What issues IDs of one layout: a server or its generator, or a pool, whose workers may be a range or unknown (None)."""

    def __init__(self, title, servers, layout, datacenter, workers, family=""):
        self.title = title
        self.servers = servers
        self.layout = layout
        self.datacenter = datacenter
        self.workers = workers
        self.family = family

    def numbers(self):
        """For each worker that the layout has room for; or one for all of them, if they are unknown."""
        workers = self.workers or [None]
        if isinstance(workers, range):
            workers = range(workers.start, min(workers.stop, most(self.layout, "worker") + 1))
        return [node_numbers(self.layout, self.datacenter, worker) for worker in workers]

    def node(self):
        parts = []
        if self.layout.bits["datacenter"]:
            parts.append(f"datacenter {self.datacenter}")
        if self.workers is not None and len(self.workers) == 1:
            parts.append(f"worker {self.workers[0]}")
        elif self.workers is not None:
            parts.append(f"workers {self.workers[0]} to {self.workers[-1]}")
        return ", ".join(parts)


# ---------------------------------------------------------------------------------------------------- pools and generators
OWN_NODES = "Give each of them a node of its own, or let them lease their workers from one store."


def make_pools(servers):
    """The leased servers, by store and pool: [(store, pool, [server])].  Stores with a host in common are one."""
    pools = []
    for server in servers:
        if not server.is_leased or server.store is None or server.layout is None or server.datacenter is None:
            continue
        store, members = server.store, [server]
        for pool in [pool for pool in pools if pool[1] == server.pool and same_store(pool[0], store)]:
            pools.remove(pool)
            store = store._replace(hosts=store.hosts | pool[0].hosts)
            members = pool[2] + members
        pools.append((store, server.pool, members))
    return pools


def check_pool(name, members):
    """Servers of a pool must have its layout, and its datacenter if the layout has one."""
    names = [member.name for member in members]
    first = members[0]
    for member in members[1:]:
        if not same_layout(member.layout, first.layout):
            yield Finding("error", names, f'Pool "{name}" has one layout, and {member.name} has another one than {first.name}: '
                          f'"{member.layout.words}" and "{first.layout.words}". One of them gets no worker ID.',
                          "Give all servers of a pool the same idgen.layout.")
        elif first.layout.bits["datacenter"] and member.datacenter != first.datacenter:
            yield Finding("error", names, f'Pool "{name}" has one datacenter, and {member.name} has {member.datacenter} where '
                          f"{first.name} has {first.datacenter}. One of them gets no worker ID.",
                          "Give all servers of a pool the same idgen.datacenter_id, and each datacenter a pool of its own.")


def range_of(store, name, ranges):
    for of_store, of_pool, workers in ranges:
        if of_pool == name and same_store(of_store, store):
            return workers
    return None


def pool_issuer(store, name, members, ranges):
    workers = range_of(store, name, ranges)
    title = f'pool "{name}" of {store.kind}://{",".join(sorted(store.hosts))}'
    names = [member.name for member in members]
    return Issuer(title, names, members[0].layout, members[0].datacenter, workers)


def server_issuers(server, ranges):
    """A server that leases none, and generators, which may meet those of the same name."""
    if not server.is_leased and server.layout and server.datacenter is not None and server.worker is not None:
        yield Issuer(server.name, [server.name], server.layout, server.datacenter, [server.worker])
    for generator in server.generators:
        layout = read_words(generator["layout"])
        workers = [generator["worker"]]
        if server.is_leased and generator["follows"]:
            workers = range_of(server.store, server.pool, ranges)
        yield Issuer(f'generator "{generator["generator"]}" of {server.name}', [server.name], layout,
                     generator["datacenter"], workers, generator["generator"])


def check_range(issuer):
    if issuer.workers and issuer.workers[-1] > most(issuer.layout, "worker"):
        yield Finding("error", issuer.servers, f"{issuer.title} has {issuer.node()}, and the layout's worker goes from 0 to "
                      f'{most(issuer.layout, "worker")}.', "Choose workers that the layout has room for.")


def is_same_node(one, other):
    return frame(one.layout) == frame(other.layout) and one.workers is not None and other.workers is not None \
        and {numbers.value for numbers in one.numbers()} == {numbers.value for numbers in other.numbers()}


def pairs_of(one, other):
    """The nodes of two issuers that can issue equal IDs.  Of two pools of one layout, these have the same worker."""
    numbers, others = one.numbers(), other.numbers()
    if len(numbers) > 1 and len(others) > 1 and same_layout(one.layout, other.layout):
        common = sorted(set(one.workers) & set(other.workers))[:1]
        numbers = [node_numbers(one.layout, one.datacenter, worker) for worker in common]
        others = [node_numbers(other.layout, other.datacenter, worker) for worker in common]
    return ((a, b) for a in numbers for b in others if may_be_equal(a, b))


def servers_of(issuers):
    return sorted({server for issuer in issuers for server in issuer.servers})


def titles_of(issuers):
    return ", ".join(issuer.title for issuer in issuers)


def meet(group, others):
    """A finding if IDs of two nodes can be equal, which issuers have."""
    one, other = group[0], others[0]
    pair = next(pairs_of(one, other), None)
    if pair is None:
        return None
    servers = servers_of(group + others)
    both = f"{titles_of(group)} ({one.node() or 'no node'}) and {titles_of(others)} ({other.node() or 'no node'})"
    if one.workers is None or other.workers is None:
        return Finding("warning", servers, f"Nothing in the files tells whether {titles_of(group)} and {titles_of(others)} "
                       "have the same workers.",
                       "Say which workers a pool has with --pool, or ask a server that leases from it.")
    when = "the same time" if same_pace(*pair) else "different times"
    layouts = "" if frame(one.layout) == frame(other.layout) else f', as layouts "{one.layout.words}" and ' \
        f'"{other.layout.words}" have numbers in common'
    return Finding("error", servers, f"IDs of {both} can be equal when they are issued at {when}{layouts}.", OWN_NODES)


def check_meetings(issuers):
    """Those with one and the same node in one finding; then all others in pairs."""
    groups = []
    for issuer in issuers:
        group = next((g for g in groups if g[0].family == issuer.family and is_same_node(g[0], issuer)), None)
        if group is None:
            groups.append([issuer])
        else:
            group.append(issuer)
    for group in groups:
        if len(group) > 1 and len(servers_of(group)) > 1:
            yield Finding("error", servers_of(group), f"{titles_of(group)} issue the same IDs: they all have "
                          f"{group[0].node() or 'no node'}.", OWN_NODES)
    for number, group in enumerate(groups):
        for other in groups[:number]:
            if other[0].family == group[0].family and servers_of(other) != servers_of(group):
                finding = meet(other, group)
                if finding:
                    yield finding


def check_layouts(issuers):
    """IDs of which one server would read another time than the server that issued them."""
    frames = {}
    for issuer in issuers:
        if not issuer.family:
            frames.setdefault(frame(issuer.layout), []).append(issuer)
    if len(frames) > 1:
        kinds = "; ".join(f'{", ".join(servers_of(group))}: "{group[0].layout.words}"' for group in frames.values())
        yield Finding("warning", servers_of(sum(frames.values(), [])),
                      f"Layouts differ in the time or the sequence, so a server misreads IDs of another one: {kinds}.",
                      "Give all servers the same layout, and use a generator for another one.")


def check_fleet(servers, ranges):
    findings = [finding for server in servers for finding in server.findings]
    pools = make_pools(servers)
    issuers = [pool_issuer(*pool, ranges) for pool in pools]
    for _, name, members in pools:
        findings += check_pool(name, members)
    for issuer in issuers:
        findings += check_range(issuer)
    for server in servers:
        issuers += server_issuers(server, ranges)
    return findings + list(check_layouts(issuers)) + list(check_meetings(issuers))
