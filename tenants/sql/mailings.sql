-- The steps of a mailing (crm/models/mailing.py has the same table; a test compares them). What it says and to whom it
-- goes is fixed from the moment that it is scheduled.
CREATE OR REPLACE FUNCTION public.b2o_mailing_steps() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
BEGIN
    IF NEW.state <> OLD.state AND NOT (CASE OLD.state
        WHEN 'draft' THEN NEW.state = 'scheduled'
        WHEN 'scheduled' THEN NEW.state IN ('draft', 'sending', 'cancelled')
        WHEN 'sending' THEN NEW.state IN ('paused', 'sent', 'cancelled')
        WHEN 'paused' THEN NEW.state IN ('sending', 'cancelled')
        ELSE false END)
    THEN
        RAISE EXCEPTION 'no step leads a mailing from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.subject, NEW.text, NEW.html, NEW.purpose, NEW.mailing_list_id, NEW.similar_products)
        IS DISTINCT FROM (OLD.subject, OLD.text, OLD.html, OLD.purpose, OLD.mailing_list_id, OLD.similar_products)
    THEN
        RAISE EXCEPTION 'a mailing that is % keeps what it says', OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$;
