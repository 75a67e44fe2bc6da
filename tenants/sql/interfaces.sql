-- Written requests and what leaves by their webhooks (application `interfaces`).

-- In force, a request never changes; it can be revoked once, and stays so.
CREATE OR REPLACE FUNCTION public.b2o_request_frozen() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
DECLARE
    revoking text[] := ARRAY['revoked_at', 'revoked_by_id', 'revocation', 'updated_at'];
BEGIN
    IF OLD.activated_at IS NULL THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.revoked_at IS NOT NULL OR to_jsonb(NEW) - revoking <> to_jsonb(OLD) - revoking THEN
        RAISE EXCEPTION 'a written request in force does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$;

CREATE OR REPLACE FUNCTION public.b2o_request_fields_frozen() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $function$
DECLARE
    frozen boolean := false;
BEGIN
    EXECUTE pg_catalog.format(
        'SELECT EXISTS (SELECT FROM %I.interfaces_writtenrequest WHERE id IN ($1, $2) AND activated_at IS NOT NULL)',
        TG_TABLE_SCHEMA
    ) INTO frozen USING CASE WHEN TG_OP <> 'INSERT' THEN OLD.request_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.request_id END;
    IF frozen THEN
        RAISE EXCEPTION 'the fields of a written request in force do not change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END
$function$;

-- A key is never deleted, given another secret or request, nor taken back into service.
CREATE OR REPLACE FUNCTION public.b2o_key_revoked() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.digest <> OLD.digest OR NEW.prefix <> OLD.prefix OR NEW.request_id <> OLD.request_id
       OR OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION 'a key stays what it is, and revoked stays revoked' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$;

-- What the history tells, for the webhooks of requests in force that read this list: of an update, only where one of
-- the fields that they read has changed. An interface is not told what it did itself. Called for each statement that
-- adds events, in the search path of their schema (b2o_record_changes sees to it; others are put right here).
CREATE OR REPLACE FUNCTION public.b2o_fill_outbox() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
    own oid := pg_catalog.to_regclass(pg_catalog.quote_ident(TG_TABLE_SCHEMA) || '.interfaces_webhook');
    path text;
BEGIN
    IF own IS NULL THEN
        RETURN NULL;
    END IF;
    IF pg_catalog.to_regclass('interfaces_webhook') IS DISTINCT FROM own THEN
        path := pg_catalog.current_setting('search_path');
        PERFORM pg_catalog.set_config('search_path', pg_catalog.quote_ident(TG_TABLE_SCHEMA), true);
    END IF;
    IF EXISTS (SELECT FROM interfaces_webhook WHERE active) THEN
        INSERT INTO interfaces_delivery
            (webhook_id, uid, event, kind, model, object_id, changed, occurred_at, state, attempts, error)
        SELECT w.id, gen_random_uuid(), e.id, e.kind, e.model, e.object_id, e.fields, e.at, 'queued', 0, ''
        FROM interfaces_webhook w
        JOIN interfaces_writtenrequest q ON q.id = w.request_id
        JOIN interfaces_requestedresource r ON r.request_id = q.id
        JOIN new_events e ON e.model = r.resource
        WHERE w.active AND q.activated_at IS NOT NULL AND q.revoked_at IS NULL AND q.direction <> 'in'
          AND q.ends_on >= (now() AT TIME ZONE 'Europe/Paris')::date AND cardinality(r.read) > 0
          AND e.kind = ANY (w.kinds) AND (e.kind <> 'updated' OR e.fields && r.columns)
          AND e.operation <> 'interface:' || q.id;
    END IF;
    IF path IS NOT NULL THEN
        PERFORM pg_catalog.set_config('search_path', path, true);
    END IF;
    RETURN NULL;
END
$function$;
