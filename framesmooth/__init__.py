"""framesmooth: prompts become a steady video clip, and any clip becomes steadier.

Every command that makes or measures something is a function here, with the same settings, and reports to a
listener what happens::

    import framesmooth as fs

    made = fs.generate("a sailboat on the sea at sunset", "clip.mp4", num_frames=48)
    steady = fs.smooth("flickering.mp4", "steady.mp4", smooth_strength=0.8, on_event=print)
    print(steady.before["warping_error"].mean, steady.after["warping_error"].mean)

``smooth``, ``interpolate``, ``measure``, ``compare``, ``tune`` and ``assemble`` take paths, lists of frames,
arrays (T, H, W, 3) and any ``FrameSource``; without an output the frames of the result stay in memory. A
``ModelPool`` keeps models loaded between clips. The parts below them are public, too::

    clip = fs.open_source("in.mp4")
    smoother = fs.create_smoother("trajectory", strength=0.6)
    with fs.open_sink("out.mp4", fps=clip.fps, size=clip.size) as sink:
        for frame in smoother(clip):
            sink.write(frame)

The public names are listed in ``__init__.pyi`` and are imported on first use: ``import framesmooth`` loads
neither torch nor OpenCV.
"""

import lazy_loader

__version__ = "0.2.0"

__getattr__, _, _public = lazy_loader.attach_stub(__name__, __file__)
__all__ = ["__version__", *_public]


def __dir__() -> list[str]:
    return sorted({*globals(), *_public})
