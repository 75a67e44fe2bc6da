-- History of a client's rows, kept by the database: bulk statements and raw SQL are recorded like the screens' writes.
-- Statement-level triggers with transition tables: an import of ten thousand rows costs one INSERT … SELECT.
-- Arguments: 1 the model ("crm.company"); 2 the columns that are derived, not entered ("{search,updated_at}").
-- Who and from where comes from settings of the session (core.audit); a change outside the application has none.
CREATE OR REPLACE FUNCTION public.b2o_history() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
DECLARE
    rows text;
BEGIN
    rows := CASE TG_OP
        WHEN 'INSERT' THEN
            'SELECT n.id AS pk, NULL::jsonb AS before, jsonb_strip_nulls(to_jsonb(n) - $2) AS after FROM new_rows n'
        WHEN 'DELETE' THEN
            'SELECT o.id AS pk, jsonb_strip_nulls(to_jsonb(o) - $2) AS before, NULL::jsonb AS after FROM old_rows o'
        ELSE
            'SELECT n.id AS pk, d.before, d.after FROM new_rows n JOIN old_rows o ON o.id = n.id
             CROSS JOIN LATERAL (
                 SELECT jsonb_object_agg(x.key, to_jsonb(o) -> x.key) AS before, jsonb_object_agg(x.key, x.value) AS after
                 FROM jsonb_each(to_jsonb(n) - $2) x
                 WHERE x.value IS DISTINCT FROM to_jsonb(o) -> x.key
             ) d WHERE d.after IS NOT NULL'
    END;
    EXECUTE pg_catalog.format($sql$
        WITH changed AS MATERIALIZED (
            SELECT nextval('%1$I.core_event_id_seq'::regclass) AS id, c.* FROM (%2$s) c
        ), written AS (
            INSERT INTO %1$I.core_event (id, at, actor_id, actor_name, screen, operation, kind, model, object_id, fields)
            SELECT c.id, clock_timestamp(), NULLIF(current_setting('b2o.actor', true), '')::bigint,
                   COALESCE(current_setting('b2o.actor_name', true), ''), COALESCE(current_setting('b2o.screen', true), ''),
                   COALESCE(current_setting('b2o.operation', true), ''), $3, $1, c.pk,
                   ARRAY(SELECT jsonb_object_keys(COALESCE(c.after, c.before)) ORDER BY 1)
            FROM changed c
        )
        INSERT INTO %1$I.core_eventvalues (event_id, before, after) SELECT c.id, c.before, c.after FROM changed c
    $sql$, TG_TABLE_SCHEMA, rows)
    USING TG_ARGV[0], TG_ARGV[1]::text[],
          CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'updated' ELSE 'deleted' END;
    RETURN NULL;
END
$function$;

-- For tables that only grow.
CREATE OR REPLACE FUNCTION public.b2o_append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $function$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$function$;
