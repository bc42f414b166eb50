"""A stand-in for ComfyUI 0.38.1: the part of its interface for nodes that integrations/comfyui uses.

Written after ``comfy_api/latest/_io.py``, ``_ui.py``, ``_input/video_types.py``, ``folder_paths.py`` and the
loader in ``nodes.py`` of that version. Arguments have the names of the real ones, and an unknown one fails as
it does there. Schemas are checked as ``Schema.validate`` checks them.
"""

import asyncio
import importlib.util
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
from PIL import Image

VERSION = "0.38.1"


class Input:
    """An input that is connected; the subclasses have the arguments of a widget."""

    io_type = ""
    allowed = frozenset({"display_name", "optional", "tooltip", "lazy", "extra_dict", "raw_link", "advanced"})

    def __init__(self, id: str, **options: Any) -> None:
        if unknown := set(options) - self.allowed:
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        self.id, self.options = id, options
        self.optional = bool(options.get("optional", False))

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in self.options.items() if value is not None}


class WidgetInput(Input):
    allowed = Input.allowed | {"default", "socketless", "force_input"}


class Output:
    io_type = ""

    def __init__(
        self,
        id: str | None = None,
        display_name: str | None = None,
        tooltip: str | None = None,
        is_output_list: bool = False,
    ) -> None:
        self.id, self.display_name = id, display_name or id
        self.tooltip, self.is_output_list = tooltip, is_output_list


def io_type(name: str, base: type[Input], *options: str) -> SimpleNamespace:
    """Return a type of the interface: its Input and its Output."""
    members = {"io_type": name, "allowed": base.allowed | set(options)}
    return SimpleNamespace(
        io_type=name,
        Input=type(f"{name}.Input", (base,), members),
        Output=type(f"{name}.Output", (Output,), {"io_type": name}),
    )


@dataclass
class Schema:
    node_id: str
    display_name: str | None = None
    category: str = "sd"
    inputs: list[Input] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    hidden: list[Any] = field(default_factory=list)
    description: str = ""
    search_aliases: list[str] = field(default_factory=list)
    is_input_list: bool = False
    is_output_node: bool = False
    is_deprecated: bool = False
    is_experimental: bool = False
    not_idempotent: bool = False
    enable_expand: bool = False

    def validate(self) -> None:
        for ids in ([each.id for each in self.inputs], [each.id for each in self.outputs]):
            if len(set(ids)) != len(ids):
                raise ValueError(f"ids must be unique, but {ids} are not")


class NodeOutput:
    def __init__(
        self, *args: Any, ui: Any = None, expand: Any = None, block_execution: str | None = None
    ) -> None:
        self.args, self.ui, self.expand, self.block_execution = args, ui, expand, block_execution

    def __getitem__(self, index: int) -> Any:
        return self.args[index]


class ComfyNode:
    RELATIVE_PYTHON_MODULE: str | None = None

    @classmethod
    def define_schema(cls) -> Schema:
        raise NotImplementedError

    @classmethod
    def GET_SCHEMA(cls) -> Schema:  # noqa: N802 - the name in the interface
        schema = cls.define_schema()
        schema.validate()
        return schema

    @classmethod
    def EXECUTE_NORMALIZED(cls, **inputs: Any) -> NodeOutput:  # noqa: N802
        with torch.inference_mode():  # as ComfyUI's executor does
            made = cls.execute(**inputs)  # type: ignore[attr-defined]
        if not isinstance(made, NodeOutput):
            raise TypeError(f"invalid return type from node: {type(made)}")
        return made


class ComfyExtension:
    async def on_load(self) -> None: ...

    async def get_node_list(self) -> list[type[ComfyNode]]:
        raise NotImplementedError


class SavedResult(dict[str, str]):
    def __init__(self, filename: str, subfolder: str, type: str) -> None:
        super().__init__(filename=filename, subfolder=subfolder, type=type)


class PreviewImage:
    """Saves the images in the temporary folder, as the real one does, 8 bits each."""

    def __init__(self, image: Any, animated: bool = False, cls: type[ComfyNode] | None = None) -> None:
        folder = Path(sys.modules["folder_paths"].get_temp_directory())
        folder.mkdir(exist_ok=True)
        self.values = []
        for each in image:
            name = f"ComfyUI_temp_{len(list(folder.iterdir())):05}_.png"
            pixels = np.clip(255.0 * each.cpu().numpy(), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name)
            self.values.append(SavedResult(name, "", "temp"))
        self.animated = animated

    def as_dict(self) -> dict[str, Any]:
        return {"images": self.values, "animated": (self.animated,)}


class PreviewVideo:
    def __init__(self, values: list[SavedResult]) -> None:
        self.values = values

    def as_dict(self) -> dict[str, Any]:
        return {"images": self.values, "animated": (True,)}


class PreviewText:
    def __init__(self, value: str) -> None:
        self.value = value

    def as_dict(self) -> dict[str, Any]:
        return {"text": (self.value,)}


class VideoInput:
    """A VIDEO; only what a node may ask of any of them."""


