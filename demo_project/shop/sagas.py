"""How an order is fulfilled: step by step, and undone if a step fails."""

from demo_project.shop import fulfilment
from eventstreaming.sagas import SagaContext, Step, saga


class Reserve(Step):
    """Take the CDs off the shelf."""

    def execute(self, saga: SagaContext) -> None:
        fulfilment.reserve(saga.data["order_id"])

    def compensate(self, saga: SagaContext) -> None:
        fulfilment.put_back(saga.data["order_id"])


class Charge(Step):
    """Charge the card. A bank would take the key, and charge once for it."""

    give_up_on = (fulfilment.CardDeclined,)

    def execute(self, saga: SagaContext) -> dict[str, str]:
        fulfilment.charge(saga.data["order_id"], saga.idempotency_key)
        return {"payment": saga.idempotency_key}

    def compensate(self, saga: SagaContext) -> None:
        fulfilment.pay_back(saga.data["order_id"])


class Ship(Step):
    """Hand the parcel over to a carrier, who may be busy."""

    give_up_on = (fulfilment.ParcelRefused,)
    backoff = (0.2, 1, 5)

    def execute(self, saga: SagaContext) -> None:
        fulfilment.ship(saga.data["order_id"], saga.attempt)


order_fulfilment = saga("order-fulfilment", [Reserve, Charge, Ship])
