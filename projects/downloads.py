"""Files of evidence as answers, for pages and API."""

from __future__ import annotations

from django.http import FileResponse, Http404
from django.utils.translation import gettext as _

from .actions import download_name
from .models import Evidence


def file_response(evidence: Evidence | None) -> FileResponse:
    """A file as a download that no browser shows or runs, and no cache keeps."""
    if evidence is None or evidence.stored is None:
        raise Http404(_("There is no such file."))
    try:
        content = evidence.stored.file.open("rb")
    except FileNotFoundError as error:
        raise Http404(_("The file is no longer kept.")) from error
    response = FileResponse(
        content,
        as_attachment=True,
        filename=download_name(evidence),
        content_type="application/octet-stream",
    )
    response["Content-Length"] = str(evidence.stored.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-cache, no-store"
    return response
