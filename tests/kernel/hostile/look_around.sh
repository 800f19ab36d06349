# Prints what a thief would look for; the test knows the secrets that must not be in it.
id; env; pwd; ls -la / /home /home/student /tmp /run /run/neighlab /run/netns /dev /etc /root /proc 2>&1
find / -xdev -not -path '/proc/*' -not -path '/usr/*' \( -name 'solution.*' -o -name 'exercise.py' -o -name 'hints.md' \) 2>/dev/null
find / \( -path '*/exercises/*' -o -path '*/wrong/*' \) -not -path '/proc/*' 2>/dev/null | head -50
cat /run/neighlab/solution* ../*.sh /run/neighlab/../*/*.sh 2>/dev/null
cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\0' '\n'
cat /etc/shadow /root/.bash_history /proc/mounts /proc/1/maps /proc/keys 2>&1 | head -60
mount | head -40
