-- Put one message into a queue and return its id; while another message with the
-- same deduplication key lives, write nothing and return that one's id negative.
--
-- An open transaction with the same deduplication key is waited for. What has
-- expired and is not leased lives no more.
CREATE FUNCTION {schema}.eventstreaming_enqueue_v1(
    p_queue text, p_type text, p_version integer, p_data json, p_headers json,
    p_correlation_id text, p_rank integer, p_delay float8, p_expires_in float8,
    p_group_key text, p_deduplication_key text)
RETURNS bigint
LANGUAGE plpgsql AS $body$
DECLARE
    v_id bigint;
    v_state smallint := 0;
    v_due_at timestamptz;
    v_expires_at timestamptz;
    v_group_key text;
BEGIN
    IF p_expires_in IS NOT NULL THEN
        v_expires_at := statement_timestamp() + p_expires_in * interval '1 second';
    END IF;
    IF p_delay > 0 THEN
        v_state := 1;
        v_due_at := statement_timestamp() + p_delay * interval '1 second';
    ELSIF p_group_key IS NOT NULL AND {schema}.eventstreaming_group_holds_v1(
              p_queue, p_group_key, NULL) THEN
        v_state := 2;
    END IF;

    IF p_deduplication_key IS NULL THEN
        INSERT INTO {schema}.eventstreaming_message
               (queue, rank, state, due_at, expires_at, group_key, message_type,
                schema_version, data, headers, correlation_id)
        VALUES (p_queue, p_rank, v_state, v_due_at, v_expires_at, p_group_key,
                p_type, p_version, p_data, p_headers, p_correlation_id)
        RETURNING id INTO v_id;
        RETURN v_id;
    END IF;

    LOOP
        INSERT INTO {schema}.eventstreaming_message
               (queue, rank, state, due_at, expires_at, group_key,
                deduplication_key, message_type, schema_version, data, headers,
                correlation_id)
        VALUES (p_queue, p_rank, v_state, v_due_at, v_expires_at, p_group_key,
                p_deduplication_key, p_type, p_version, p_data, p_headers,
                p_correlation_id)
        ON CONFLICT (queue, deduplication_key) WHERE deduplication_key IS NOT NULL
        DO NOTHING
        RETURNING id INTO v_id;
        IF FOUND THEN
            RETURN v_id;
        END IF;

        DELETE FROM {schema}.eventstreaming_message
         WHERE queue = p_queue AND deduplication_key = p_deduplication_key
           AND expires_at <= statement_timestamp()
           AND leased_until <= statement_timestamp()
        RETURNING group_key INTO v_group_key;
        IF FOUND THEN
            IF v_group_key IS NOT NULL THEN
                PERFORM {schema}.eventstreaming_wake_group_v1(p_queue, v_group_key);
            END IF;
            CONTINUE;
        END IF;

        SELECT id INTO v_id
          FROM {schema}.eventstreaming_message
         WHERE queue = p_queue AND deduplication_key = p_deduplication_key;
        IF FOUND THEN
            RETURN -v_id;
        END IF;  -- it has gone since the INSERT found it
    END LOOP;
END $body$;
