-- A deal's pipeline, state and dates follow its stage: forms, imports, boards, bulk changes and raw SQL all write the
-- stage alone, and none of them can leave the rest behind. The table of stages is that of the deal's own schema.
CREATE OR REPLACE FUNCTION public.b2o_deal_follows_stage() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
    path text;
BEGIN
    IF pg_catalog.to_regclass('crm_stage')
        IS DISTINCT FROM pg_catalog.to_regclass(pg_catalog.quote_ident(TG_TABLE_SCHEMA) || '.crm_stage') THEN
        path := pg_catalog.current_setting('search_path');
        PERFORM pg_catalog.set_config('search_path', pg_catalog.quote_ident(TG_TABLE_SCHEMA), true);
    END IF;
    IF TG_OP = 'INSERT' OR NEW.stage_id IS DISTINCT FROM OLD.stage_id OR NEW.state IS DISTINCT FROM OLD.state
        OR NEW.pipeline_id IS DISTINCT FROM OLD.pipeline_id OR NEW.closed_at IS DISTINCT FROM OLD.closed_at
        OR NEW.lost_reason_id IS DISTINCT FROM OLD.lost_reason_id THEN
        -- Shared lock: the stage's kind waits for us, or we for it.
        SELECT s.kind, s.pipeline_id INTO NEW.state, NEW.pipeline_id FROM crm_stage s WHERE s.id = NEW.stage_id FOR SHARE;
        IF TG_OP = 'UPDATE' AND NEW.stage_id <> OLD.stage_id THEN
            NEW.stage_since := clock_timestamp();
        END IF;
        IF NEW.state = 'open' THEN
            NEW.closed_at := NULL;
        ELSIF NEW.closed_at IS NULL OR (TG_OP = 'UPDATE' AND OLD.state <> NEW.state AND NEW.closed_at = OLD.closed_at) THEN
            NEW.closed_at := clock_timestamp();
        END IF;
        IF NEW.state <> 'lost' THEN
            NEW.lost_reason_id := NULL;
        END IF;
    END IF;
    IF path IS NOT NULL THEN
        PERFORM pg_catalog.set_config('search_path', path, true);
    END IF;
    RETURN NEW;
END
$function$;

-- The kind of a stage is the state of its deals: it changes only while there is none.
CREATE OR REPLACE FUNCTION public.b2o_stage_keeps_kind() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
    used boolean;
BEGIN
    IF NEW.kind <> OLD.kind OR NEW.pipeline_id <> OLD.pipeline_id THEN
        EXECUTE pg_catalog.format('SELECT EXISTS (SELECT FROM %I.crm_deal WHERE stage_id = $1)', TG_TABLE_SCHEMA)
            INTO used USING OLD.id;
        IF used THEN
            RAISE EXCEPTION 'deals are at this stage: its kind stays' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$function$;
