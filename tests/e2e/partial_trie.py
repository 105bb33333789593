"""A Merkle-Patricia trie of which only some nodes are known: enough to look
keys up, to change them, and to compute the root anew. Standard library only;
whoever makes one brings Keccak-256.
"""


class Missing(Exception):
    """A node that is needed is not known."""


def rlp(item):
    if isinstance(item, list):
        body, base = b"".join(map(rlp, item)), 0xC0
    else:
        body, base = item, 0x80
        if len(item) == 1 and item[0] < 0x80:
            return item
    if len(body) < 56:
        return bytes([base + len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(size)]) + size + body


def unrlp(data):
    """The first item and what follows it."""
    first = data[0]
    if first < 0x80:
        return data[:1], data[1:]
    base = 0xC0 if first >= 0xC0 else 0x80
    start, size = 1, first - base
    if size > 55:
        start = 1 + size - 55
        size = int.from_bytes(data[1:start], "big")
    body, rest = data[start:start + size], data[start + size:]
    if base == 0x80:
        return body, rest
    items = []
    while body:
        item, body = unrlp(body)
        items.append(item)
    return items, rest


def nibbles(data):
    return [n for byte in data for n in (byte >> 4, byte & 15)]


def pack(path, is_leaf):
    flag = 2 * is_leaf + len(path) % 2
    path = ([flag] if len(path) % 2 else [flag, 0]) + path
    return bytes(a << 4 | b for a, b in zip(path[::2], path[1::2]))


def unpack(data):
    path = nibbles(data)
    return path[2 - path[0] % 2:], path[0] >= 2


def common(a, b):
    count = 0
    while count < min(len(a), len(b)) and a[count] == b[count]:
        count += 1
    return count


class PartialTrie:
    """Nodes are lists as in RLP: 17 items, or a packed path and what it leads to; b"" is no node."""

    def __init__(self, root, nodes, keccak):
        self.nodes, self.keccak = nodes, keccak
        self.top = b"" if root == keccak(rlp(b"")) else root

    def open(self, ref):
        if isinstance(ref, list) or ref == b"":
            return ref
        if ref not in self.nodes:
            raise Missing(ref.hex())
        return unrlp(self.nodes[ref])[0]

    def close(self, node):
        if node == b"":
            return b""
        raw = rlp(node)
        if len(raw) < 32:
            return node
        name = self.keccak(raw)
        self.nodes[name] = raw
        return name

    def root(self):
        return self.keccak(rlp(self.open(self.top)))

    def get(self, key):
        ref, path = self.top, nibbles(key)
        while True:
            node = self.open(ref)
            if node == b"":
                return b""
            if len(node) == 17:
                ref, path = node[path[0]], path[1:]
                continue
            way, is_leaf = unpack(node[0])
            if path[:len(way)] != way:
                return b""
            path = path[len(way):]
            if is_leaf:
                return node[1]
            ref = node[1]

    def put(self, key, value):
        """An empty value takes the key out."""
        self.top = self.close(self.change(self.open(self.top), nibbles(key), value))

    def change(self, node, path, value):
        if node == b"":
            return [pack(path, True), value] if value else b""
        if len(node) == 17:
            node = list(node)
            node[path[0]] = self.close(self.change(self.open(node[path[0]]), path[1:], value))
            return self.shortened(node)
        way, is_leaf = unpack(node[0])
        same = common(way, path)
        if same == len(way):
            if is_leaf:
                return [node[0], value] if value else b""
            return self.lengthened(way, self.change(self.open(node[1]), path[same:], value))
        if not value:
            return node
        branch = [b""] * 17
        rest = way[same + 1:]
        if is_leaf:
            branch[way[same]] = self.close([pack(rest, True), node[1]])
        else:
            branch[way[same]] = self.close([pack(rest, False), node[1]]) if rest else node[1]
        branch[path[same]] = self.close([pack(path[same + 1:], True), value])
        return self.lengthened(path[:same], branch)

    def lengthened(self, way, node):
        """A node below a path that leads to nothing else."""
        if node == b"" or not way:
            return node
        if len(node) == 17:
            return [pack(way, False), self.close(node)]
        below, is_leaf = unpack(node[0])
        return [pack(way + below, is_leaf), node[1]]

    def shortened(self, branch):
        """A branch with one child is none."""
        left = [i for i in range(16) if branch[i] != b""]
        if len(left) > 1:
            return branch
        return self.lengthened(left, self.open(branch[left[0]])) if left else b""
