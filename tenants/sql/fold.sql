-- Text as it is compared, sorted and searched: no accents, no case, no punctuation. core.text.fold is its twin.
-- Only ASCII is taken for granted, so that the result is the same under every collation.
CREATE OR REPLACE FUNCTION public.b2o_fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.btrim(pg_catalog.regexp_replace(
    pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
        pg_catalog.lower(pg_catalog.regexp_replace(
            normalize(pg_catalog.translate(value, 'ŒÆØŁĐ', 'œæøłđ'), NFKD), '[\u0300-\u036f]', '', 'g')),
        'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'),
    '[\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u2000-\u206f]+', ' ', 'g'));
