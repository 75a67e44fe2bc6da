-- History of a client's rows, kept by the database: bulk statements and raw SQL are recorded like the screens' writes.
-- An event keeps who, when, from where, which fields, and a commitment: HMAC-SHA256 of the values under a random salt.
-- Values and salt lie in core_eventvalues; erased there, they cannot be found again and the chain (core.sealing) holds.

-- HMAC-SHA256(salt, canonical values). jsonb's text is canonical: keys sorted, once each, spaces fixed.
-- The salt has 16 bytes, so the padded key is two integers and 48 constant bytes: bytea knows no XOR.
CREATE OR REPLACE FUNCTION public.b2o_commitment(salt uuid, before jsonb, after jsonb) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $function$
DECLARE
    bits bit(128) := ('x' || replace(salt::text, '-', ''))::bit(128);
    high bigint := substring(bits FROM 1 FOR 64)::bigint;
    low bigint := substring(bits FROM 65)::bigint;
BEGIN
    RETURN sha256(
        int8send(high # x'5c5c5c5c5c5c5c5c'::bigint) || int8send(low # x'5c5c5c5c5c5c5c5c'::bigint)
        || decode(repeat('5c', 48), 'hex') || sha256(
            int8send(high # x'3636363636363636'::bigint) || int8send(low # x'3636363636363636'::bigint)
            || decode(repeat('36', 48), 'hex') || convert_to(jsonb_build_array(before, after)::text, 'UTF8')));
END
$function$;

-- Statement-level triggers with transition tables: an import of ten thousand rows costs one INSERT … SELECT.
-- Arguments: 1 the model ("crm.company"); 2 the columns that are derived, not entered ("{search,updated_at}").
-- Who and from where comes from settings of the session (core.audit); a change outside the application has none.
-- The statements are static, so that a session plans each once: planning one costs more than recording one row. Their
-- tables come from the search path, which is therefore put right first. One plan serves 1 row and 10,000: no nested loop.
-- A custom field (custom.sql) is told as a column is, under its key; where its definition says so, by name only.
CREATE OR REPLACE FUNCTION public.b2o_record_changes() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_nestloop = off AS $function$
DECLARE
    own oid := pg_catalog.to_regclass(pg_catalog.quote_ident(TG_TABLE_SCHEMA) || '.core_event');
    path text;
    derived text[] := TG_ARGV[1];
    unsaid text[] := '{}';
BEGIN
    IF pg_catalog.to_regclass('core_event') IS DISTINCT FROM own THEN
        path := pg_catalog.current_setting('search_path');
        PERFORM pg_catalog.set_config('search_path', pg_catalog.quote_ident(TG_TABLE_SCHEMA), true);
    END IF;
    IF pg_catalog.to_regclass('core_customfield') IS NOT NULL THEN
        SELECT coalesce(array_agg(CASE WHEN f.reserved_for = '' THEN 'f' ELSE 'r' END || f.id), '{}') INTO unsaid
        FROM core_customfield f WHERE f.resource = TG_ARGV[0] AND f.audit = 'name';
    END IF;
    IF TG_OP = 'INSERT' THEN
        WITH changed AS MATERIALIZED (
            SELECT nextval('core_event_id_seq'::regclass) AS id, gen_random_uuid() AS salt, n.id AS pk,
                   jsonb_strip_nulls(public.b2o_flat(to_jsonb(n) - derived)) AS after FROM new_rows n
        ), written AS (
            INSERT INTO core_event (id, at, actor_id, actor_name, screen, operation, kind, model, object_id, fields, commitment)
            SELECT c.id, clock_timestamp(), NULLIF(current_setting('b2o.actor', true), '')::bigint,
                   COALESCE(current_setting('b2o.actor_name', true), ''), COALESCE(current_setting('b2o.screen', true), ''),
                   COALESCE(current_setting('b2o.operation', true), ''), 'created', TG_ARGV[0], c.pk,
                   ARRAY(SELECT jsonb_object_keys(c.after)), public.b2o_commitment(c.salt, NULL, c.after - unsaid)
            FROM changed c
        )
        INSERT INTO core_eventvalues (event_id, salt, after) SELECT c.id, c.salt, c.after - unsaid FROM changed c;
    ELSIF TG_OP = 'DELETE' THEN
        WITH changed AS MATERIALIZED (
            SELECT nextval('core_event_id_seq'::regclass) AS id, gen_random_uuid() AS salt, o.id AS pk,
                   jsonb_strip_nulls(public.b2o_flat(to_jsonb(o) - derived)) AS before FROM old_rows o
        ), written AS (
            INSERT INTO core_event (id, at, actor_id, actor_name, screen, operation, kind, model, object_id, fields, commitment)
            SELECT c.id, clock_timestamp(), NULLIF(current_setting('b2o.actor', true), '')::bigint,
                   COALESCE(current_setting('b2o.actor_name', true), ''), COALESCE(current_setting('b2o.screen', true), ''),
                   COALESCE(current_setting('b2o.operation', true), ''), 'deleted', TG_ARGV[0], c.pk,
                   ARRAY(SELECT jsonb_object_keys(c.before)), public.b2o_commitment(c.salt, c.before - unsaid, NULL)
            FROM changed c
        )
        INSERT INTO core_eventvalues (event_id, salt, before) SELECT c.id, c.salt, c.before - unsaid FROM changed c;
    ELSE
        WITH pairs AS MATERIALIZED (
            SELECT n.id AS pk, public.b2o_flat(to_jsonb(o) - derived) AS old, public.b2o_flat(to_jsonb(n) - derived) AS new
            FROM new_rows n JOIN old_rows o ON o.id = n.id
        ), changed AS MATERIALIZED (
            SELECT nextval('core_event_id_seq'::regclass) AS id, gen_random_uuid() AS salt, p.pk, d.*
            FROM pairs p CROSS JOIN LATERAL (
                SELECT jsonb_object_agg(x.key, p.old -> x.key) AS before, jsonb_object_agg(x.key, x.value) AS after
                FROM (
                    SELECT e.key, e.value FROM jsonb_each(p.new) e
                    UNION ALL -- a custom field that has lost its value has lost its key
                    SELECT k.key, 'null' FROM jsonb_object_keys(p.old - ARRAY(SELECT jsonb_object_keys(p.new))) k(key)
                ) x WHERE x.value IS DISTINCT FROM p.old -> x.key
            ) d WHERE d.after IS NOT NULL
        ), written AS (
            INSERT INTO core_event (id, at, actor_id, actor_name, screen, operation, kind, model, object_id, fields, commitment)
            SELECT c.id, clock_timestamp(), NULLIF(current_setting('b2o.actor', true), '')::bigint,
                   COALESCE(current_setting('b2o.actor_name', true), ''), COALESCE(current_setting('b2o.screen', true), ''),
                   COALESCE(current_setting('b2o.operation', true), ''), 'updated', TG_ARGV[0], c.pk,
                   ARRAY(SELECT jsonb_object_keys(c.after)),
                   public.b2o_commitment(c.salt, c.before - unsaid, c.after - unsaid)
            FROM changed c
        )
        INSERT INTO core_eventvalues (event_id, salt, before, after)
        SELECT c.id, c.salt, c.before - unsaid, c.after - unsaid FROM changed c;
    END IF;
    IF path IS NOT NULL THEN
        PERFORM pg_catalog.set_config('search_path', path, true);
    END IF;
    RETURN NULL;
END
$function$;

-- What the chain keeps of an event: a hash of everything it says, its commitment included. Times in microseconds,
-- because their text depends on the session's time zone.
CREATE OR REPLACE FUNCTION public.b2o_event_digest(
    id bigint, at timestamptz, actor_id bigint, actor_name text, screen text, operation text, kind text, model text,
    object_id bigint, fields text[], commitment bytea
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(convert_to(jsonb_build_array(
    id, (extract(epoch FROM at) * 1000000)::bigint, actor_id, actor_name, screen, operation, kind, model, object_id,
    to_jsonb(fields), encode(commitment, 'hex'))::text, 'UTF8'));

-- For tables that only grow.
CREATE OR REPLACE FUNCTION public.b2o_append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$function$;

-- The one door in core_eventvalues: an UPDATE that only forgets, and only through b2o_forget_values. What passes is
-- checked row by row, so that whoever forges the setting can do no more than forget, and the row says that it was.
CREATE OR REPLACE FUNCTION public.b2o_only_forget() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
BEGIN
    IF current_setting('b2o.forgetting', true) IS DISTINCT FROM pg_current_xact_id()::text OR NEW.event_id <> OLD.event_id
       OR NEW.before IS NOT NULL OR NEW.after IS NOT NULL OR NEW.salt IS NOT NULL OR NEW.forgotten_at IS NULL THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$;

-- Erase the values and salts of events of one client's schema (R17); the events and the chain stay. Returns how many.
CREATE OR REPLACE FUNCTION public.b2o_forget_values(client text, events bigint[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = '' AS $function$
DECLARE
    forgotten bigint;
BEGIN
    PERFORM set_config('b2o.forgetting', pg_current_xact_id()::text, true);
    EXECUTE format(
        'UPDATE %I.core_eventvalues SET before = NULL, after = NULL, salt = NULL, forgotten_at = clock_timestamp() '
        'WHERE event_id = ANY ($1) AND forgotten_at IS NULL', client) USING events;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    PERFORM set_config('b2o.forgetting', '', true);
    RETURN forgotten;
END
$function$;
