-- A new client is a copy of the template schema. Cloning by reading the catalogue is slow and grows with the number of
-- clients, so the template is compiled once, after each migration, into statements where @@S@@ stands for the schema.
CREATE TABLE IF NOT EXISTS public.b2o_template_ddl (
    position integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    statement text NOT NULL
);

CREATE OR REPLACE FUNCTION public.b2o_template_compile(source text) RETURNS integer
LANGUAGE plpgsql SET search_path = '' AS $function$
DECLARE
    tables oid[];
    item record;
    columns text;
    last bigint;
BEGIN
    IF source !~ '^[a-z_][a-z0-9_]*$' THEN
        RAISE EXCEPTION 'the template must have a plain name, not %', source;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('b2o:template', 0));
    DELETE FROM public.b2o_template_ddl;
    SELECT array_agg(c.oid ORDER BY c.oid) INTO tables FROM pg_catalog.pg_class c
        WHERE c.relnamespace = source::regnamespace AND c.relkind = 'r';

    FOR item IN SELECT c.oid, c.relname FROM unnest(tables) t JOIN pg_catalog.pg_class c ON c.oid = t ORDER BY c.oid LOOP
        INSERT INTO public.b2o_template_ddl (statement) VALUES (format(
            'CREATE TABLE @@S@@.%I (LIKE %I.%I INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS)',
            item.relname, source, item.relname));
        SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = item.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
        EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM %I.%I LIMIT 1) x', source, item.relname) INTO last;
        IF last > 0 THEN
            INSERT INTO public.b2o_template_ddl (statement) VALUES (format(
                'INSERT INTO @@S@@.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %I.%I',
                item.relname, columns, columns, source, item.relname));
        END IF;
    END LOOP;

    FOR item IN
        SELECT s.relname, pg_catalog.format_type(q.seqtypid, NULL) AS kind
        FROM pg_catalog.pg_class s JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.oid AND d.deptype = 'i'
        WHERE s.relnamespace = source::regnamespace AND d.refobjid = ANY (tables) ORDER BY s.oid
    LOOP
        EXECUTE format('SELECT CASE WHEN is_called THEN last_value END FROM %I.%I', source, item.relname) INTO last;
        INSERT INTO public.b2o_template_ddl (statement)
            SELECT format('ALTER SEQUENCE @@S@@.%I AS %s', item.relname, item.kind) WHERE item.kind <> 'bigint'
            UNION ALL
            SELECT format('SELECT pg_catalog.setval(''@@S@@.%I''::pg_catalog.regclass, %s)', item.relname, last)
            WHERE last IS NOT NULL;
    END LOOP;

    -- Order matters: keys, then indexes, then the foreign keys that lean on them, then the triggers.
    INSERT INTO public.b2o_template_ddl (statement)
        SELECT format('ALTER TABLE @@S@@.%I %s', c.relname, string_agg(
            format('ADD CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)), ', ' ORDER BY k.contype, k.conname))
        FROM unnest(tables) t JOIN pg_catalog.pg_class c ON c.oid = t
        JOIN pg_catalog.pg_constraint k ON k.conrelid = t AND k.contype IN ('p', 'u', 'x') GROUP BY c.oid, c.relname ORDER BY c.oid;
    INSERT INTO public.b2o_template_ddl (statement)
        SELECT replace(pg_catalog.pg_get_indexdef(i.indexrelid), source || '.', '@@S@@.')
        FROM unnest(tables) t JOIN pg_catalog.pg_index i ON i.indrelid = t
        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                          WHERE k.conindid = i.indexrelid AND k.conrelid = t AND k.contype IN ('p', 'u', 'x'))
        ORDER BY i.indexrelid;
    INSERT INTO public.b2o_template_ddl (statement)
        SELECT format('ALTER TABLE @@S@@.%I %s', c.relname, string_agg(format('ADD CONSTRAINT %I %s', k.conname,
            replace(pg_catalog.pg_get_constraintdef(k.oid), source || '.', '@@S@@.')), ', ' ORDER BY k.conname))
        FROM unnest(tables) t JOIN pg_catalog.pg_class c ON c.oid = t
        JOIN pg_catalog.pg_constraint k ON k.conrelid = t AND k.contype = 'f' GROUP BY c.oid, c.relname ORDER BY c.oid;
    INSERT INTO public.b2o_template_ddl (statement)
        SELECT replace(pg_catalog.pg_get_triggerdef(g.oid), source || '.', '@@S@@.')
        FROM unnest(tables) t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t AND NOT g.tgisinternal ORDER BY g.oid;
    SELECT count(*) INTO last FROM public.b2o_template_ddl;
    RETURN last;
END
$function$;

-- Raises duplicate_schema when the schema exists. Everything or nothing: one statement, one transaction.
CREATE OR REPLACE FUNCTION public.b2o_create_client(target text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $function$
DECLARE
    item record;
    quoted text := quote_ident(target);
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended('b2o:template', 0));
    EXECUTE 'CREATE SCHEMA ' || quoted;
    FOR item IN SELECT statement FROM public.b2o_template_ddl ORDER BY position LOOP
        EXECUTE replace(item.statement, '@@S@@', quoted);
    END LOOP;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the template is not compiled: run migrate first';
    END IF;
END
$function$;
