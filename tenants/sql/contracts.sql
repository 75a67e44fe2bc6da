-- What a client's contract gives: read by the application (tenants/contracts.py) and by the trigger below, so that both
-- judge alike. A day is a day of Paris.

CREATE OR REPLACE FUNCTION public.b2o_today() RETURNS date LANGUAGE sql STABLE SET search_path = '' AS
$function$ SELECT (pg_catalog.now() AT TIME ZONE 'Europe/Paris')::date $function$;

-- The latest contract that has begun, with the amendments in effect, field by field. No row: none has begun yet, and
-- nothing is limited (a trial). After its end a contract still says what there was: closing is a matter of the state.
CREATE OR REPLACE FUNCTION public.b2o_granted(client bigint, day date)
RETURNS TABLE (contract bigint, seats integer, modules character varying[], yearly_fee numeric, over boolean)
LANGUAGE sql STABLE SET search_path = '' AS $function$
    SELECT c.id,
        coalesce((SELECT a.seats FROM public.tenants_amendment a
                  WHERE a.contract_id = c.id AND a.effective_on <= day AND a.seats IS NOT NULL
                  ORDER BY a.effective_on DESC, a.number DESC LIMIT 1), c.seats),
        coalesce((SELECT a.modules FROM public.tenants_amendment a
                  WHERE a.contract_id = c.id AND a.effective_on <= day AND a.modules IS NOT NULL
                  ORDER BY a.effective_on DESC, a.number DESC LIMIT 1), c.modules),
        coalesce((SELECT a.yearly_fee FROM public.tenants_amendment a
                  WHERE a.contract_id = c.id AND a.effective_on <= day AND a.yearly_fee IS NOT NULL
                  ORDER BY a.effective_on DESC, a.number DESC LIMIT 1), c.yearly_fee),
        c.ends_on IS NOT NULL AND c.ends_on <= day
    FROM public.tenants_contract c
    WHERE c.client_id = client AND c.starts_on <= day ORDER BY c.starts_on DESC LIMIT 1
$function$;

-- R30: seat n+1 is refused. Whoever becomes active waits for the one before to commit, then counts again.
CREATE OR REPLACE FUNCTION public.b2o_take_seat() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
DECLARE
    allowed integer;
    taken integer;
BEGIN
    IF NOT NEW.is_active OR (TG_OP = 'UPDATE' AND OLD.is_active) THEN
        RETURN NEW;
    END IF;
    SELECT CASE WHEN g.over THEN 0 ELSE g.seats END INTO allowed
        FROM public.tenants_client c, LATERAL public.b2o_granted(c.id, public.b2o_today()) g
        WHERE c.schema_name = TG_TABLE_SCHEMA;
    IF allowed IS NULL THEN
        RETURN NEW;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('b2o:seats:' || TG_TABLE_SCHEMA, 0));
    EXECUTE pg_catalog.format('SELECT count(*) FROM %I.accounts_user WHERE is_active', TG_TABLE_SCHEMA) INTO taken;
    IF taken >= allowed THEN
        RAISE EXCEPTION 'the contract of % gives % seats, all taken', TG_TABLE_SCHEMA, allowed
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seats_of_the_contract';
    END IF;
    RETURN NEW;
END
$function$;

-- A contract that has begun is what was signed; it ends only by a termination that was recorded (R28).
CREATE OR REPLACE FUNCTION public.b2o_contract_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.ends_on IS NOT NULL THEN
            RAISE EXCEPTION 'a contract ends by its termination' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.starts_on > public.b2o_today() AND (TG_OP = 'DELETE' OR NEW.ends_on IS NULL) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'contract % has begun: it is kept', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF pg_catalog.to_jsonb(NEW) - 'ends_on' IS DISTINCT FROM pg_catalog.to_jsonb(OLD) - 'ends_on' THEN
        RAISE EXCEPTION 'contract % has begun: only an amendment changes it', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.ends_on IS DISTINCT FROM OLD.ends_on AND NOT EXISTS (
        SELECT FROM public.tenants_termination t WHERE t.contract_id = NEW.id AND t.effective_on = NEW.ends_on)
    THEN
        RAISE EXCEPTION 'contract % renews: no registered letter ends it on that day', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$;
