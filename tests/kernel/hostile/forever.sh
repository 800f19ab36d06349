# Never ends.
while :; do sleep 1; done
