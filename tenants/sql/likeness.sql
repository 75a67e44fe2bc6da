-- What two names that people would take for each other have in common: "SARL Dupont & Fils" and "Dupond Fils" give the
-- same text. The folded words, without legal forms and articles, each reduced to its first letter and its consonants
-- (vowels, h, doubled and mute final letters left out), in alphabetical order. For indexes and equality only.
CREATE OR REPLACE FUNCTION public.b2o_likeness(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN coalesce(
    (SELECT pg_catalog.string_agg(pg_catalog.regexp_replace(pg_catalog.regexp_replace(
                pg_catalog.left(w.plain, 1) || pg_catalog.translate(pg_catalog.substr(w.plain, 2), 'aeiouh', ''),
                '(.)\1+', '\1', 'g'), '^(..+?)[dtsxp]+$', '\1'), '' ORDER BY w.plain COLLATE pg_catalog."C")
     FROM (
        SELECT pg_catalog.translate(pg_catalog.replace(pg_catalog.replace(f.word, 'ph', 'f'), 'qu', 'k'), 'cqzy', 'kksi') AS plain
        FROM pg_catalog.unnest(pg_catalog.string_to_array(public.b2o_fold(value), ' ')) f(word)
        WHERE f.word <> ALL (ARRAY['', 'a', 'au', 'aux', 'cie', 'd', 'de', 'des', 'du', 'ei', 'eirl', 'en', 'et',
            'etablissement', 'etablissements', 'ets', 'eurl', 'l', 'la', 'le', 'les', 'm', 'mlle', 'mme', 'monsieur', 'madame',
            'sa', 'sarl', 'sas', 'sasu', 'sci', 'scop', 'selarl', 'snc', 'societe', 'ste'])
     ) w),
    pg_catalog.replace(public.b2o_fold(value), ' ', ''));
