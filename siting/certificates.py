"""Evidence that outlives the program: digest, signature, verification, recomputation.

A certificate is the check's document plus ``digest`` (SHA-256 of its canonical text), ``signature`` (Ed25519 over the
digest's 32 bytes, base64) and ``key`` (the first 16 hex digits of the public key's SHA-256). The signature can be
verified offline with the published key; whoever has the layers can recompute the rest.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import shapely
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from django.utils import timezone

import layers.queries
from siting import checks, keys
from siting.boundaries import declared_from_json
from siting.documents import boundary_sha256, canonical, document, engine_versions
from siting.engine.area import rounded
from siting.engine.boundary import build
from siting.engine.document import geometry_data
from siting.engine.notices import UnusableInput
from siting.engine.verdict import Outcome
from siting.models import Check, Finding, SiteVersion
from siting.rulebook import NoRulebook, pinned

_SEAL = ("digest", "signature", "key")
#: Recomputed by other library versions, areas may differ by this share (architecture: decision 6).
AREA_TOLERANCE = 1e-6
SHAPE_TOLERANCE_DEG = 1e-7
#: One step of rounding, which a last digit may turn either way.
_SLACK = {"share": 1.1e-6, "area_ha": 1.1e-4}
_SLACK_OF_OTHERS = 0.011


def seal(unsealed: dict[str, Any]) -> dict[str, Any]:
    """Return the document with its digest and signature."""
    digest = hashlib.sha256(canonical(unsealed).encode()).digest()
    signature, key = keys.sign(digest)
    return unsealed | {"digest": digest.hex(), "signature": signature, "key": key}


@dataclass(frozen=True)
class Draft:
    """A check's document and its canonical text before it is sealed; ``digest`` is the text's SHA-256 (hex)."""

    result: checks.CheckResult
    document: Mapping[str, Any]
    text: str
    digest: str


def draft(result: checks.CheckResult) -> Draft:
    """Write a check's document."""
    unsealed = document(result)
    text = canonical(unsealed)
    return Draft(result, unsealed, text, hashlib.sha256(text.encode()).hexdigest())


def issue(result: checks.CheckResult, site_version: SiteVersion) -> Check:
    """Keep a check of a stored boundary as evidence: the sealed document, and its findings as rows."""
    return issue_many([(draft(result), site_version)])[0]


@transaction.atomic
def issue_many(drafts: Iterable[tuple[Draft, SiteVersion]]) -> list[Check]:
    """Keep many checks as evidence, each sealed by itself, in two statements; in their order."""
    given = list(drafts)
    issued = Check.objects.bulk_create(_sealed(written, version) for written, version in given)
    Finding.objects.bulk_create(
        finding
        for check, (written, _) in zip(issued, given, strict=True)
        for finding in _findings(check, written.result)
    )
    return issued


def _sealed(written: Draft, site_version: SiteVersion) -> Check:
    signature, key = keys.sign(bytes.fromhex(written.digest))
    return Check(
        site_version=site_version,
        rulebook_id=written.result.rulebook.id,
        verdict=str(written.result.verdict),
        canonical=written.text,
        digest=written.digest,
        signature=signature,
        key_id=key,
        created_at=timezone.now(),
    )


def _findings(check: Check, result: checks.CheckResult) -> Iterator[Finding]:
    """The rules that were hit or suspect, as rows."""
    for item in result.results:
        if item.outcome in (Outcome.HIT, Outcome.SUSPECT):
            yield Finding(
                answer=check,
                rule=item.rule.code,
                layer=item.rule.layer,
                severity=str(item.severity),
                outcome=str(item.outcome),
                area_m2=item.area_m2,
                share=item.share,
                geometry=None
                if item.geometry is None
                else GEOSGeometry(memoryview(item.geometry.wkb), srid=4490),
            )


def certificate(check: Check) -> dict[str, Any]:
    """Return a stored check as its sealed document."""
    return json.loads(check.canonical) | {
        "digest": check.digest,
        "signature": check.signature,
        "key": check.key_id,
    }


_OTHERWISE = "证书为 %(recorded)s，重算为 %(again)s"


@dataclass(frozen=True)
class Difference:
    """One thing that doesn't hold: where (a path into the document) and what, as a template with its parameters."""

    where: str
    template: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.where}: {self.template % self.params}"


