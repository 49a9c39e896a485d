-- The last drawn position, and the fence. The marks of running transactions are
-- looked at after it was read.
SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END,
       eventstreaming_fence_v1()
  FROM eventstreaming_event_position_seq
