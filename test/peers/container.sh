# Runs a program where /opt/ml is a folder of ours and hosts have the names that SageMaker gives them, in a mount namespace of its own:
# container.sh BASE HOSTS_FILE PROGRAM ARGUMENTS. Started by `unshare --map-root-user --mount`, so no privilege is needed and nothing outside changes.
set -e
base=$1
hosts=$2
shift 2
if [ ! -d /opt/ml ]; then
  # /opt may not be ours to write to: another one takes its place that shows the same folders.
  mount -t tmpfs none "$base.opt"
  for entry in /opt/*; do
    [ -d "$entry" ] || continue
    mkdir "$base.opt/$(basename "$entry")"
    mount --rbind "$entry" "$base.opt/$(basename "$entry")"
  done
  mkdir "$base.opt/ml"
  mount --rbind "$base.opt" /opt
fi
mount --bind "$base" /opt/ml
mount --bind "$hosts" /etc/hosts
cd /opt/ml
exec "$@"
