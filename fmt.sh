. /tmp/h/walls-env.sh
t() { s=$(date +%s.%N); timeout 20 "$@" 2>&1 | head -c 200; echo " rc=$? $(echo "$(date +%s.%N)-$s" | bc)"; }
$W run -d --name fmt1 busybox sleep 900 >/dev/null
t $W ps --format '{{range .}}{{end}}'
t $W ps --format "$(python3 -c "print('{{'+'('*50000+'.ID'+')'*50000+'}}')" | head -c 100000)"
t $W ps --format '{{printf "%999999999d" 1}}'
t $W ps --format '{{printf "%.999999999f" 1.0}}'
t $W ps --format '{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}'
t $W ps --format '{{pad .ID 1000000000 1000000000}}'
t $W ps --format '{{index .ID 99999999999999999999}}'
t $W ps --format '{{slice .ID -1}}'
t $W ps --format '{{json .}}{{split .ID ""}}'
t $W inspect fmt1 --format '{{range $i, $e := .}}{{$i}}{{end}}'
t $W inspect fmt1 --format '{{.State.Pid | printf "%s" | html | js | urlquery}}'
t $W inspect fmt1 --format "$(python3 -c "print('{{if true}}'*3000+'x'+'{{end}}'*3000)")"
t $W inspect fmt1 --format '{{call .Id}}'
t $W ps --filter 'name=(a+)+$' --filter 'name=((((a{1,50}){1,50}){1,50}){1,50})'
t $W ps --filter "name=$(python3 -c "print('('*20000)")"
t $W images --filter 'reference=a*a*a*a*a*a*a*a*a*a*a*a*a*b'
t $W logs --since 99999999999999999999999h fmt1
t $W logs --tail 99999999999999999999999 fmt1
t $W events --since 9999999999999 --until 99999999999999999999999
t $W stats --no-stream --format '{{repeat .ID 99}}'
$W rm -f fmt1
