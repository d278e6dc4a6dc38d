# The base is an argument, so that a mirrored or hardened image can stand in: it must have Python 3.11 or newer.
ARG BASE=docker.io/library/python:3.13-slim-trixie

FROM ${BASE} AS build
WORKDIR /srv/vilt
RUN python3 -m venv /opt/venv
COPY requirements.txt ./
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md ./
COPY app ./app
COPY migrations ./migrations
COPY openapi ./openapi
# Compiled here: whoever runs it may not write, and would compile everything anew at each start.
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && /opt/venv/bin/python3 -m compileall -q --invalidation-mode unchecked-hash app migrations

# hadolint ignore=DL3006
FROM ${BASE}
RUN useradd --system --uid 10001 --home-dir /srv/vilt --shell /usr/sbin/nologin vilt \
    && install -d -o vilt -g vilt /srv/vilt/data
WORKDIR /srv/vilt
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/vilt /srv/vilt
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VILT_MODE=production
USER 10001
VOLUME /srv/vilt/data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=15s CMD ["python3", "-c", \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
STOPSIGNAL SIGTERM
# Migrations are a command of their own, run once before a new version: `vilt migrate`.
ENTRYPOINT ["vilt"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
