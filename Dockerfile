# Lumina in a container; README.md, "In a container", has the commands.
# BASE: any image of Debian or Ubuntu with Python 3.11 or later, its headers and its venv module.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++
RUN python3 -m venv /opt/tools && /opt/tools/bin/pip install --no-cache-dir 'meson>=1.11' 'ninja>=1.11'
COPY . /lumina
RUN python3 -m venv /opt/lumina && /opt/lumina/bin/pip install --no-cache-dir '/lumina[test]'
RUN PATH=/opt/tools/bin:$PATH && meson setup /build /lumina -Dpython=false && ninja -C /build meson-test-prereq \
    && find /build/tests/cpp -maxdepth 1 -type f -name 'test_*' -exec install -D -t /lumina/build/tests/cpp '{}' +

FROM ${BASE}
RUN useradd --uid 1000 --create-home lumina
COPY --from=build /opt/lumina /opt/lumina
COPY --from=build --chown=lumina /lumina /lumina
# another user, of `docker run --user`, has no home in it
ENV PATH=/opt/lumina/bin:$PATH MPLCONFIGDIR=/tmp/matplotlib
USER lumina
WORKDIR /lumina
CMD ["python", "-m", "lumina.backtester", "--help"]
