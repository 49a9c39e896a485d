"""Sending one dead letter back with other data."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import router, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming import services
from eventstreaming.admin.actions import log_action
from eventstreaming.admin.message_pages import MessagePageAdmin
from eventstreaming.admin.payloads import is_redacted, may_see_payloads
from eventstreaming.events.enqueue_options import edited_headers
from eventstreaming.events.envelopes import new_message
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.models import DeadLetter
from eventstreaming.operations.redaction import Part, shown
from eventstreaming.types import EventData


class RedriveForm(forms.Form):
    """Data and headers, checked as `enqueue()` does."""

    message = forms.JSONField(
        label=_("Data"),
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 20}),
    )
    headers = forms.JSONField(
        label=_("Headers"),
        required=False,
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 4}),
    )

    def __init__(self, letter: DeadLetter, data: Any = None) -> None:
        of = letter.queue, letter.message_type or ""
        parts: dict[str, tuple[Any, Part]] = {
            "message": (letter.data, "data"),
            "headers": (letter.headers or {}, "headers"),
        }
        initial = {name: shown(*of, *part) for name, part in parts.items()}
        super().__init__(data, initial=initial)
        self.letter = letter
        for name, part in parts.items():
            if is_redacted(*of, *part):
                field = self.fields[name]
                field.disabled = True
                field.help_text = _("Parts are hidden, so it goes back as it is.")

    def clean_message(self) -> object:
        """Return the message, or None when it is as it was."""
        if not self._is_changed("message"):
            return None
        value, letter = self.cleaned_data["message"], self.letter
        message = value
        if letter.message_type:
            message = EventData(
                letter.message_type, value, schema_version=letter.schema_version
            )
        try:
            new_message(message)
        except InvalidArgument as error:
            raise ValidationError(str(error)) from error
        return message

    def clean_headers(self) -> dict[str, Any] | None:
        """Return the headers, or None when they are as they were."""
        if not self._is_changed("headers"):
            return None
        try:
            return edited_headers(self.cleaned_data["headers"] or {})
        except InvalidArgument as error:
            raise ValidationError(str(error)) from error

    def _is_changed(self, name: str) -> bool:
        # A JSONField compares what was sent even when it is disabled.
        return name in self.changed_data and not self.fields[name].disabled


class EditedRedriveMixin(MessagePageAdmin):
    """The page on which one dead letter is edited and sent back."""

    def get_urls(self) -> list[URLPattern]:
        edit = path(
            "<path:object_id>/redrive/",
            self.admin_site.admin_view(self.redrive_view),
            name="eventstreaming_deadletter_redrive",
        )
        return [edit, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            "may_redrive": self.has_redrive_permission(request)
            and may_see_payloads(request),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def has_redrive_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may send dead letters back."""
        return request.user.has_perm("eventstreaming.redrive_deadletter")

    def redrive_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the form, or send the dead letter back as it says."""
        letter = self.get_object(request, admin.utils.unquote(object_id))
        if letter is None:
            raise Http404(gettext("There is no such dead letter any more."))
        may_view = self.has_view_permission(request, letter)
        may_view = may_view and may_see_payloads(request)  # the form is full of it
        if not (may_view and self.has_redrive_permission(request)):
            raise PermissionDenied
        form = RedriveForm(letter, request.POST or None)
        if form.is_valid():
            self._redrive(request, letter, form.cleaned_data)
            site = self.admin_site.name
            changelist = "admin:eventstreaming_deadletter_changelist"
            return HttpResponseRedirect(reverse(changelist, current_app=site))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Edit and redrive"),
            "subtitle": str(letter),
            "opts": self.opts,
            "original": letter,
            "form": form,
            "media": self.media + form.media,
        }
        return TemplateResponse(
            request, "admin/eventstreaming/deadletter/redrive.html", context
        )

    def _redrive(
        self, request: HttpRequest, letter: DeadLetter, edit: dict[str, Any]
    ) -> None:
        edited = edit["message"] is not None or edit["headers"] is not None
        note = gettext("Sent back to the queue.")
        if edited:
            note = gettext("Edited and sent back to the queue.")
        try:
            with transaction.atomic(using=router.db_for_write(DeadLetter)):
                sent = services.redrive(
                    letter.queue,
                    [str(letter.pk)],
                    message=edit["message"],
                    headers=edit["headers"],
                )
                if sent:
                    log_action(request, [letter], note)
        except InvalidArgument as error:  # its queue has a name that only SQL can write
            self.message_user(request, str(error), messages.ERROR)
            return
        if sent:
            self.message_user(request, note, messages.SUCCESS)
        else:
            gone = gettext(
                "It is gone: somebody else has sent it back or discarded it."
            )
            self.message_user(request, gone, messages.WARNING)
