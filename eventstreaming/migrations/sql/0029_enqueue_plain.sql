-- Put one message into a queue that has nothing but a type and data. See
-- eventstreaming_enqueue_v1(), which does all the rest.
CREATE FUNCTION {schema}.eventstreaming_enqueue_plain_v1(
    p_queue text, p_type text, p_version integer, p_data json)
RETURNS bigint
LANGUAGE plpgsql AS $body$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO {schema}.eventstreaming_message
           (queue, message_type, schema_version, data)
    VALUES (p_queue, p_type, p_version, p_data)
    RETURNING id INTO v_id;
    RETURN v_id;
END $body$;
