cat lib/*/about
. app/extra.sh
