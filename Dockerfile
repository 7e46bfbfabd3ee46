# One image for web, worker, beat and one-off commands: see compose.yaml for the commands.

FROM node:24-bookworm-slim AS front
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt ./
RUN /venv/bin/pip install --require-hashes --no-deps -r requirements.txt
# Babel compiles the translations and stays behind in this stage.
COPY requirements-dev.txt ./
RUN sed -n '/^babel==/,/[^\\]$/p' requirements-dev.txt > babel.txt \
    && python -m venv /babel \
    && /babel/bin/pip install --require-hashes --no-deps -r babel.txt
COPY . .
RUN /babel/bin/python tools/messages.py compile
COPY --from=front /app/node_modules ./node_modules
RUN python tools/front.py
# The values are for this one command, which needs none of the services.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    CVM_MASTER_KEY="$(head -c 32 /dev/urandom | base64)" \
    DATABASE_URL=postgresql://build@localhost/build \
    DJANGO_SETTINGS_MODULE=cvm_platform.settings.prod CVM_STATIC_DIR=/app/static-collected \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf node_modules build tests benchmarks docs tools requirements*.txt babel.txt

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=cvm_platform.settings.prod \
    CVM_STATIC_DIR=/app/static-collected \
    CVM_VAR_DIR=/data \
    CVM_MEDIA_DIR=/data/media
RUN useradd --system --uid 10001 --home-dir /data --create-home cvm
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001
VOLUME /data
EXPOSE 8000
# Asks as the proxy would: the site redirects what did not come by https.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", "\
import os, urllib.request as r; \
h = {'Host': os.environ.get('CVM_BASE_DOMAIN', 'cvm.localhost'), 'X-Forwarded-Proto': 'https'}; \
r.urlopen(r.Request('http://127.0.0.1:8000/health/', headers=h), timeout=4)"]
CMD ["granian", "cvm_platform.wsgi:application", "--interface", "wsgi", "--no-ws", \
     "--host", "0.0.0.0", "--port", "8000", "--blocking-threads", "4"]
