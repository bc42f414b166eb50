# Two images:
#
#     docker build --target frames -t framesmooth:frames .    smooth, measure, compare, tune, interpolate ...
#     docker build -t framesmooth .                           all of that, and generating, on a CPU
#     docker build --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130 -t framesmooth:cuda .
#
# Clips are read and written in /clips, the folder that is mounted there; the files belong to who runs it:
#
#     docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/clips" framesmooth:frames smooth in.mp4 -o out.mp4

FROM python:3.11-slim-bookworm AS frames

# OpenCV's wheel links libGL and GLib; their versions are those of the base image's Debian.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

WORKDIR /src
COPY constraints.txt requirements-frames.txt ./
RUN pip install -c constraints.txt -r requirements-frames.txt
COPY . .
RUN pip install --no-deps .

# Any user can run it: what is cached goes where any user may write.
ENV HOME=/tmp FRAMESMOOTH_CACHE=/tmp/framesmooth MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /clips
USER 1000:1000
ENTRYPOINT ["framesmooth"]
CMD ["--help"]

FROM frames AS complete

USER 0:0
WORKDIR /src
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install -c constraints.txt --index-url "${TORCH_INDEX}" --extra-index-url https://pypi.org/simple torch \
    && pip install -c constraints.txt ".[exr,provenance,ray,s3,story,ui,upscale,video]" \
    && pip install -c constraints.txt --no-deps spandrel
WORKDIR /clips
USER 1000:1000
