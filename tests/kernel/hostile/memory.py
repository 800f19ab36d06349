# Takes memory, in many processes, none of which takes much.
import os
import time

hoard = []
for _ in range(12):
    if not os.fork():
        for _ in range(100):
            hoard.append(bytearray(os.urandom(1) * (1 << 20)))
        time.sleep(30)
time.sleep(30)
