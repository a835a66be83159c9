# What changes your AWS files gets your own.
function aws { AWSD_PROGRAM with-own-files --if-it-writes aws "$@"; }
if type -P saml2aws >/dev/null; then
    function saml2aws { AWSD_PROGRAM with-own-files saml2aws "$@"; }
fi
# Before each command, the files that awsd has made follow yours.
function __awsd_renew { [[ ! -x AWSD_PROGRAM ]] || AWSD_PROGRAM renew; }
[[ ${PS0-} == *__awsd_renew* ]] || PS0='$(__awsd_renew)'${PS0-}
