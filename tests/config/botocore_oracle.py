"""Answers what botocore makes of pairs of files: one JSON object a line in, one a line out.

In:  {"config": HEX, "credentials": HEX, "chains": [PROFILE, ...]}
Out: {"profiles": {NAME: {KEY: TEXT or {KEY: TEXT}}}, "chains": {PROFILE: [BASE, ROLE, ...] or null}}
     or {"refused": TYPE} where botocore does not read the files at all

Nothing is sent anywhere: clients, processes and token caches are replaced by ones that say who they are.
"""

import json
import os
import sys
import tempfile

from botocore.credentials import (
    AssumeRoleProvider,
    AssumeRoleWithWebIdentityProvider,
    CredentialResolver,
    Credentials,
    LoginProvider,
    ProcessProvider,
    ProfileProviderBuilder,
    SSOProvider,
)
from botocore.exceptions import BotoCoreError
from botocore.session import Session


class Files:
    """The part of a session that the credential providers read."""

    full_config = Session.full_config

    def __init__(self, config, credentials):
        self._config = None
        self._paths = {"config_file": config, "credentials_file": credentials}

    def get_config_variable(self, name):
        return self._paths[name]


def says(kind):
    return Credentials(kind, "secret", method=kind)


class SaysSso(SSOProvider):
    def load(self):
        return says("sso") if self._load_sso_config() else None


class SaysLogin(LoginProvider):
    def load(self):
        profile = self._load_config()["profiles"].get(self._profile_name, {})
        return says("login") if "login_session" in profile else None


class SaysProcess(ProcessProvider):
    def load(self):
        return says("process") if self._credential_process is not None else None


class SaysWebIdentity(AssumeRoleWithWebIdentityProvider):
    def load(self):
        if not self._get_config("web_identity_token_file"):
            return None
        if not self._get_config("role_arn"):
            return super().load()
        return says("web-identity")


class SaysSource:
    def is_supported(self, name):
        return name in ("Environment", "Ec2InstanceMetadata", "EcsContainer")

    def source_credentials(self, name):
        return says("credential-source")


class Sts:
    """Grants every role, and remembers the way in the access key."""

    def __init__(self, access_key):
        self._access_key = access_key

    def assume_role(self, **call):
        return {
            "Credentials": {
                "AccessKeyId": self._access_key + " " + call["RoleArn"],
                "SecretAccessKey": "secret",
                "SessionToken": "token",
                "Expiration": "2099-01-01T00:00:00Z",
            },
            "AssumedRoleUser": {"Arn": call["RoleArn"]},
        }


class Builder(ProfileProviderBuilder):
    def _create_process_provider(self, profile_name):
        return SaysProcess(profile_name, lambda: self._session.full_config)

    def _create_sso_provider(self, profile_name):
        return SaysSso(lambda: self._session.full_config, None, profile_name, token_cache={}, token_provider=object())

    def _create_login_provider(self, profile_name):
        return SaysLogin(lambda: self._session.full_config, None, profile_name, token_cache={})

    def _create_web_identity_provider(self, profile_name, disable_env_vars):
        return SaysWebIdentity(lambda: self._session.full_config, None, profile_name, disable_env_vars=True)


def chain(files, profile):
    builder = Builder(files)
    role = AssumeRoleProvider(
        load_config=lambda: files.full_config,
        client_creator=lambda service, **client: Sts(client["aws_access_key_id"]),
        cache={},
        profile_name=profile,
        prompter=lambda prompt: "123456",
        credential_sourcer=SaysSource(),
        profile_provider_builder=builder,
    )
    resolver = CredentialResolver([role] + builder.providers(profile, disable_env_vars=True))
    try:
        found = resolver.load_credentials()
        return found.get_frozen_credentials().access_key.split(" ") if found else None
    except BotoCoreError:
        return None


def answer(question, directory):
    paths = []
    for name in ("config", "credentials"):
        paths.append(os.path.join(directory, name))
        with open(paths[-1], "wb") as file:
            file.write(bytes.fromhex(question[name]))
    files = Files(*paths)
    try:
        profiles = files.full_config["profiles"]
    except BotoCoreError as error:
        return {"refused": type(error).__name__}
    return {"profiles": profiles, "chains": {name: chain(files, name) for name in question["chains"]}}


def main():
    with tempfile.TemporaryDirectory() as directory:
        for line in sys.stdin:
            json.dump(answer(json.loads(line), directory), sys.stdout)
            sys.stdout.write("\n")


main()
