# syntax=docker/dockerfile:1
#
# One image for the three parts: `hazelgate serve` (the default), `hazelgate member`, `hazelgate projector`; and for operators' commands.
# With the extras `postgres` and `snapshots`: `hazelgate migrate`, and members with --postgres-dsn or --snapshots.
#
# Checked by hadolint (`make lint`), but not built or run: the machine that this was written on has no Docker engine.

# ---- the engine's jar
FROM maven:3.9-eclipse-temurin-21 AS engine
WORKDIR /src
COPY engine/pom.xml engine/pom.xml
RUN mvn -B -q -f engine/pom.xml dependency:go-offline
COPY engine engine
RUN mvn -B -q -f engine/pom.xml package -DskipTests

# ---- the GraphiQL page
FROM node:22-bookworm-slim AS page
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --ignore-scripts
COPY web/build.mjs ./
RUN npm run build

# ---- the wheel and what it needs, in a virtual environment
FROM python:3.13-slim-bookworm AS wheel
WORKDIR /src
RUN python -m venv /opt/hazelgate
COPY requirements/image.txt requirements/image.txt
RUN /opt/hazelgate/bin/pip install --no-cache-dir --require-hashes -r requirements/image.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY src src
COPY sourcing sourcing
COPY projector projector
COPY domain domain
COPY client client
COPY testing testing
COPY schema schema
COPY subscriptions subscriptions
COPY api api
COPY resolvers resolvers
COPY gateway gateway
COPY operations operations
COPY --from=engine /src/engine/target/engine.jar operations/_bundled/engine.jar
COPY --from=page /src/gateway/_bundled/graphiql.html gateway/_bundled/graphiql.html
RUN /opt/hazelgate/bin/pip install --no-cache-dir --no-deps .

# ---- what runs
FROM python:3.13-slim-bookworm
COPY --from=eclipse-temurin:21-jre /opt/java/openjdk /opt/java/openjdk
COPY --from=wheel /opt/hazelgate /opt/hazelgate
ENV JAVA_HOME=/opt/java/openjdk \
    PATH=/opt/hazelgate/bin:$PATH \
    PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin hazelgate
USER 10001
WORKDIR /tmp
EXPOSE 8000
# Each part ends by itself on SIGTERM, with what it has started: `projector` has a worker, `member` becomes the JVM and starts a process
# for each snapshot. As process 1 they would not reap orphans: run with `docker run --init` (compose.yaml does).
STOPSIGNAL SIGTERM
# For the gateway, which is the default; compose.yaml has the others' own.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
ENTRYPOINT ["hazelgate"]
# By itself this asks for `--without-identity` (compose.yaml gives it): no image opens a gateway to everybody unasked.
CMD ["serve", "--host", "0.0.0.0"]
