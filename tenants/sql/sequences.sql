-- Numbers without gaps: the counter is a row of the client's, changed in the transaction that uses the number. Whoever
-- comes next waits for its end: rolled back, the number is free again; committed, it is gone for good.

-- Take the next number. The wait for the row is bounded by `patience` ('5s'): lock_not_available beyond it. The limit
-- is the function's own and ends with it. The table is the caller's: no search_path here.
CREATE OR REPLACE FUNCTION public.b2o_next_number(wanted text, during text, patience text) RETURNS bigint
LANGUAGE plpgsql SET lock_timeout = '5s' AS $function$
DECLARE
    taken bigint;
BEGIN
    PERFORM pg_catalog.set_config('lock_timeout', patience, true);
    UPDATE core_sequence SET last = last + 1 WHERE name = wanted AND period = during RETURNING last INTO taken;
    IF NOT FOUND THEN
        -- Two first ones: the second waits on the key, then counts on (or begins, if the first was rolled back).
        INSERT INTO core_sequence AS s (name, period, last) VALUES (wanted, during, 1)
        ON CONFLICT (name, period) DO UPDATE SET last = s.last + 1 RETURNING s.last INTO taken;
    END IF;
    RETURN taken;
END
$function$;

-- A counter only goes up, one by one, under its name.
CREATE OR REPLACE FUNCTION public.b2o_only_up() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.last = OLD.last + 1 AND NEW.id = OLD.id AND NEW.name = OLD.name AND NEW.period = OLD.period THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% only goes up, one by one', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$function$;
