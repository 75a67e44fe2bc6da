-- What a client allowed B2O's support to look at never changes: it ends at its time, or once, before, when it is revoked.
CREATE OR REPLACE FUNCTION public.b2o_support_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
DECLARE
    revoking text[] := ARRAY['revoked_at', 'revoked_by_id'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.revoked_at IS NOT NULL OR to_jsonb(NEW) - revoking <> to_jsonb(OLD) - revoking THEN
        RAISE EXCEPTION 'an access given to the support stays as it was given' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$;
