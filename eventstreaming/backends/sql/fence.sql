-- The fence, and the isolation level: inside an older snapshot it is of no use.
SELECT eventstreaming_fence_v1(), current_setting('transaction_isolation')
