#!/usr/bin/env python3
"""Two network namespaces and a slow way between them: every IP packet that
leaves one arrives in the other half of --delay-ms later, in order. Linux, root.

Says one line of JSON once it is there: "near" and "far", the files of the
namespaces, for `nsenter --net=`; "address", the far one's; "ms" and "most_ms",
the median and the largest of the times that TCP's connect took on that way. Or
"error", if there is none to be had.

The namespaces have no name and no process of their own. They last until its
standard input ends, or it does, and whoever is in them has left.
"""
import argparse
import collections
import ctypes
import fcntl
import json
import os
import select
import socket
import statistics
import struct
import sys
import threading
import time

NEAR, FAR = "198.18.0.1", "198.18.0.2"  # of the range for measurements, RFC 2544
MASK = "255.254.0.0"
NAME = b"slow"
PACKET = 1 << 16
MOST_HELD = 4096  # packets; what comes on top is lost, as at any router
CONNECTIONS = 5

CLONE_NEWNET = 0x40000000
PR_SET_TIMERSLACK = 29
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
SIOCSIFADDR, SIOCSIFNETMASK = 0x8916, 0x891C

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *args):
    if function(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function.__name__}: {os.strerror(number)}")


def raise_link(sock, name):
    flags = struct.unpack_from("16sH", fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16s24x", name)))[1]
    fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH22x", name, flags | IFF_UP))


def set_address(sock, request, address):
    inet = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
    fcntl.ioctl(sock, request, struct.pack("16s16s8x", NAME, inet))


def forbid_ipv6():
    path = "/proc/sys/net/ipv6/conf/all/disable_ipv6"
    if os.path.exists(path):
        with open(path, "w", encoding="ascii") as file:
            file.write("1")


class End:
    """A new namespace, which this thread is in from now on, and its device."""

    def __init__(self, address):
        call(libc.unshare, CLONE_NEWNET)
        self.namespace = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        forbid_ipv6()
        self.device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(self.device, TUNSETIFF, struct.pack("16sH22x", NAME, IFF_TUN | IFF_NO_PI))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            set_address(sock, SIOCSIFADDR, address)
            set_address(sock, SIOCSIFNETMASK, MASK)
            for name in b"lo", NAME:
                raise_link(sock, name)

    def path(self):
        return f"/proc/{os.getpid()}/fd/{self.namespace}"

    def enter(self):
        call(libc.setns, self.namespace, CLONE_NEWNET)


class Way:
    def __init__(self, delay):
        self.delay = delay
        self.near, self.far = End(NEAR), End(FAR)
        self.held = collections.deque()  # all packets are as late: the first is due first

    def take(self, device, other):
        try:
            while True:
                packet = os.read(device, PACKET)
                if len(self.held) < MOST_HELD:
                    self.held.append((time.monotonic() + self.delay, other, packet))
        except BlockingIOError:
            pass

    def give(self):
        while self.held and self.held[0][0] <= time.monotonic():
            _, device, packet = self.held.popleft()
            try:
                os.write(device, packet)
            except BlockingIOError:
                pass

    def carry(self, until):
        """Until that file is at its end."""
        others = {self.near.device: self.far.device, self.far.device: self.near.device}
        while True:
            wait = max(0, self.held[0][0] - time.monotonic()) if self.held else None
            ready = select.select([until, *others], [], [], wait)[0]
            for device in others:
                if device in ready:
                    self.take(device, others[device])
            self.give()
            if until in ready and not os.read(until, PACKET):
                return

    def connect_times(self):
        """Milliseconds. For a thread of its own: carry() has to run meanwhile."""
        times = []
        self.far.enter()
        with socket.create_server((FAR, 0), backlog=CONNECTIONS) as server:
            self.near.enter()
            for _ in range(CONNECTIONS):
                with socket.socket() as client:
                    client.settimeout(10 + 4 * self.delay)
                    start = time.monotonic()
                    client.connect(server.getsockname())
                    times.append((time.monotonic() - start) * 1e3)
        return times


def be_punctual():
    """What it does for a packet is little, and late if others compute before."""
    libc.prctl(PR_SET_TIMERSLACK, 1)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        pass  # the times that it says tell what that costs


def say(**line):
    print(json.dumps(line), flush=True)


def say_measured(way):
    try:
        times = way.connect_times()
    except OSError as error:
        say(error=str(error))
        return
    say(near=way.near.path(), far=way.far.path(), address=FAR, ms=statistics.median(times), most_ms=max(times))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--delay-ms", type=float, default=50, help="what a round trip takes")
    delay = parser.parse_args().delay_ms / 2e3
    be_punctual()
    try:
        way = Way(delay)
    except OSError as error:
        say(error=str(error))
        return 1
    threading.Thread(target=say_measured, args=(way,), daemon=True).start()
    way.carry(sys.stdin.fileno())
    return 0


sys.exit(main())
