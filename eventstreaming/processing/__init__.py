"""What runs handlers: subscriptions, queues, retry, worker."""
