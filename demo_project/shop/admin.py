from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from demo_project.shop.models import (
    Customer,
    CustomerSpending,
    Fulfilment,
    Invoice,
    Order,
)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows are shown only: a change here would make no event."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ["name", "email", "registered_at"]
    search_fields = ["name", "email"]


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = [
        "reference",
        "customer",
        "ordered_on",
        "cds",
        "amount",
        "placed_at",
        "confirmed_at",
    ]
    list_select_related = ["customer"]
    date_hierarchy = "ordered_on"
    search_fields = ["reference", "customer__name", "customer__email"]


@admin.register(CustomerSpending)
class CustomerSpendingAdmin(ReadOnlyAdmin):
    list_display = ["customer", "orders", "cds", "amount"]
    list_select_related = ["customer"]
    ordering = ["-amount"]
    search_fields = ["customer__name", "customer__email"]


@admin.register(Fulfilment)
class FulfilmentAdmin(ReadOnlyAdmin):
    list_display = ["order", "cds", "charged", "shipped_at"]
    list_select_related = ["order"]
    search_fields = ["order__reference"]


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = ["order", "cds", "amount", "issued_at"]
    list_select_related = ["order"]
    search_fields = ["order__reference"]
