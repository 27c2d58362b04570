"""Uploads that are too large: refused with words, and never kept on the disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from .errors import DomainError
from .web import is_partial, refusal, wants_json


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Keeps an upload in a temporary file up to the largest size allowed; drops what is beyond.

    The rest of the form is read to its end, so that its text can be shown again with the
    message beside the file. The size that is reported is the real one.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.received += len(raw_data)
        if self.received <= max(settings.EVIDENCE_MAX_BYTES, settings.IMPORT_MAX_BYTES):
            super().receive_data_chunk(raw_data, start)
        return None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        file = super().file_complete(file_size)
        if file is not None:
            file.size = self.received
        return file


class TooMuchSent(DomainError):
    """The form holds more than can be taken at once (HTTP 413)."""

    status = 413
    default_code = "too_large"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 in the site's layout; a form that is too large is told so, with what to do."""
    if not isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        error = DomainError(_("This request cannot be read."), "bad_request")
        error.status = 400
    else:
        error = TooMuchSent(
            _(
                "What was sent is too large: the text of a form can have %(most)s at most. "
                "Go back, where your text still is, and shorten it or send it in parts."
            )
            % {"most": filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)}
        )
    if request.path.startswith("/api/"):
        body = {"code": error.code, "message": error.message, "problems": []}
        return JsonResponse(body, status=error.status)
    if is_partial(request) or wants_json(request):
        return refusal(request, error)
    context = {"message": error.message, "code": error.code}
    return render(request, "refused.html", context, status=error.status)
