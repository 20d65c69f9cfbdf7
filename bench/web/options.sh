# Read by run.sh and roundcube.sh: their options, and what both need. Sets here, letters, rounds, only (prepare, measure or empty), dir and given (the
# folder that was named, or empty: then dir is a temporary one, for the reader to remove).
here=$(cd "$(dirname "$0")" && pwd)
letters=100000 rounds=5 dir="" only=""
while [ $# -gt 0 ]; do
  case $1 in
    --letters) letters=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    --prepare | --measure) only=${1#--} dir=$2; shift 2 ;;
    *) sed -n '2,/^[^#]/s/^# //p' "$0"; exit 2 ;;
  esac
done
given=$dir
[ -n "$dir" ] || dir=$(mktemp -d "/tmp/$(basename "$0" .sh)-web-XXXXXX")
mkdir -p "$dir"

write_letters() { python3 "$here/letters.py" "$letters" > "$dir/letters.mbox"; }

# measure SCRIPT ADDRESS USER PASSWORD
measure() {
  [ -d "$here/node_modules" ] || npm ci --prefix "$here" > /dev/null
  node "$here/$1" "$2" "$3" "$4" "$rounds"
}
