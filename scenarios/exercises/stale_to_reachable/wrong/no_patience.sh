#!/bin/sh
# believes: one packet is enough, and the state follows at once
# told: the kernel still waits for a proof
victim ping -c 1 -W 2 192.0.2.2
answer silent DELAY
