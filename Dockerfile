# The pair on a bare Debian; deploy/ says how to run it.
#   docker build -t sandbox .                                     lean: no Python and no kernel; code is answered with 501
#   docker build -t sandbox:interpreter --target interpreter .    with Jupyter, kernels for Python, bash, JavaScript and
#                                                                 TypeScript, numpy, pandas and matplotlib
FROM swift:6.3-bookworm AS build
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends binutils libcap-dev libseccomp-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.* .swift-version ./
COPY scripts scripts
COPY Sources Sources
COPY Tests Tests
RUN scripts/build
# Laid out as it will lie in the image: root's, and written to by nobody.
COPY deploy/docker/environment deploy/docker/health-check /staging/
RUN install -d -m 0755 /image/etc/sandbox /image/usr/local/lib/sandbox \
 && install -m 0555 .build/dist/ns-helper .build/dist/sandbox-agent .build/dist/sandbox-server /staging/health-check /image/usr/local/lib/sandbox/ \
 && install -m 0444 /staging/environment /image/etc/sandbox/environment

FROM debian:bookworm-slim AS jupyter
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends ca-certificates gcc libc6-dev python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
COPY Jupyter /source
# For a private index: pip's own variables. A certificate that lies in Jupyter/ is found as /source/NAME. This stage is not in the image.
ARG PIP_INDEX_URL
ARG PIP_CERT
RUN /source/install /opt/sandbox-jupyter --no-cache-dir --requirement /source/libraries.txt

FROM debian:bookworm-slim AS base
# `ps`, `top`, `pkill`: what runs in the user namespace is meant to be looked at. The rest is what checkouts and backups run.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends ca-certificates curl git procps squashfs-tools \
 && rm -rf /var/lib/apt/lists/*
# Names for `ps`; the helper itself knows numbers only. Every mount point exists, so that --read-only works.
# The workspace gets its owner before VOLUME: what changes it afterwards would be lost.
RUN groupadd --gid 4200 sandbox-control \
 && groupadd --gid 4201 sandbox-workspace \
 && useradd --uid 4200 --gid 4200 --no-create-home --no-log-init --home-dir /home/control --shell /usr/sbin/nologin \
    --key SUB_UID_COUNT=0 --key SUB_GID_COUNT=0 sandbox-control \
 && useradd --uid 4201 --gid 4201 --no-create-home --no-log-init --home-dir /home/user --shell /bin/bash \
    --key SUB_UID_COUNT=0 --key SUB_GID_COUNT=0 sandbox-user \
 && useradd --uid 4202 --gid 4201 --no-create-home --no-log-init --home-dir /home/secure --shell /bin/bash \
    --key SUB_UID_COUNT=0 --key SUB_GID_COUNT=0 sandbox-secure \
 && install -d -m 0755 /home /run /run/ns-helper \
 && install -d -m 1777 /tmp /var/tmp \
 && install -d -m 2775 -o 4201 -g 4201 /workspace
COPY --from=build /image/ /
VOLUME /workspace
# A container that cannot isolate refuses to serve; it never falls to something weaker by itself.
ENV SANDBOX_ISOLATION=namespaces
EXPOSE 8080 8888
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 CMD ["/usr/local/lib/sandbox/health-check"]
ENTRYPOINT ["/usr/local/lib/sandbox/ns-helper"]

FROM base AS interpreter
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends python3 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=jupyter /opt/sandbox-jupyter /opt/sandbox-jupyter
ENV SANDBOX_JUPYTER=/opt/sandbox-jupyter/bin/sandbox-jupyter

# The last one is what a build makes that names no target.
FROM base AS lean
