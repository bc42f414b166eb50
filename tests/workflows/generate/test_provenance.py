"""How a clip says where it came from: tags, texts, the record, signatures; and what it keeps to itself."""

import ast
import getpass
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from framesmooth.errors import UsageError
from framesmooth.models.scheduler_spec import webui_sampler
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.video import open_sink, open_source, read_metadata
from framesmooth.video.content_credentials import AI_GENERATED, SOURCE_TYPE
from framesmooth.workflows.generate.provenance import frame_tags, infotext
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.command_line import run
from tests.listeners import nothing

PACKAGE = Path(__file__).parents[3] / "framesmooth"
SIZE = (24, 32)
PROMPT = "a <script>alert(1)</script> 'cat', \"x\": y\nSteps: 99, Seed: 1 --neg blurry, red"


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip whose prompt tries to break out of everything it is written into."""
    return GenerateSettings.of(
        prompts=parse_prompts([PROMPT]),
        output=tmp_path / "clip.mp4",
        model=str(tiny_model),
        num_frames=3,
        width=SIZE[1],
        height=SIZE[0],
        steps=2,
        smoother="ema",
        dtype="float32",
    )


def parsed(text: str) -> tuple[str, str, dict[str, str]]:
    """Read the web UI's form by its description: prompt, negative prompt, settings of the last line."""
    *lines, last = text.split("\n")
    at = next((at for at, line in enumerate(lines) if line.startswith("Negative prompt:")), len(lines))
    negative = "\n".join(lines[at:]).removeprefix("Negative prompt:").strip()
    found, rest = {}, last
    while rest:
        name, _, rest = rest.partition(":")
        rest = rest.lstrip()
        if rest.startswith('"'):
            value, end = json.JSONDecoder().raw_decode(rest)
            rest = rest[end:].removeprefix(",")
        else:
            value, _, rest = rest.partition(",")
        found[name.strip()] = value
    return "\n".join(lines[:at]), negative, found


line = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1).filter(
    lambda text: not text.startswith("Negative prompt:")
)


