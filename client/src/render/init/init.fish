# What changes your AWS files gets your own.
function aws
    AWSD_PROGRAM with-own-files --if-it-writes aws $argv
end
if command --query saml2aws
    function saml2aws
        AWSD_PROGRAM with-own-files saml2aws $argv
    end
end
# Before each command, the files that awsd has made follow yours.
function __awsd_renew --on-event fish_preexec
    test -x AWSD_PROGRAM; and AWSD_PROGRAM renew
end
