# The service in its production form. Build: docker build -t cdshooks .
# Run:   docker run --read-only -p 8000:8000 -e CDSHOOKS_PUBLIC_URL=https://cds.example.org \
#          -e CDSHOOKS_AUTH=off -v cdshooks:/data cdshooks
# With PostgreSQL and a proxy: deploy/compose.yaml; on Kubernetes: deploy/kubernetes.
FROM debian:12-slim AS build
RUN apt-get update \
 && apt-get install --no-install-recommends -y python3=3.11.* python3-venv=3.11.* \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements/tracing.txt requirements/build.txt requirements/
RUN python3 -m venv /opt/cdshooks \
 && /opt/cdshooks/bin/pip install --no-cache-dir --require-hashes -r requirements/tracing.txt \
 && python3 -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY cdshooks cdshooks
COPY fixtures fixtures
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /opt/cdshooks/bin/pip install --no-cache-dir --no-deps /wheel/*.whl \
 && /opt/cdshooks/bin/python -m compileall -q /opt/cdshooks/lib

FROM debian:12-slim
RUN apt-get update \
 && apt-get install --no-install-recommends -y python3=3.11.* tzdata=202* ca-certificates=2* \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin cdshooks
COPY --from=build /opt/cdshooks /opt/cdshooks
ENV PATH=/opt/cdshooks/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN install -d -o 10001 -m 700 /data
ENV XDG_DATA_HOME=/data
VOLUME /data
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
  CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["cdshooks", "serve", "--host", "0.0.0.0", "--port", "8000"]
