-- How an operator's rewind shows and removes what came of one source partition.

CREATE FUNCTION "spend".partition_totals(wanted int4)
RETURNS TABLE (output text, row_count int8, currency text, nanos numeric) LANGUAGE sql STABLE AS $body$
    SELECT 'minute_by_partition', count(*), m.currency, sum(m.spend_nanos)
    FROM "spend".minute_by_partition AS m WHERE m.source_partition = wanted
    GROUP BY m.currency ORDER BY m.currency
$body$;

COMMENT ON FUNCTION "spend".partition_totals(int4) IS 'What the records of a source partition came to: rows and charges by currency.';

CREATE FUNCTION "spend".forget_partition(wanted int4) RETURNS void LANGUAGE sql AS $body$
    DELETE FROM "spend".minute_by_partition WHERE source_partition = wanted
$body$;

COMMENT ON FUNCTION "spend".forget_partition(int4) IS 'Removes what the records of a source partition came to. Only within the transaction that takes back the partition''s progress.';