class VideoFromFile(VideoInput):
    """A VIDEO that is a file; ``trim`` is a window (start, duration) that was set by another node."""

    def __init__(self, file: str, *, trim: tuple[float, float] = (0.0, 0.0)) -> None:
        self.file, self.trim = file, trim

    def get_stream_source(self) -> str:
        return self.file

    def get_active_trim_window(self) -> tuple[float, float]:
        return self.trim

    def has_pending_frame_edits(self) -> bool:
        return False

    def save_to(self, path: str, *, crf: float | None = None) -> None:
        """Save the frames of the window, as the real one does."""
        from framesmooth.video import open_sink, open_source

        source = open_source(self.file)
        start, duration = (round(float(source.fps) * seconds) for seconds in self.trim)
        with open_sink(path, fps=source.fps, size=source.size, crf=int(crf or 0)) as sink:
            for index, frame in enumerate(source):
                if start <= index < start + duration:
                    sink.write(frame)


class InterruptProcessingException(Exception):
    """Raised where the user pressed cancel."""


@dataclass
class Server:
    """What a test sees of the server: its folders, the bars that were drawn, and its cancel button."""

    root: Path
    bars: list[tuple[int, int]] = field(default_factory=list)
    cancelled: bool = False

    def folder(self, name: str) -> str:
        return str(self.root / name)

    def throw_if_cancelled(self) -> None:
        if self.cancelled:
            self.cancelled = False  # said once: whoever swallows it goes on
            raise InterruptProcessingException

    def get_annotated_filepath(self, name: str) -> str:
        found = re.fullmatch(r"(.*) \[(input|output|temp)\]", name)
        return os.path.join(self.folder(found[2] if found else "input"), found[1] if found else name)

    def get_save_image_path(
        self, filename_prefix: str, output_dir: str, image_width: int = 0, image_height: int = 0
    ) -> tuple[str, str, int, str, str]:
        subfolder, filename = os.path.split(os.path.normpath(filename_prefix))
        folder = os.path.join(output_dir, subfolder)
        if os.path.commonpath((output_dir, os.path.abspath(folder))) != output_dir:
            raise Exception("ERROR: Saving image outside the output folder is not allowed.")
        os.makedirs(folder, exist_ok=True)
        counts = [
            int(found[1])
            for name in os.listdir(folder)
            if (found := re.match(rf"{re.escape(filename)}_(\d+)", name))
        ]
        return folder, filename, max(counts, default=0) + 1, subfolder, filename_prefix

    def progress_bar(self, total: int) -> SimpleNamespace:
        """Return a ProgressBar."""
        place = len(self.bars)
        self.bars.append((0, total))

        def update(value: int) -> None:
            self.bars[place] = (self.bars[place][0] + value, total)

        return SimpleNamespace(update=update)

    def modules(self) -> dict[str, ModuleType]:
        """Return the modules that nodes import, by name."""
        widget, plain = WidgetInput, Input
        numbers = ("min", "max", "step", "display_mode")
        io = SimpleNamespace(
            Boolean=io_type("BOOLEAN", widget, "label_on", "label_off"),
            Int=io_type("INT", widget, *numbers, "control_after_generate"),
            Float=io_type("FLOAT", widget, *numbers, "round", "gradient_stops"),
            String=io_type("STRING", widget, "multiline", "placeholder", "dynamic_prompts"),
            Combo=io_type("COMBO", widget, "options", "control_after_generate", "upload", "image_folder"),
            Image=io_type("IMAGE", plain),
            Video=io_type("VIDEO", plain),
            Input=Input,
            Output=Output,
            Schema=Schema,
            NodeOutput=NodeOutput,
            ComfyNode=ComfyNode,
            FolderType=SimpleNamespace(input="input", output="output", temp="temp"),
        )
        ui = SimpleNamespace(
            PreviewImage=PreviewImage,
            PreviewVideo=PreviewVideo,
            PreviewText=PreviewText,
            SavedResult=SavedResult,
        )
        latest = {
            "ComfyExtension": ComfyExtension,
            "Input": SimpleNamespace(Video=VideoInput),
            "InputImpl": SimpleNamespace(VideoFromFile=VideoFromFile),
            "io": io,
            "ui": ui,
        }
        folders = {
            f"get_{name}_directory": (lambda name=name: self.folder(name))
            for name in ("input", "output", "temp")
        }
        contents: dict[str, dict[str, Any]] = {
            "comfy": {},
            "comfy.utils": {"ProgressBar": self.progress_bar},
            "comfy.model_management": {"throw_exception_if_processing_interrupted": self.throw_if_cancelled},
            "comfy_api": {},
            "comfy_api.latest": latest,
            "folder_paths": {
                **folders,
                "get_annotated_filepath": self.get_annotated_filepath,
                "get_save_image_path": self.get_save_image_path,
            },
        }
        found = {}
        for name, content in contents.items():
            found[name] = ModuleType(name)
            vars(found[name]).update(content)
        return found


def load_nodes(folder: Path) -> dict[str, type[ComfyNode]]:
    """Load a package of nodes as ``load_custom_node`` does: by its path, from its entry point."""
    name = str(folder).replace(".", "_x_")
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)

    async def nodes() -> dict[str, type[ComfyNode]]:
        extension = await module.comfy_entrypoint()
        assert isinstance(extension, ComfyExtension)
        await extension.on_load()
        return {node.GET_SCHEMA().node_id: node for node in await extension.get_node_list()}

    return asyncio.run(nodes())
