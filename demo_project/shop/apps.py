from django.apps import AppConfig


class ShopConfig(AppConfig):
    """A shop that sells CDs, to show event streams and queues at work."""

    name = "demo_project.shop"