def verify(certificate: dict[str, Any], key: Ed25519PublicKey | None = None) -> list[Difference]:
    """Verify digest and signature; needs no database. An empty list is a good certificate.

    ``key`` is the only one believed, where it is given; otherwise each key that this installation published is
    (:mod:`siting.keys`), the retired ones too, but no revoked one.
    """
    if missing := [name for name in (*_SEAL, "verdict", "boundary", "manifest") if name not in certificate]:
        return [Difference(name, "缺少此项") for name in missing]
    unsealed = {name: value for name, value in certificate.items() if name not in _SEAL}
    try:
        digest = hashlib.sha256(canonical(unsealed).encode()).digest()
        signature = decoded(str(certificate["signature"]))
    except (ValueError, RecursionError) as error:
        return [Difference("signature", "无法解析：%(error)s", {"error": str(error)})]
    differences = []
    if digest.hex() != certificate["digest"]:
        differences.append(Difference("digest", "内容与摘要不符：文件在签名后被改动"))
    believed, doubts = signer(str(certificate["key"]), key)
    differences += doubts
    if believed is not None:
        try:
            believed.verify(signature, digest)
        except InvalidSignature:
            differences.append(Difference("signature", "签名无效"))
    return differences


def decoded(text: str) -> bytes:
    """Return the bytes of a signature in base64, written the one way that there is.

    Raises
    ------
    ValueError
        It is no base64, or spells the same bytes otherwise: the last digit has bits that nobody reads.
    """
    signature = base64.b64decode(text, validate=True)
    if base64.b64encode(signature).decode() != text:
        raise ValueError("not in canonical base64")
    return signature


def signer(name: str, only: Ed25519PublicKey | None) -> tuple[Ed25519PublicKey | None, list[Difference]]:
    """Return the key to verify by, and what speaks against it."""
    if only is not None:
        return only, [] if name == keys.key_id(only) else [
            Difference("key", "由另一密钥签名：%(key)s", {"key": name})
        ]
    published = keys.published().get(name)
    if published is None:
        return None, [Difference("key", "由未知密钥签名：%(key)s", {"key": name})]
    return published.key, [
        Difference("key", "签名密钥已吊销：%(key)s", {"key": name})
    ] if published.revoked else []


def verify_stored(check: Check) -> list[Difference]:
    """Hold a stored check against its own signed text: its columns, its findings' rows, its boundary's row.

    The rows are what lists, maps and counts read; none of them may say anything else than what was signed.
    """
    signed = certificate(check)
    differences = verify(signed)
    if check.verdict != signed["verdict"]:
        differences.append(
            Difference("check.verdict", _OTHERWISE, {"recorded": signed["verdict"], "again": check.verdict})
        )
    if boundary_sha256(check.site_version.declared) != signed["boundary"]["sha256"]:
        differences.append(Difference("boundary", "存储的边界与签名时不同"))
    stored = sorted(_row(finding) for finding in check.findings.all())
    for mine, theirs in zip_longest(stored, sorted(_entry(finding) for finding in signed["findings"])):
        if mine != theirs:
            differences.append(Difference(f"findings.{(theirs or mine)[0]}", "存储的检查发现与签名时不同"))
    return differences


def _row(finding: Finding) -> tuple[str, ...]:
    shape = None if finding.geometry is None else geometry_data(shapely.from_wkb(bytes(finding.geometry.wkb)))
    figures = (str(rounded(finding.area_m2, 2)), str(rounded(finding.share, 6)))
    return (
        finding.rule,
        finding.layer,
        finding.severity,
        finding.outcome,
        *figures,
        canonical({"it": shape}),
    )


def _entry(finding: dict[str, Any]) -> tuple[str, ...]:
    named = tuple(finding[name] for name in ("rule", "layer", "severity", "outcome"))
    return (*named, str(finding["area_m2"]), str(finding["share"]), canonical({"it": finding["geometry"]}))


