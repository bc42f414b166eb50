"""How clips are read where files leave a choice."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Sort = Literal["natural", "time", "exif"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)


@dataclass(frozen=True)
class Reading:
    """The choices.

    Attributes:
        sort: the order of a folder's pictures: "natural" by name, "time" by when the files were written,
            "exif" by when they were taken.
        strict: refuse what is damaged or incomplete, numbered pictures with gaps among it.
    """

    sort: Sort = "natural"
    strict: bool = False


AS_USUAL: Final = Reading()
