"""Whether what the nodes need is installed. Nothing is ever installed from here."""

import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Final

FRAMESMOOTH: Final = "0.2"
"""The lowest version of framesmooth with all that the nodes call."""

OPENCV: Final = 5
"""The lowest major version of OpenCV."""

PACKAGES: Final[Mapping[str, str]] = {
    "annotated_types": "annotated-types",
    "av": "av",
    "filelock": "filelock",
    "lazy_loader": "lazy-loader",
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "PIL": "pillow",
    "pydantic": "pydantic",
    "scipy": "scipy",
    "simpleeval": "simpleeval",
    "skimage": "scikit-image",
    "tifffile": "tifffile",
}
"""Import names of what the nodes need of the packages that framesmooth uses, and what pip calls them."""


def check_installed() -> None:
    """Check that everything is there, without importing more than OpenCV.

    Raises:
        ImportError: one line with all that is missing and how to install it.
    """
    if problems := list(_problems()):
        raise ImportError(f"the framesmooth nodes are off: {'; '.join(problems)}")


def _problems() -> Iterator[str]:
    if find_spec("framesmooth") is None:
        yield "framesmooth is missing (pip install --no-deps framesmooth)"
    elif find_spec("lazy_loader") is not None:  # without it not even the version can be read
        from framesmooth import __version__

        if _numbers(__version__) < _numbers(FRAMESMOOTH):
            upgrade = f"pip install --no-deps -U 'framesmooth>={FRAMESMOOTH}'"
            yield f"framesmooth {__version__} is too old ({upgrade})"
    if missing := [name for module, name in PACKAGES.items() if find_spec(module) is None]:
        yield f"{', '.join(missing)} missing (pip install {' '.join(missing)})"
    yield from _problems_with_opencv()


def _problems_with_opencv() -> Iterator[str]:
    """Say what is wrong with OpenCV; which of its four packages it comes from is the user's to choose."""
    advice = "pip install 'opencv-contrib-python>=5', after removing other opencv packages"
    try:
        import cv2
    except ImportError as error:
        yield f"OpenCV cannot be imported: {str(error).splitlines()[0]} ({advice})"
        return
    if _numbers(cv2.__version__)[0] < OPENCV:
        yield f"OpenCV {cv2.__version__} is older than {OPENCV} ({advice})"
    elif not hasattr(cv2, "ximgproc"):
        yield f"OpenCV lacks its contributed modules ({advice})"


def _numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: "5.0.0.93rc1" is (5, 0, 0, 93)."""
    return tuple(int(number) for number in re.findall(r"\d+", text))
