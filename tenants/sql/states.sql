-- The steps between a client's states (tenants/states.py has the same table; a test compares them), and their journal.
CREATE OR REPLACE FUNCTION public.b2o_client_steps() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'trial' OR NEW.destroyed_at IS NOT NULL THEN
            RAISE EXCEPTION 'a client begins on trial, not %', NEW.state USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.destroyed_at IS NOT NULL AND (NEW.destroyed_at, NEW.state) IS DISTINCT FROM (OLD.destroyed_at, OLD.state) THEN
        RAISE EXCEPTION 'the data of % are destroyed: nothing follows', OLD.code USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NOT (CASE OLD.state
        WHEN 'trial' THEN NEW.state IN ('live', 'suspended', 'maintenance', 'leaving')
        WHEN 'live' THEN NEW.state IN ('suspended', 'maintenance', 'leaving')
        WHEN 'suspended' THEN NEW.state IN ('trial', 'live', 'maintenance', 'leaving')
        WHEN 'maintenance' THEN NEW.state IN ('trial', 'live', 'suspended', 'leaving')
        WHEN 'leaving' THEN NEW.state IN ('trial', 'live', 'suspended', 'closed')
        WHEN 'closed' THEN NEW.state = 'leaving'
        ELSE false END)
    THEN
        RAISE EXCEPTION 'no step leads from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'live' AND NOT EXISTS (
        SELECT FROM public.b2o_granted(NEW.id, public.b2o_today()) g WHERE NOT g.over)
    THEN
        RAISE EXCEPTION '% has no contract in force', NEW.code USING ERRCODE = 'restrict_violation';
    END IF;
    INSERT INTO public.tenants_statechange (client_id, before, after, at, actor)
        VALUES (NEW.id, OLD.state, NEW.state, pg_catalog.now(),
                coalesce(pg_catalog.current_setting('b2o.actor_name', true), ''));
    RETURN NEW;
END
$function$;
