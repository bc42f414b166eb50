"""The work of the jobs: each kind calls one workflow and returns plain JSON types."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framesmooth import defaults
from framesmooth.errors import FramesmoothError, UsageError
from framesmooth.events import Listener
from framesmooth.models.pool import ModelPool
from framesmooth.runs import RunFolder
from framesmooth.ui.command_line import compare_command, generate_command, smooth_command
from framesmooth.ui.creation import check_bounds, settings_of_request
from framesmooth.ui.job import INPUT_FOLDER, Job
from framesmooth.ui.settings import ServerSettings
from framesmooth.ui.stories import STORY_FILE, write_story
from framesmooth.ui.uploads import check_clip

_WIPE_CRF = 20


@dataclass(frozen=True)
class Workshop:
    """Does the jobs of a server; its models stay loaded between clips.

    Attributes:
        owner: what the server's owner allows.
        job_of: returns a job by its name.
        pool: the models.
    """

    owner: ServerSettings
    job_of: Callable[[str], Job]
    pool: ModelPool = field(default_factory=ModelPool)

    @property
    def kinds(self) -> Mapping[str, Callable[[Job, Listener], Mapping[str, Any]]]:
        """Kind of job -> what does it."""
        return {
            "create": self.create,
            "preview": self.preview,
            "steady": self.steady,
            "measure": self.measure,
            "story": self.story,
            "board": self.board,
            "upscale": self.upscale,
        }

    def warm(self) -> None:
        """Load the model that the page offers first, so that the first clip needn't wait for it."""
        from framesmooth.workflows.generate.load import load_model
        from framesmooth.workflows.generate.resolve import resolve

        request = {"prompts": [{"prompt": "a house"}], "settings": {}, "format": "mp4"}
        with self.pool.active():
            load_model(resolve(settings_of_request(request, Path("unused"), self.owner)))

    def create(self, job: Job, emit: Listener) -> dict[str, Any]:
        """Make a clip of prompts, or go on with one that was stopped."""
        from framesmooth.reports.plain_words import steadiness, wrong_frames, wrong_words
        from framesmooth.workflows.generate.run import make_clip

        settings = settings_of_request(job.request, job.folder, self.owner)
        named = settings_of_request(job.request, job.folder, self.owner, styled=False)
        command = generate_command(named, settings.output.name)
        check_bounds(settings, self.owner)
        if RunFolder.beside(settings.output).folder.exists():
            settings = settings.but(overwrite=True)  # its own work, of a server that was killed
        with self.pool.active():
            made = make_clip(settings, emit)
        height, width = made.size
        words = [steadiness(made.before, made.after), *wrong_words(wrong_frames(made.after), made.drawn_fps)]
        run = made.run_folder.name
        return {
            "clip": made.clip.name,
            "report": f"{run}/report.html",
            "plot": f"{run}/metrics.png" if (made.run_folder / "metrics.png").exists() else None,
            "strip": f"{run}/strip.png",
            "words": [*words, f"smoothed by {made.smoothing.words}"],
            "figures": _figures(made.before, made.after),
            "facts": {"frames": made.num_frames, "fps": float(made.fps), "size": [width, height]},
            "command": command,
            "thumbnail": _thumbnail(job, made.run_folder / "frames"),
        }

    def preview(self, job: Job, emit: Listener) -> dict[str, Any]:
        """Make a sheet of a clip in a few steps, and say what the whole clip will take."""
        from framesmooth.workflows.generate.preview import preview_clip
        from framesmooth.workflows.generate.run import estimate_clip

        settings = settings_of_request(job.request, job.folder, self.owner).but(overwrite=True)
        named = settings_of_request(job.request, job.folder, self.owner, styled=False)
        check_bounds(settings, self.owner)
        with self.pool.active():
            sheet = preview_clip(settings, emit)
            cost = estimate_clip(settings, emit)
        return {
            "sheet": sheet.path.name,
            "rows": [list(row) for row in cost.rows],
            "words": [f"The clip takes {cost.time.words}."],
            "command": generate_command(named, settings.output.name),
            "thumbnail": sheet.path.name,
        }

    def steady(self, job: Job, emit: Listener) -> dict[str, Any]:
        """Take the flicker out of a clip, and write it before and after for the wipe."""
        from framesmooth.metrics.verdict import judge
        from framesmooth.reports.plain_words import steadiness, wrong_frames, wrong_words
        from framesmooth.runs.open_clip import open_clip
        from framesmooth.workflows.assemble import assemble
        from framesmooth.workflows.smooth import smooth
        from framesmooth.workflows.tune import tune

        source, title = self._source(job)
        check_clip(open_clip(source), self.owner)
        strength, smoother = job.request.get("strength"), job.request.get("smoother")
        output, report = job.folder / "steady.mp4", job.folder / "report"
        shared: dict[str, Any] = {"report": report, "overwrite": True, "odd": "pad", "on_event": emit}
        shared["bit_depth"] = "8"  # browsers show no more
        if strength == "auto":
            found = tune(source, output, **shared | ({} if smoother is None else {"smoother": smoother}))
            before, after, verdict = found.before, found.after, found.tuning.verdict
            chosen: float | str | None = found.tuning.strength
        else:
            smoothed = smooth(source, output, smooth_strength=strength, smoother=smoother, **shared)
            assert smoothed.before is not None
            assert smoothed.after is not None
            before, after, chosen = smoothed.before, smoothed.after, strength
            verdict = judge(before, after).sentence
        assemble(source, job.folder / "before.mp4", crf=_WIPE_CRF, odd="pad", overwrite=True,
                 no_metadata=True, bit_depth="8", on_event=emit)  # fmt: skip
        clip = open_clip(output)
        height, width = clip.size
        stem = Path(title).stem
        return {
            "before": "before.mp4",
            "after": output.name,
            "clip": output.name,
            "report": "report/report.html",
            "plot": "report/metrics.png" if (report / "metrics.png").exists() else None,
            "strip": "report/strip.png",
            "verdict": verdict,
            "words": [steadiness(before, after), *wrong_words(wrong_frames(after), clip.fps)],
            "figures": _figures(before, after),
            "facts": {"frames": after.num_frames, "fps": float(clip.fps), "size": [width, height]},
            "command": smooth_command(title, f"{stem}-steady.mp4", chosen, smoother),
            "thumbnail": _thumbnail(job, output),
        }

    def measure(self, job: Job, emit: Listener) -> dict[str, Any]:
        """Measure a clip, or compare several with the first; then apply the gates."""
        from framesmooth.cli.options.gates import Gate
        from framesmooth.runs.open_clip import open_clip
        from framesmooth.workflows.compare import compare
        from framesmooth.workflows.measure import measure

        titles = [str(name) for name in job.request["sources"]]
        paths = [job.path(f"{INPUT_FOLDER}/{name}") for name in titles]
        for path in paths:
            check_clip(open_clip(path), self.owner)
        page = job.folder / "report.html"
        verdicts: list[str] = []
        if len(paths) == 1:
            reports: Mapping[str, Any] = {
                titles[0]: measure(paths[0], html_file=page, overwrite=True, on_event=emit)
            }
        else:
            found = compare(paths[0], paths[1:], html_file=page, overwrite=True, on_event=emit)
            reports = found.reports
            verdicts = [f"{name} is {one.sentence}" for name, one in found.verdicts.items()]
        gates = [Gate(str(name), float(limit), above=True) for name, limit in job.request["gates"]]
        failed = [
            f"{name}: {line}" if len(reports) > 1 else line
            for name, report in reports.items()
            for gate in gates
            if (line := _gate(gate, report)) is not None
        ]
        return {
            "report": page.name,
            "words": verdicts,
            "gates": {"passed": not failed, "lines": failed} if gates else None,
            "command": compare_command(titles),
            "thumbnail": _thumbnail(job, paths[0]),
        }

    def story(self, job: Job, emit: Listener) -> dict[str, Any]:
        """Make a film; shots that are there already, and are not to be changed, are kept."""
        from framesmooth.workflows.storyboard.film import make_film

        settings = self._film_settings(job)
        film = make_film(settings, emit, self.pool)
        height, width = film.size
        fps = float(film.fps)
        words = [f"{len(film.shots)} shots, {film.num_frames / fps:.4g} s"]
        words += [] if film.flashes is None else [film.flashes.sentence]
        return {
            "clip": settings.output.name,
            "words": words,
            "shots": [
                {
                    "number": shot.number,
                    "clip": shot.clip.relative_to(job.folder).as_posix(),
                    "from": f"{shot.start / fps:.1f} s",
                }
                for shot in film.shots
            ],
            "facts": {"frames": film.num_frames, "fps": fps, "size": [width, height]},
            "story": STORY_FILE,
            "command": f"framesmooth storyboard {STORY_FILE} -o {settings.output.name}",
            "thumbnail": _thumbnail(job, settings.output),
        }

    def board(self, job: Job, emit: Listener) -> dict[str, Any]:
        """Make one picture of each shot of a film."""
        from framesmooth.workflows.storyboard.preview import preview_film

        found = preview_film(self._film_settings(job), emit, self.pool)
        seconds = found.frames / found.fps
        return {
            "sheet": found.path.name,
            "words": [f"{found.shots} shots, {float(seconds):.4g} s"],
            "command": f"framesmooth storyboard {STORY_FILE} -o film.mp4 --preview",
        }

    def upscale(self, job: Job, emit: Listener) -> dict[str, Any]:
        """Enlarge the clip that another job has made, to twice its width and height."""
        from framesmooth.runs.open_clip import open_clip
        from framesmooth.workflows.upscale import upscale

        other = self.job_of(job.request["of"])
        source = other.path(str(other.result.get("clip", "none")))
        clip = open_clip(source)
        height, width = clip.size
        if 4 * height * width > self.owner.max_pixels:
            raise UsageError(
                f"{2 * width}x{2 * height} is too large here: {self.owner.max_pixels} pixels at most"
            )
        output = job.folder / f"large{source.suffix}"
        made = upscale(source, output, overwrite=True, odd="pad", on_event=emit)
        return {
            "clip": output.name,
            "words": [f"{made.size[1]}x{made.size[0]}, twice as wide and as high"],
            "facts": {
                "frames": made.frames.num_frames or 1,
                "fps": float(made.frames.fps),
                "size": [made.size[1], made.size[0]],
            },
            "command": shlex.join(["framesmooth", "upscale", source.name, "-o", output.name]),
            "thumbnail": _thumbnail(job, output),
        }

    def _film_settings(self, job: Job) -> Any:
        from framesmooth.workflows.storyboard.settings import StoryboardSettings

        story = write_story(job.folder, {"story": self._with_model(job.request["story"])})
        return StoryboardSettings.of(
            story=story, output=job.folder / "film.mp4", overwrite=True, odd="pad", prune=True
        )

    def _with_model(self, story: Mapping[str, Any]) -> dict[str, Any]:
        """Return the story with the model that the page offers first."""
        model = self.owner.offered_models[0]
        shared = dict(story.get("defaults", {})) | ({} if model == defaults.MODEL else {"model": model})
        return {**story, "defaults": shared} if shared else dict(story)

    def _source(self, job: Job) -> tuple[Path, str]:
        """Return what a job smooths, a file, a folder of frames or a run, and what it is called."""
        made = job.request.get("of")
        if made is None:
            return job.path(f"{INPUT_FOLDER}/{job.request['source']}"), str(job.request["title"])
        other = self.job_of(made)
        runs = sorted(other.folder.glob("*.framesmooth"))
        if other.status != "done" or not runs:
            raise UsageError(f"{other.title} has not all of its frames: resume it first")
        return runs[0], runs[0].name


def _figures(before: Any, after: Any) -> list[dict[str, Any]]:
    """Return the table of metrics before and after, as text."""
    from framesmooth.reports.tables import metric_rows

    return [
        {
            "name": row.name.replace("_", " "),
            "before": row.before,
            "after": row.after,
            "change": row.change,
            "unit": row.unit,
            "better": row.better,
            "wanted": row.note or row.wanted,
        }
        for row in metric_rows(before, after)
    ]


def _gate(gate: Any, report: Any) -> str | None:
    return gate.failure(report) if gate.name in report else f"gate: {gate.name} was not measured"


def _thumbnail(job: Job, clip: Path) -> str | None:
    """Write a small image of the middle of a clip, and return its name; None where that cannot be read."""
    from itertools import islice

    from framesmooth.reports.figures import thumbnail
    from framesmooth.runs.open_clip import open_clip
    from framesmooth.video import write_png

    try:
        source = open_clip(clip)
        frame = next(islice(iter(source), (source.num_frames or 1) // 2, None))
        write_png(job.folder / "thumbnail.png", thumbnail(frame, 320))
    except (FramesmoothError, StopIteration):
        return None
    return "thumbnail.png"
