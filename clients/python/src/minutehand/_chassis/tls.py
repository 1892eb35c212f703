"""Mutual TLS from three files: who is at the other end is a role and a name, as a URI in the
certificate (`spiffe://minutehand/ROLE/NAME`). Host names are not compared with anything."""

from __future__ import annotations

import re
import ssl
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .exits import Exit, Failure
from .names import untrusted

ROLES = ("generator", "strategy", "trader", "operator")

_IDENTITY = re.compile(r"spiffe://minutehand/(?P<role>[a-z]+)/(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,63})")

#: What OpenSSL says, and what it means for whoever reads a cause. The first that is found counts.
_WORDS = (
    ("certificate has expired", "its certificate has expired: renew it"),
    ("certificate is not yet valid", "its certificate is not yet valid"),
    ("unsupported certificate purpose", "its certificate is not for this end of a connection"),
    ("unsuitable certificate purpose", "its certificate is not for this end of a connection"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is from another authority: see --tls-ca of both sides"),
    ("ALERT_CERTIFICATE_EXPIRED", "it refuses this side: the certificate is expired, or not yet valid"),
    ("ALERT_UNKNOWN_CA", "it refuses this side: the certificate is from another authority"),
    ("ALERT_DECRYPT_ERROR", "it refuses this side: the certificate is from another authority"),
    ("CERTIFICATE_REQUIRED", "it refuses this side: a certificate is required: see --tls-cert"),
    ("ALERT_CERTIFICATE_UNKNOWN", "it refuses this side: the certificate's identity is not accepted there"),
    ("WRONG_VERSION_NUMBER", "it does not speak TLS"),
    ("ALERT_PROTOCOL_VERSION", "it does not speak TLS 1.3"),
)  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """Whose a certificate is."""

    role: str
    name: str

    def __str__(self) -> str:
        return f"{self.role} {self.name}"


@dataclass(frozen=True)
class Files:
    """Where the three files are."""

    ca: Path
    certificate: Path
    key: Path

    def contents(self) -> tuple[bytes, bytes, bytes]:
        """What is in them at this moment: authority, certificate, key."""
        return (self.ca.read_bytes(), self.certificate.read_bytes(), self.key.read_bytes())

    def context(self, server_side: bool) -> ssl.SSLContext:
        """TLS 1.3 by what is in the files at this moment, with a certificate asked of the other
        side."""
        purpose = ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT
        context = ssl.SSLContext(purpose)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.ca)
        context.load_cert_chain(self.certificate, self.key)
        context.set_alpn_protocols(["h2"])
        return context

    def open_as(self, role: str, name: str | None) -> Identity:
        """Checks the files at the start: readable, of one authority, and of this role and name,
        since the others would refuse anything else."""
        try:
            mode = self.key.stat().st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise Failure(
                    Exit.FAILED,
                    f"--tls-key {self.key} can be read by others: `chmod 600 {self.key}`",
                )
            identity = self._own_identity(role)
        except (OSError, ValueError) as error:
            raise Failure(Exit.FAILED, f"--tls-ca, --tls-cert, --tls-key: {plain(error)}") from error
        if identity.role != role or name not in (None, identity.name):
            raise Failure(
                Exit.FAILED,
                f"--tls-cert is for {identity}, and this is a {role}: it needs one with the URI "
                f"spiffe://minutehand/{role}/{name or 'NAME'}",
            )
        return identity

    def _own_identity(self, role: str) -> Identity:
        """What the other side of a connection will see, by a handshake with oneself."""
        serves = role in ("generator", "trader")
        try:
            return self._seen(serves)
        except ssl.SSLCertVerificationError as error:
            if "purpose" not in str(error):
                raise
            # Of the other kind, it will be of another role.
            return self._seen(not serves)

    def _seen(self, serves: bool) -> Identity:
        judging = self.context(server_side=not serves)
        shown = self.context(server_side=serves)
        shown.verify_mode = ssl.CERT_NONE
        return identity_of(_handshake(judging, shown, serves).getpeercert() or {})


def identity_of(certificate: dict[str, Any]) -> Identity:
    """Whose a verified certificate is; raises ValueError if it does not say."""
    names = certificate.get("subjectAltName", ())
    return identity_among([value for kind, value in names if kind == "URI"])


def identity_among(uris: list[str]) -> Identity:
    """The one identity among the URIs of a certificate; raises ValueError if there is none."""
    if len(uris) != 1:
        many = "several URIs" if uris else "no identity"
        raise ValueError(f"the certificate has {many}: it needs one URI, spiffe://minutehand/ROLE/NAME")
    match = _IDENTITY.fullmatch(uris[0])
    if match is None or match["role"] not in ROLES:
        raise ValueError(
            f"{untrusted(uris[0])} is not an identity: it is spiffe://minutehand/ROLE/NAME, and a role "
            "is generator, strategy, trader or operator"
        )
    return Identity(match["role"], match["name"])


def has_expired(certificate: dict[str, Any]) -> bool:
    """Whether a verified certificate's time is over."""
    return ssl.cert_time_to_seconds(certificate["notAfter"]) <= time.time()


def plain(error: Exception) -> str:
    """A failure as this side saw it, in plain words. "It" is the other side."""
    text = str(error)
    if not isinstance(error, ssl.SSLError):
        system = error.strerror if isinstance(error, OSError) else None
        named = getattr(error, "filename", None)
        return f"{named}: {system}" if system and named else text
    return next((words for sign, words in _WORDS if sign in text), text)


def _handshake(judging: ssl.SSLContext, shown: ssl.SSLContext, serves: bool) -> ssl.SSLObject:
    """Two ends of a connection in memory; returns the judging one."""
    left, right = ssl.MemoryBIO(), ssl.MemoryBIO()
    judge = judging.wrap_bio(left, right, server_side=not serves)
    other = shown.wrap_bio(right, left, server_side=serves)
    done: set[ssl.SSLObject] = set()
    while len(done) < 2:
        for end in (other, judge):
            try:
                end.do_handshake()
                done.add(end)
            except ssl.SSLWantReadError:
                pass
    return judge
