-- What a form sent stays as it came; a lead goes new → qualified → converted, or is discarded, and may come back from
-- there. Whoever erases a person deletes the row.
CREATE OR REPLACE FUNCTION public.b2o_keep_lead() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
BEGIN
    IF NEW.payload IS DISTINCT FROM OLD.payload OR NEW.form <> OLD.form OR NEW.idempotency_key <> OLD.idempotency_key THEN
        RAISE EXCEPTION 'what was received does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('new', 'qualified'), ('new', 'discarded'), ('qualified', 'converted'), ('qualified', 'discarded'), ('discarded', 'new')
    ) THEN
        RAISE EXCEPTION 'a lead does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$function$;
