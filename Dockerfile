# riskscore as an image: non-root, and content with a read-only root.
#
#   docker build -t riskscore .
#   docker run --read-only --tmpfs /tmp -v riskscore:/var/lib/riskscore -p 8000:8000 riskscore
#
# To prove the models is to compile what walks their trees: the image keeps that code for workers to
# load. On another kind of processor than the builder's they compile anew, for seconds.
#
# SQLite's file is where it is without a setting, below the working folder: so a container can name
# another database in a file (RISKSCORE_DATABASE_URL_FILE), with which a setting would clash.
FROM python:3.11-slim AS build
RUN python -m venv /opt/riskscore
COPY requirements-portfolio.txt /build/
RUN /opt/riskscore/bin/pip install --no-cache-dir --require-hashes -r /build/requirements-portfolio.txt
COPY pyproject.toml README.md LICENSE /build/
COPY riskscore /build/riskscore
COPY training /build/training
RUN /opt/riskscore/bin/pip install --no-cache-dir --no-deps /build

FROM python:3.11-slim
RUN useradd --system --no-create-home riskscore \
    && install -d -o riskscore -m 0700 /var/lib/riskscore /var/lib/riskscore/data
COPY --from=build /opt/riskscore /opt/riskscore
COPY models /srv/models
RUN ["/opt/riskscore/bin/riskscore", "check", "/srv/models"]
ENV PATH=/opt/riskscore/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    RISKSCORE_MODELS=/srv/models
WORKDIR /var/lib/riskscore
USER riskscore
VOLUME /var/lib/riskscore
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD \
    ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["riskscore", "serve", "--bind", "0.0.0.0:8000"]
