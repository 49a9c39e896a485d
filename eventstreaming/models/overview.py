from django.utils.translation import gettext_lazy as _

from eventstreaming.models.streams import Stream


class Overview(Stream):
    """No table: what the admin's page of all that runs is registered for."""

    class Meta:
        proxy = True
        verbose_name = _("overview")
        verbose_name_plural = _("overview")
        default_permissions = ()
