#!/bin/sh
# believes: a lie that is known does no harm any more
# told: still lies
answer intruder 198.18.0.5
answer stolen 198.18.0.2
answer owner 00:00:5e:00:53:02
