"""Content credentials: a signed statement inside the file that says how it came about (C2PA 2.1).

Needs the extra ``provenance`` (c2pa-python). Nothing is fetched and no time stamp is asked for: a signature
counts as long as its certificate does.
"""

import json
import re
import shutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import framesmooth
from framesmooth.errors import MediaError, UsageError

SOURCE_TYPE: Final = "digital_source_type"
"""The tag that says what a clip is, in IPTC's vocabulary."""
_IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
AI_GENERATED: Final = f"{_IPTC}trainedAlgorithmicMedia"
MADE_BY: Final = "framesmooth (AI-generated)"
_ENHANCED: Final = f"{_IPTC}algorithmicallyEnhanced"

_FORMATS: Final = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


def check_signing(target: Path, credentials: Path) -> None:
    """Refuse what cannot be signed before any work is done.

    Raises:
        UsageError: a format without room for a statement, a missing library, or unusable credentials.
    """
    if target.suffix.lower() not in _FORMATS:
        raise UsageError(f"--sign takes {', '.join(_FORMATS)}, not {target.name}: choose another -o")
    _signer(credentials)


def sign_clip(path: Path, target: Path, credentials: Path, tags: Mapping[str, str]) -> None:
    """Put a signed statement into the finished file ``path``, which will be called ``target``.

    It says that the clip is AI-generated if ``tags`` do, else that it was enhanced by an algorithm.

    Raises:
        UsageError: unusable credentials.
        MediaError: a file that cannot be signed.
    """
    c2pa = _library()
    kind = tags.get(SOURCE_TYPE, _ENHANCED)
    statement = {
        "title": target.name,
        "format": _FORMATS[target.suffix.lower()],
        "claim_generator_info": [{"name": "framesmooth", "version": framesmooth.__version__}],
        "assertions": [
            {
                "label": "c2pa.actions",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": kind}]},
            }
        ],
    }
    signer = _signer(credentials)
    with TemporaryDirectory(dir=path.parent, prefix=f".{target.stem[:40]}.") as place:
        signed = Path(place) / f"signed{path.suffix}"
        try:
            c2pa.Builder(json.dumps(statement)).sign_file(str(path), str(signed), signer)
        except (c2pa.C2paError, OSError) as error:
            raise MediaError(f"{target} could not be signed ({error}): check the certificates") from error
        shutil.copyfile(signed, path)


def _library() -> Any:
    try:
        return import_module("c2pa")
    except ImportError as error:
        raise UsageError("--sign needs c2pa-python: pip install 'framesmooth[provenance]'") from error


def _signer(credentials: Path) -> Any:
    """Return what signs with the certificates, the signer's first, and the key of a PEM file."""
    c2pa = _library()
    try:
        text = credentials.read_bytes()
        key, chain = (b"\n".join(_parts(text, kind)) for kind in (rb"[A-Z ]*PRIVATE KEY", rb"CERTIFICATE"))
        info = c2pa.C2paSignerInfo(alg=_algorithm(key), sign_cert=chain, private_key=key, ta_url=None)
        return c2pa.Signer.from_info(info)
    except (OSError, ValueError, TypeError, c2pa.C2paError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(
            f"{credentials} cannot sign ({reason}): give a PEM file with certificates and their key"
        ) from error


def _parts(text: bytes, kind: bytes) -> list[bytes]:
    """Return the blocks of one kind in a PEM file, in order (RFC 7468)."""
    return re.findall(rb"-----BEGIN " + kind + rb"-----.*?-----END " + kind + rb"-----", text, re.DOTALL)


def _algorithm(text: bytes) -> bytes:
    """Return the name of the signature algorithm that fits a key in PEM (C2PA 2.1, section 13.2)."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(text, password=None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {256: b"es256", 384: b"es384"}.get(key.curve.key_size, b"es512")
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return b"ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return b"ps256"
    raise ValueError("its key is of no kind that C2PA knows")
