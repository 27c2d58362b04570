"""The engine in numbers for Prometheus, in its text format, by plan. Off without METRICS_TOKEN."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Queue, last rebuild and verification of each plan; 401 without the token."""
    if not settings.METRICS_TOKEN:
        raise Http404
    sent = request.headers.get("Authorization", "").encode()
    if not secrets.compare_digest(sent, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse("".join(_measures()), content_type=CONTENT_TYPE)


def _measures() -> list[str]:
    from outcomes.rollup import state
    from outcomes.rollup.filing import plans_with_figures

    codes = {plan.pk: plan.code for plan in plans_with_figures()}
    queue = state.queue_by_plan()
    finished = state.finished_by_plan()
    waiting = {pk: queue.get(pk, state.QueueState()) for pk in codes}
    rebuilt = {pk: end.timestamp() for pk, (end, _) in finished.items() if end}
    verified = {pk: end.timestamp() for pk, (_, end) in finished.items() if end}

    def measure(name: str, text: str, values: Mapping[int, float]) -> str:
        lines = [f"# HELP habitat_{name} {text}\n# TYPE habitat_{name} gauge\n"]
        for pk, code in codes.items():
            if pk in values:
                label = code.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                lines.append(f'habitat_{name}{{plan="{label}"}} {values[pk]!r}\n')
        return "".join(lines)

    return [
        measure(
            "stale_keys", "Stale keys that wait.", {pk: one.keys for pk, one in waiting.items()}
        ),
        measure(
            "stale_oldest_seconds",
            "How long the oldest stale key has waited.",
            {pk: one.oldest_seconds for pk, one in waiting.items()},
        ),
        measure(
            "indicators_too_large",
            "Indicators that are not computed because their sums do not fit the database.",
            {pk: one.too_large for pk, one in waiting.items()},
        ),
        measure(
            "figures_last_rebuild_timestamp_seconds",
            "When all figures were last computed again.",
            rebuilt,
        ),
        measure(
            "figures_last_verification_timestamp_seconds",
            "When figures were last compared with the ledger.",
            verified,
        ),
        measure(
            "figure_differences",
            "Differences that the last verification found.",
            state.differences_by_plan(codes),
        ),
    ]