def recompute(certificate: dict[str, Any]) -> list[Difference]:
    """Check the same boundary against the same versions again, and compare.

    The stored features of every layer in the manifest are hashed afresh, so a changed byte in the store shows even
    where it didn't change this answer. The same engine versions must give the same digest; others the same outcomes,
    and areas within 1e-6.
    """
    differences: list[Difference] = []
    recorded = {code: entry["version"] for code, entry in certificate["manifest"].items()}
    versions = layers.queries.pinned(recorded)
    for code, entry in certificate["manifest"].items():
        if code not in versions:
            differences.append(
                Difference(f"manifest.{code}", "此处没有第 %(version)s 版", {"version": entry["version"]})
            )
            continue
        version = versions[code]
        if version.root_hash != entry["root_hash"]:
            differences.append(Difference(f"manifest.{code}", "版本的根哈希与证书不同"))
        state = layers.queries.verify(version)
        differences += [
            Difference(f"layers.{code}.{name}", "存储的要素与发布时的哈希不符") for name in state.changed_keys
        ]
        if not state.changed_keys and state.root_hash != version.root_hash:
            differences.append(Difference(f"layers.{code}", "存储的内容与发布时的根哈希不符"))
    declared = certificate["boundary"]["declared"]
    if boundary_sha256(declared) != certificate["boundary"]["sha256"]:
        differences.append(Difference("boundary", "边界与其哈希不符"))
    for kept in Check.objects.filter(digest=certificate["digest"]).select_related("site_version"):
        differences += verify_stored(kept)
    book = certificate["rulebook"]
    try:
        rulebook = pinned(book["code"], book["version"], dt.date.fromisoformat(certificate["on"]))
    except NoRulebook:
        return [*differences, Difference("rulebook", "此处没有 %(code)s 第 %(version)s 版", book)]
    if rulebook.sha256 != book["sha256"]:
        differences.append(Difference("rulebook", "规则库内容与证书不同"))
    try:
        result = checks.run(
            build(declared_from_json(declared)),
            # What is not among the facts was not known then: a use that the file declares may not answer now.
            facts={question["name"]: "" for question in rulebook.facts} | certificate["facts"],
            rulebook=rulebook,
            versions=versions,
        )
    except (UnusableInput, ValueError) as refusal:
        return [*differences, Difference("boundary", "无法重算：%(error)s", {"error": str(refusal)})]
    again = document(result)
    if certificate["versions"] == engine_versions():
        recorded_text = canonical({name: value for name, value in certificate.items() if name not in _SEAL})
        if canonical(again) != recorded_text:
            differences += _compare("", certificate, again) or [Difference("digest", "重算的摘要不同")]
    else:
        differences += _compare("", certificate, again)
    return differences


def _compare(path: str, recorded: Any, again: Any) -> list[Difference]:
    """Name what differs, in one document's order; areas may differ by :data:`AREA_TOLERANCE`, shapes by 1e-7°."""
    if path == ".versions":
        return []
    where = path.lstrip(".")
    if path.endswith(".geometry") and recorded is not None and again is not None:
        return [] if _same_shape(recorded, again) else [Difference(where, "形状不同")]
    if isinstance(recorded, dict) and isinstance(again, dict):
        names = [name for name in {**again, **recorded} if path or name not in _SEAL]
        return [
            difference
            for name in names
            for difference in _compare(f"{path}.{name}", recorded.get(name), again.get(name))
        ]
    if isinstance(recorded, list) and isinstance(again, list) and len(recorded) == len(again):
        return [
            difference
            for index, (one, other) in enumerate(zip(recorded, again, strict=True))
            for difference in _compare(f"{path}[{index}]", one, other)
        ]
    if isinstance(recorded, float) and isinstance(again, float):
        slack = _SLACK.get(path.rpartition(".")[2], _SLACK_OF_OTHERS)
        same = math.isclose(recorded, again, rel_tol=AREA_TOLERANCE, abs_tol=slack)
        return [] if same else [Difference(where, _OTHERWISE, {"recorded": recorded, "again": again})]
    if recorded != again:
        return [Difference(where, _OTHERWISE, {"recorded": _short(recorded), "again": _short(again)})]
    return []


def _same_shape(one: dict[str, Any], other: dict[str, Any]) -> bool:
    shapes = [shapely.geometry.shape(item) for item in (one, other)]
    return bool(shapely.hausdorff_distance(*shapes) <= SHAPE_TOLERANCE_DEG)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
