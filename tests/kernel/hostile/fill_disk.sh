# Writes until nothing more fits, wherever it may write.
for place in /tmp "$HOME" /run/neighlab/answers /dev/shm /run; do
    head -c 1G /dev/zero > "$place/zeros" 2>/dev/null
    ls -l "$place/zeros" 2>/dev/null
    (cd "$place" && i=0 && while [ $i -lt 6000 ] && : > "file$i"; do i=$((i + 1)); done) 2>/dev/null
done
df /tmp "$HOME"
