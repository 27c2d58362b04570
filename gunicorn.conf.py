"""How gunicorn serves Habitat Tracker: gunicorn -c gunicorn.conf.py habitat_tracker.wsgi"""

import sys

from environs import EnvError

try:
    from habitat_tracker import settings
except EnvError as error:
    sys.exit(f"Habitat Tracker cannot start. {error}")

bind = f"{settings.HOST}:{settings.PORT}"
worker_class = "gthread"
workers = settings.WEB_WORKERS
threads = settings.WEB_THREADS
timeout = 60
# Ctrl-C ends an installation of one process soon, even where a signal caught it off guard;
# what a job was doing is in the database and goes on after the next start.
graceful_timeout = 8 if settings.EMBEDDED_WORKER else 30
# Longer than people pause between two cells, and than a proxy keeps an idle connection (nginx:
# 60 s): else a request now and then meets one that is just being closed, and gets no answer.
keepalive = 75
control_socket_disable = True
loglevel = settings.LOG_LEVEL.lower()

embedded = None


def post_worker_init(worker):
    """Start the embedded Celery worker once the web process has loaded the application."""
    global embedded
    if settings.EMBEDDED_WORKER:
        from habitat_tracker.celery import app
        from habitat_tracker.embedded_worker import EmbeddedWorker

        embedded = EmbeddedWorker(app)
        embedded.start()


def worker_exit(server, worker):
    """End the embedded Celery worker with its web process."""
    if embedded is not None:
        embedded.stop(timeout=5)