@given(line, st.just("") | line, st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_prompt_and_value_can_be_read_back(prompt: str, negative: str, values: list[str]) -> None:
    facts = {"Steps": 3} | {f"Name {index}": f"x{value}" for index, value in enumerate(values)}
    read = parsed(infotext(prompt, negative, facts))
    assert read == (prompt, negative, {name: str(value) for name, value in facts.items()})


def test_a_frame_on_an_even_way_claims_no_share_of_it(settings: GenerateSettings) -> None:
    asked = settings.but(prompts=parse_prompts(["a cat", "a lion"]))
    clips = (resolve(asked.but(pacing=pacing)) for pacing in ("linear", "even"))
    loaded = {"scheduler": "DDIMScheduler", "size": SIZE}
    told = [frame_tags(clip, 1, loaded)["parameters"].split("\n")[0] for clip in clips]
    assert told == ["a cat -> a lion (0.500)", "a cat -> a lion"]


def test_the_parameters_of_frames_are_read_by_others(settings: GenerateSettings, tmp_path: Path) -> None:
    make_clip(settings, nothing)
    path = RunFolder.beside(settings.output).frames.folder / "frame_000000.png"
    with Image.open(path) as image:
        text = image.info["parameters"]
        assert image.info[SOURCE_TYPE] == AI_GENERATED
    prompt, negative, found = parsed(text)
    assert prompt == "a <script>alert(1)</script> 'cat', \"x\": y Steps: 99, Seed: 1"
    assert negative == "blurry, red"
    record = RunFolder.beside(settings.output).record
    weights = record["model"]["sha256"]["unet/diffusion_pytorch_model.safetensors"]
    assert found | {"Version": ""} == {
        "Steps": "2",
        "Sampler": "DPM++ 2M",
        "CFG scale": "7.5",
        "Seed": "0",
        "Size": "32x24",
        "Model hash": weights[:10],
        "Model": "tiny",
        "CFG end": "1.0",
        "Frame": "0",
        "Version": "",
    }
    assert "AI-generated" in found["Version"]


def test_samplers_have_the_names_that_tools_know() -> None:
    assert webui_sampler("EulerAncestralDiscreteScheduler") == "Euler a"
    assert webui_sampler("DDIMScheduler") == "DDIM"
    assert webui_sampler("SomeOtherScheduler") == "SomeOther"


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm", "gif", "webp", "frames"])
def test_every_kind_of_clip_is_marked_unless_told_otherwise(tmp_path: Path, suffix: str) -> None:
    tags = {"title": "a cat", "comment": "framesmooth (AI-generated); seed: 3", SOURCE_TYPE: AI_GENERATED}
    frame = np.full((*SIZE, 3), 90, np.uint8)
    for name, options in (("with", {}), ("without", {"no_metadata": True})):
        path = tmp_path / (name if suffix == "frames" else f"{name}.{suffix}")
        with open_sink(path, fps=Fraction(12), size=SIZE, metadata=tags, **options) as sink:  # type: ignore[arg-type]
            sink.write(frame)
            sink.write(frame // 2)
        found = read_metadata(path)
        assert ({name: found.get(name) for name in tags} == tags) is (name == "with")
        if name == "without":
            assert not set(tags) & set(found)
            assert b"AI-generated" not in (path if path.is_file() else path / "frame_000000.png").read_bytes()


def test_marks_go_along_and_can_be_left_out(settings: GenerateSettings, tmp_path: Path) -> None:
    make_clip(settings, nothing)
    assert read_metadata(settings.output)[SOURCE_TYPE] == AI_GENERATED
    for source in (settings.output, RunFolder.beside(settings.output).folder):
        out = tmp_path / "again.webp"
        assert run("assemble", source, "-o", out, "--overwrite").exit_code == 0
        assert read_metadata(out)[SOURCE_TYPE] == AI_GENERATED
        assert run("assemble", source, "-o", out, "--overwrite", "--no-metadata").exit_code == 0
        assert SOURCE_TYPE not in read_metadata(out)
    silent = settings.but(no_metadata=True, overwrite=True)
    make_clip(silent, nothing)
    assert not set(read_metadata(settings.output)) & {"title", "comment", SOURCE_TYPE}
    assert RunFolder.beside(settings.output).record["ai_generated"] is True


def test_nothing_tells_who_or_where(settings: GenerateSettings, tmp_path: Path, tiny_model: Path) -> None:
    home = tmp_path / "of-somebody"
    make_clip(settings.but(output=home / "clip.mkv"), nothing)
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in (str(tmp_path), "of-somebody", str(tiny_model.parent), f"/{getpass.getuser()}/"):
                assert secret.encode() not in content, f"{path} tells {secret}"


def test_prompts_are_escaped_in_pages(settings: GenerateSettings) -> None:
    make_clip(settings, nothing)
    page = (RunFolder.beside(settings.output).folder / "report.html").read_text()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


FORBIDDEN = {"pickle", "dill", "joblib", "shelve", "marshal", "subprocess", "socket", "urllib", "requests"}
MODULES = sorted(PACKAGE.rglob("*.py"))
ALLOWED = {
    "sound/speech.py": {"subprocess"},  # espeak-ng, without a shell
    "story/draft/llm.py": {"socket", "urllib"},  # a server on the loopback address alone
    "ui/app.py": {"socket"},  # the page itself
    "smoothing/workers.py": {"subprocess", "pickle"},  # this program itself, over pipes of its own
    "workflows/crew/ray_connection.py": {"socket"},  # whether the cluster that was named answers
    "workflows/crew/processes.py": {"subprocess"},  # this program itself
    "workflows/generate/pieces.py": {"pickle"},  # for its own helpers, over pipes of its own
}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_pickle_no_programs_no_network(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    names = {name for name in imported(ast.parse(text)) if name != "urllib.parse"}  # that opens nothing
    place = path.relative_to(PACKAGE).as_posix()
    assert not {name.split(".")[0] for name in names} & FORBIDDEN - ALLOWED.get(place, set())
    assert not re.search(r"(?<![.\w])(os\.system|os\.popen|eval|exec)\(", text)
    for loader in re.findall(r"torch\.load\([^)]*\)", text):
        assert "weights_only=True" in loader
    for loader in re.findall(r"yaml\.load\([^)]*\)", text):
        assert "BaseLoader" in loader
    assert "allow_pickle=True" not in text
    assert "trust_remote_code=True" not in text


def test_signing_without_the_library_or_the_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = tmp_path / "in"
    with open_sink(frames, fps=Fraction(12), size=SIZE) as sink:
        sink.write(np.zeros((*SIZE, 3), np.uint8))
    refused = run("assemble", frames, "-o", tmp_path / "a.mkv", "--sign", tmp_path / "no.pem")
    assert refused.exit_code == 2
    assert "--sign takes .mp4" in refused.stderr
    monkeypatch.setitem(__import__("sys").modules, "c2pa", None)
    refused = run("assemble", frames, "-o", tmp_path / "a.mp4", "--sign", tmp_path / "no.pem")
    assert refused.exit_code == 2
    assert "pip install 'framesmooth[provenance]'" in refused.stderr
    assert not list(tmp_path.glob("a.*"))


def certificates(path: Path) -> Path:
    """Write a certificate for signing, that of the authority that made it, and the key, into one PEM file."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    kinds = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    names = [
        x509.Name([x509.NameAttribute(kind, name) for kind in kinds]) for name in ("authority", "signer")
    ]
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    usages = [[False] * 5 + [True, True, False, False], [True] + [False] * 8]
    pems = []
    for index, is_authority in enumerate((True, False)):
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[index])
            .issuer_name(names[0])
            .public_key(keys[index].public_key())
            .serial_number(index + 1)
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.KeyUsage(*usages[index]), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(keys[index].public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False
            )
        )
        if not is_authority:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(purpose, critical=False)
        pems.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    key = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(pems[1] + pems[0] + key)
    return path


@pytest.mark.parametrize("suffix", ["mp4", "mov", "gif", "webp"])
def test_a_signed_clip_says_what_it_is(tmp_path: Path, suffix: str) -> None:
    c2pa = pytest.importorskip("c2pa")
    pem, clip = certificates(tmp_path / "me.pem"), tmp_path / f"clip.{suffix}"
    frames = [np.full((*SIZE, 3), 60 * t, np.uint8) for t in range(3)]
    for tags, kind in (
        ({SOURCE_TYPE: AI_GENERATED}, "trainedAlgorithmicMedia"),
        ({}, "algorithmicallyEnhanced"),
    ):
        with open_sink(clip, fps=Fraction(12), size=SIZE, metadata=tags, sign=pem, overwrite=True) as sink:
            for frame in frames:
                sink.write(frame)
        read = json.loads(c2pa.Reader(str(clip)).json())
        manifest = read["manifests"][read["active_manifest"]]
        actions = next(one for one in manifest["assertions"] if one["label"].startswith("c2pa.actions"))
        assert actions["data"]["actions"][0]["digitalSourceType"].endswith(kind)
        problems = {one["code"] for one in read.get("validation_status", [])}
        assert problems <= {"signingCredential.untrusted"}  # by an authority that nobody knows
        assert len(list(open_source(clip))) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [clip.name, "me.pem"]
    pem.write_text("no certificate")
    with (
        pytest.raises(UsageError, match="cannot sign"),
        open_sink(clip, fps=Fraction(12), size=SIZE, sign=pem, overwrite=True),
    ):
        raise AssertionError
