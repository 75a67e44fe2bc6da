-- Custom fields: a row's own values in one jsonb column, `custom`: {"f12": "text", "f13": 4.5, "f14": ["o1", "o3"]}.
-- A key is a letter and the number of the field (core_customfield): f for everybody's, r for those that are reserved.

-- What the column may hold. A value that is not there has no key: never null.
CREATE OR REPLACE FUNCTION public.b2o_custom_ok(custom jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $function$
BEGIN
    IF custom = '{}' THEN
        RETURN true;
    END IF;
    IF jsonb_typeof(custom) <> 'object' OR octet_length(custom::text) > 65536 THEN
        RETURN false;
    END IF;
    RETURN NOT EXISTS (
        SELECT FROM jsonb_each(custom) v WHERE v.key !~ '^[fr][1-9][0-9]{0,8}$' OR jsonb_typeof(v.value) IN ('null', 'object'));
END
$function$;

-- The words that the search finds: texts and links, not dates, nor options, which are kept by their number. Never the
-- reserved fields: what a person may not read cannot be guessed word by word.
CREATE OR REPLACE FUNCTION public.b2o_custom_text(custom jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = '' AS $function$
BEGIN
    IF custom = '{}' OR jsonb_typeof(custom) <> 'object' THEN
        RETURN '';
    END IF;
    RETURN coalesce((
        SELECT string_agg(v.value #>> '{}', ' ' ORDER BY v.key) FROM jsonb_each(custom) v
        WHERE v.key LIKE 'f%' AND jsonb_typeof(v.value) = 'string'
          AND v.value #>> '{}' !~ '^(o[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2})$'), '');
END
$function$;

-- A row as its history tells it: each custom field as if it were a column.
CREATE OR REPLACE FUNCTION public.b2o_flat(line jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(line -> 'custom') = 'object' THEN (line - 'custom') || (line -> 'custom') ELSE line END;
