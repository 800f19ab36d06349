# Tries every way out that it knows, and says ESCAPED with its name for each that is open.
import ctypes
import os
import resource
import socket
import struct

libc = ctypes.CDLL(None, use_errno=True)


def way(name, attempt, wanted=lambda result: True):
    try:
        result = attempt()
    except (OSError, ValueError, MemoryError) as problem:
        print(name, "refused:", problem)
        return
    print(f"ESCAPED {name}: {result!r}" if wanted(result) else f"{name}: harmless")


def call(function, *arguments):
    result = function(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def in_child(work):
    pid = os.fork()
    if not pid:
        work()
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def read(path):
    with open(path, "rb") as file:
        return file.read(200)


def write(path, data=b"0"):
    with open(path, "wb") as file:
        return file.write(data)


def enter(path, kind):
    fd = os.open(path, os.O_RDONLY)
    return call(libc.setns, fd, kind)


def listing(path):
    return os.listdir(path)


for inside in ("mem", "environ", "maps", "root/etc/shadow", "cwd/.", "fd/0", "auxv"):
    way(f"read /proc/1/{inside}", lambda inside=inside: read(f"/proc/1/{inside}"))
for kind, flag in (("user", 0x10000000), ("mnt", 0x20000), ("pid", 0x20000000), ("net", 0x40000000), ("ipc", 0x8000000)):
    way(f"enter the first process's {kind}", lambda kind=kind, flag=flag: enter(f"/proc/1/ns/{kind}", flag))
way("trace the first process", lambda: call(libc.ptrace, 16, 1, 0, 0))
way("the first process is listed", lambda: listing("/proc"), lambda names: "1" in names)
for path in (
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/user/max_user_namespaces",
    "/proc/sys/kernel/pid_max", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger", "/proc/sys/fs/file-max",
    "/proc/sys/net/netfilter/nf_hooks_lwtunnel", "/proc/sys/net/ipv4/neigh/default/gc_thresh3",
    "/etc/passwd", "/usr/bin/nsenter", "/run/neighlab/bin/server", "/run/neighlab/bin/new", "/bin/sh", "/new",
    "/proc/1/oom_score_adj", "/proc/1/attr/current", os.path.realpath(os.__file__), "/dev/sda", "/dev/mem", "/dev/kmsg",
):  # fmt: skip
    way(f"write {path}", lambda path=path: write(path))
way("mount", lambda: call(libc.mount, b"none", b"/tmp", b"tmpfs", 0, None))
way("remount", lambda: call(libc.mount, b"none", b"/", None, 32 | 4096, None))
way("unmount", lambda: call(libc.umount2, b"/proc", 2))
way("chroot", lambda: call(libc.chroot, b"/tmp"))
for name, flag in (("user", 0x10000000), ("mnt", 0x20000), ("pid", 0x20000000), ("net", 0x40000000), ("uts", 0x4000000)):
    way(f"unshare {name}", lambda flag=flag: call(libc.unshare, flag))
way("clone into a new user namespace", lambda: call(libc.syscall, 56, 0x10000000 | 17, 0, 0, 0, 0))
way("another architecture's numbers", lambda: in_child(lambda: libc.syscall(0x40000000 + 39)), lambda status: status == 0)
way("bpf", lambda: call(libc.syscall, 321, 0, 0, 0))
way("io_uring", lambda: call(libc.syscall, 425, 8, 0))
way("keyring", lambda: call(libc.syscall, 250, 0, -4, 1))
way("memfd", lambda: call(libc.syscall, 319, b"x", 0))
way("leave the processor", lambda: os.sched_setaffinity(0, range(os.cpu_count())))
way("be less nice", lambda: os.setpriority(os.PRIO_PROCESS, 0, -5))
way("raise a limit", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6)))
way("become somebody else", lambda: os.setuid(1))
way("make a device", lambda: os.mknod("/tmp/disk", 0o60666, os.makedev(8, 0)))
way("kill the first process", lambda: os.kill(1, 9), lambda _: False)
way("kill a process outside", lambda: [os.kill(pid, 9) for pid in range(2, 5000) if pid != os.getpid()])
for family in (40, 38, 21, 30, 44):
    way(f"socket family {family}", lambda family=family: socket.socket(family, socket.SOCK_STREAM))
way("unbounded buffer", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).setsockopt(1, 32, 1 << 30))
way("unbounded ring", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).setsockopt(263, 5, struct.pack("4I", 1 << 22, 64, 2048, 1 << 17)))
for name in listing("/proc/self/fd"):
    if int(name) > 2:
        way(f"inherited descriptor {name}", lambda name=name: os.readlink(f"/proc/self/fd/{name}"), lambda where: "/proc/" not in where)
way("interfaces of the machine", lambda: socket.if_nameindex(), lambda names: [one for _i, one in names if one != "lo"])
way("reach the machine", lambda: socket.create_connection(("127.0.0.1", 22), 1))
way("abstract sockets", lambda: read("/proc/net/unix"), lambda data: b"@" in data)
way("the bridge of the lab", lambda: enter("/run/netns/s1", 0x40000000))
