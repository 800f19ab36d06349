# Prints a gigabyte.
head -c 1G /dev/zero
