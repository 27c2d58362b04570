"""Settings of the tests: the product's own, from a fixed environment and without .env.

DATABASE_URL and CELERY_BROKER_URL may be set, to run the same tests on PostgreSQL and Redis.
"""

import os
import re
from pathlib import Path

FROM_OUTSIDE = {"DATABASE_URL", "CELERY_BROKER_URL"}

example = Path(__file__).parent.parent.joinpath(".env.example").read_text()
for name in set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)) - FROM_OUTSIDE:
    os.environ.pop(name, None)

os.environ["ENV_FILE"] = os.devnull
os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 40
os.environ["LOG_LEVEL"] = "ERROR"
os.environ["EMBEDDED_WORKER"] = "false"

from habitat_tracker.settings import *  # noqa: E402, F403

# Tests call a task when they mean it to run; what is only posted stays in the broker.
CELERY_TASK_ALWAYS_EAGER = False
# Signing in is part of many tests; hashing need not be slow for them.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCOUNT_RATE_LIMITS = False
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Each client of a test builds the middleware anew: static files are looked up when asked for,
# not listed for each.
WHITENOISE_AUTOREFRESH = True
