# Lumina in a container:
#   docker build -t lumina .
#   docker run --rm -v "$PWD:/data" lumina --config config/backtest.yaml --set data.path=/data/tape.lumina --out /data/run
FROM python:3.11-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN python -m venv /opt/lumina && /opt/lumina/bin/pip install --no-cache-dir "/src[report]"

FROM python:3.11-slim
COPY --from=build /opt/lumina /opt/lumina
COPY config /lumina/config
ENV PATH=/opt/lumina/bin:$PATH MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /lumina
ENTRYPOINT ["python", "-m", "lumina.backtester"]
CMD ["--help"]
