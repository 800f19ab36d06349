#!/bin/sh
# believes: one packet is enough, and the state follows at once
# told: The kernel waits for a proof
victim ping -c 1 -W 2 192.0.2.2
answer silent DELAY
