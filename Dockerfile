FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 STATIC_MANIFEST=true HOST=0.0.0.0
WORKDIR /app

COPY requirements/base.txt requirements/s3.txt requirements/
RUN pip install --no-cache-dir --require-hashes --requirement requirements/base.txt \
        --requirement requirements/s3.txt

COPY . .
RUN pybabel --quiet compile --domain django --directory locale
# The key is for this one command; the running product gets its own from the environment.
RUN SECRET_KEY=$(python -c 'import secrets; print(secrets.token_hex(32))') \
        python manage.py collectstatic --noinput --verbosity 0 \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin habitat \
    && mkdir -p var/media && chown -R habitat:habitat var/media

USER 10001:10001
VOLUME /app/var/media
EXPOSE 8000
CMD ["gunicorn", "--config", "gunicorn.conf.py", "habitat_tracker.wsgi"]
