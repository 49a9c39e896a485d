"""The shop's tables, and the read model that a subscription keeps."""

from django.db import models
from django.db.models.functions import Now


class Customer(models.Model):
    """A registered user of the shop."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100)
    registered_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """An order. The reference says which: the same one is not placed twice."""

    reference = models.CharField(max_length=100, unique=True)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="orders"
    )
    ordered_on = models.DateField()
    cds = models.PositiveIntegerField("CDs")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    placed_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.reference


class CustomerSpending(models.Model):
    """
    What a customer has bought in all.

    Only the projection `customer-spending` writes it, from the events of the
    stream `orders`.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="spending"
    )
    orders = models.PositiveIntegerField()
    cds = models.PositiveIntegerField("CDs")
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        verbose_name_plural = "customer spending"

    def __str__(self) -> str:
        return f"{self.customer}: {self.amount}"


class Invoice(models.Model):
    """What a customer owes for an order. Only the subscription `billing` writes it."""

    order = models.OneToOneField(
        Order, on_delete=models.CASCADE, primary_key=True, related_name="invoice"
    )
    cds = models.PositiveIntegerField("CDs")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    issued_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.order}"


class Fulfilment(models.Model):
    """
    What has been done for an order.

    Only the saga `order-fulfilment` writes it. An order that was given up has
    nothing left in it.
    """

    order = models.OneToOneField(
        Order, on_delete=models.CASCADE, primary_key=True, related_name="fulfilment"
    )
    cds = models.IntegerField("CDs off the shelf")
    charged = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    payment = models.CharField(max_length=255, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.order}"
