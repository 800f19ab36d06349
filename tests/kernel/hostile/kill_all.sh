# Ends everything that it can see, itself excepted, then goes on with the work.
kill -9 -1
kill -9 1 $PPID
kill -STOP 1 -1
for pid in /proc/[0-9]*; do kill -9 "${pid#/proc/}"; done 2>/dev/null
echo still here
