-- No company is above itself: its parent, the parent of that one, and so on never lead back. After the statement, so
-- that many rows may change at once. One change of the tree at a time in a schema: two that would each be right alone
-- could close a circle together.
CREATE OR REPLACE FUNCTION public.b2o_company_tree() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
DECLARE
    circle boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(TG_TABLE_SCHEMA || ':company-tree', 0));
    EXECUTE format(
        'WITH RECURSIVE above(id) AS ('
        '    SELECT $1 UNION SELECT c.parent_id FROM %1$I.crm_company c JOIN above a ON c.id = a.id'
        '    WHERE c.parent_id IS NOT NULL) '
        'SELECT EXISTS (SELECT FROM above WHERE id = $2)', TG_TABLE_SCHEMA) INTO circle USING NEW.parent_id, NEW.id;
    IF circle THEN
        RAISE EXCEPTION 'company % would be above itself', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'company_tree';
    END IF;
    RETURN NULL;
END
$function$;
